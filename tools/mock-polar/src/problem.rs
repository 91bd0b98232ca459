//! What a 422 says: which values are wrong, where they are, and why; in pydantic's form.

use serde::Serialize;
use serde_json::json;

use crate::json::Json;
use crate::reply::Reply;

/// One entry of a 422's `detail`.
#[derive(Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Location>,
    msg: String,
    input: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<serde_json::Value>,
}

/// One step on the way to the value that is wrong.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Location {
    Name(&'static str),
    Key(String),
    Offset(usize),
}

impl From<&'static str> for Location {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl Problem {
    pub(crate) fn new(kind: &'static str, loc: Vec<Location>, msg: impl Into<String>, input: Json) -> Self {
        Self { kind, loc, msg: msg.into(), input, ctx: None }
    }

    pub(crate) fn with(mut self, ctx: serde_json::Value) -> Self {
        self.ctx = Some(ctx);
        self
    }

    /// The value is not one of these.
    pub(crate) fn of_choice(values: &[&str], loc: Vec<Location>, input: Json) -> Self {
        let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        let expected = match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            Some(_) | None => quoted.concat(),
        };
        let problem = Self::new("enum", loc, format!("Input should be {expected}"), input);
        problem.with(json!({ "expected": expected }))
    }

    /// The string is shorter than one character or longer than `max`.
    pub(crate) fn of_length(text: &str, max: usize, loc: Vec<Location>) -> Option<Self> {
        let input = Json::String(text.to_owned());
        if text.is_empty() {
            let problem = Self::new("string_too_short", loc, "String should have at least 1 character", input);
            return Some(problem.with(json!({ "min_length": 1 })));
        }
        (text.chars().count() > max).then(|| {
            let message = format!("String should have at most {max} characters");
            Self::new("string_too_long", loc, message, input).with(json!({ "max_length": max }))
        })
    }
}

/// The 422 with these problems.
pub(crate) fn rejection(problems: &[Problem]) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'static str,
        detail: &'a [Problem],
    }
    // Polar echoes the input; if Python cannot write it, the reply itself fails.
    if problems.iter().any(|problem| !problem.input.is_writable()) {
        return Reply::internal_error();
    }
    Reply::json(422, &Body { error: "RequestValidationError", detail: problems })
}
