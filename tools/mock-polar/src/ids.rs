//! Ids: UUIDs of version 4, in all the forms that pydantic accepts, and its words for what it does not.

use serde_json::json;
use uuid::{Uuid, Variant};

use crate::json::Json;
use crate::problem::{Location, Problem};

/// The id in a string, or the problem with it.
pub(crate) fn parse(text: &str, loc: Vec<Location>) -> Result<Uuid, Box<Problem>> {
    let input = Json::String(text.to_owned());
    match Uuid::parse_str(text) {
        Ok(id) if is_version_4(id) => Ok(id),
        Ok(_) => {
            let problem = Problem::new("uuid_version", loc, "UUID version 4 expected", input);
            Err(Box::new(problem.with(json!({ "expected_version": 4 }))))
        }
        Err(error) => {
            let error = describe(text, &error);
            let message = format!("Input should be a valid UUID, {error}");
            Err(Box::new(Problem::new("uuid_parsing", loc, message, input).with(json!({ "error": error }))))
        }
    }
}

pub(crate) fn is_version_4(id: Uuid) -> bool {
    id.get_version_num() == 4 && id.get_variant() == Variant::RFC4122
}

/// pydantic was built with an earlier version of the crate `uuid`, whose errors are worded differently in three cases.
fn describe(text: &str, error: &uuid::Error) -> String {
    let braced = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = braced.or_else(|| text.strip_prefix("urn:uuid:"));
    let (digits, offset) = match (inner, braced) {
        (Some(digits), Some(_)) => (digits, 1),
        (Some(digits), None) => (digits, "urn:uuid:".len()),
        (None, _) => (text, 0),
    };
    if let Some((at, c)) = digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-') {
        return format!("invalid character: found `{c}` at {}", at.saturating_add(offset).saturating_add(1));
    }
    match digits.split('-').count() {
        1 if inner.is_none() => format!("invalid length: expected length 32 for simple format, found {}", text.len()),
        1 => "invalid group count: expected 5, found 1".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        let problem = parse(text, vec![]).err().unwrap();
        serde_json::to_value(problem).unwrap()["ctx"]["error"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_form_of_an_id() {
        let id = "a0010000-0000-4000-8000-000000000001";
        for form in
            [id.to_owned(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), id.to_uppercase()]
        {
            assert_eq!(parse(&form, vec![]).ok().unwrap().to_string(), id, "{form}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_id() {
        for (text, error) in [
            ("", "invalid length: expected length 32 for simple format, found 0"),
            ("{a0010000000040008000000000000001}", "invalid group count: expected 5, found 1"),
            ("urn:uuid:a0010000000040008000000000000001", "invalid group count: expected 5, found 1"),
            ("{é}", "invalid character: found `é` at 2"),
            ("{a", "invalid character: found `{` at 1"),
            ("a}", "invalid character: found `}` at 2"),
            ("a001-0000", "invalid group count: expected 5, found 2"),
            ("a0010000-00000-4000-8000-00000000000", "invalid group length in group 1: expected 4, found 5"),
        ] {
            assert_eq!(error_of(text), error, "{text}");
        }
    }
}
