//! Reads the JSON object in a request's body, one member at a time. Collects all problems before the request is
//! rejected, as pydantic does.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::addresses;
use crate::ids;
use crate::problem::{Problem, Rule, rejection};
use crate::reply::Reply;
use crate::request::RecordedRequest;

/// The body of a request, or an object inside it, and the problems found so far.
pub(crate) struct Form {
    members: Map<String, Value>,
    problems: Vec<Problem>,
    /// The names that lead to this object in the request. A rejection shows them as the location of a problem.
    place: Vec<Value>,
}

impl Form {
    /// Reads the body of a request. If the body is not declared as JSON, treats it as a string, as Polar does.
    pub(crate) fn of(request: &RecordedRequest) -> Result<Self, Reply> {
        if request.has_json() || request.body.is_empty() {
            return Self::read(&request.body);
        }
        Err(rejection(&[Problem::new(Rule::ModelAttributesType, body(), request.text().into())]))
    }

    /// Reads a body that is JSON.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Reply> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Reply::framework_error(400, "There was an error parsing the body"));
        };
        let text = text.trim_start_matches('\u{feff}');
        let value = if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(text) };
        let value: Value = value.map_err(|error| rejection(&[syntax_error(text, &error)]))?;
        if let Value::Object(members) = value {
            return Ok(Self { members, problems: Vec::new(), place: body() });
        }
        let rule = if value.is_null() { Rule::Missing } else { Rule::ModelAttributesType };
        Err(rejection(&[Problem::new(rule, body(), value)]))
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the reply that rejects the form.
    pub(crate) fn rejection(&self) -> Reply {
        rejection(&self.problems)
    }

    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        let value = self.required(name)?;
        match value.as_str() {
            Some(text) if !text.contains('\0') => return Some(text.to_owned()),
            Some(_) => self.refuse(name, Rule::ValueError, value),
            None => self.refuse(name, Rule::StringType, value),
        }
        None
    }

    pub(crate) fn optional_string(&mut self, name: &str) -> Option<String> {
        self.optional(name)?;
        self.string(name)
    }

    /// Reads an e-mail address. Removes a name that stands before the address.
    pub(crate) fn email(&mut self, name: &str) -> Option<String> {
        let text = self.string(name)?;
        let accepted = addresses::accepted(&text);
        if accepted.is_none() {
            self.refuse(name, Rule::ValueError, text.into());
        }
        accepted
    }

    pub(crate) fn optional_email(&mut self, name: &str) -> Option<String> {
        self.optional(name)?;
        self.email(name)
    }

    /// Reads a string that must be one of these values. Ignores case.
    pub(crate) fn choice(&mut self, name: &str, values: &[&'static str]) -> Option<&'static str> {
        let sent = self.required(name)?;
        let known = |text: &str| values.iter().copied().find(|value| value.eq_ignore_ascii_case(text));
        let value = sent.as_str().and_then(known);
        if value.is_none() {
            self.refuse(name, Rule::Enum, sent);
        }
        value
    }

    /// Finds the object in the member `name`, and calls `read` to read the members of that object. Returns `None` if
    /// the member was not sent, or is not an object.
    pub(crate) fn nested<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let value = self.optional(name)?;
        let Value::Object(members) = value else {
            self.refuse(name, Rule::ModelAttributesType, value);
            return None;
        };
        let mut nested = Self { members, problems: Vec::new(), place: self.at(&[name]) };
        let value = read(&mut nested);
        self.problems.append(&mut nested.problems);
        Some(value)
    }

    pub(crate) fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let value = self.required(name)?;
        let Some(text) = value.as_str() else {
            self.refuse(name, Rule::UuidType, value);
            return None;
        };
        ids::parse(text, self.at(&[name])).map_err(|problem| self.problems.push(problem)).ok()
    }

    pub(crate) fn optional_uuid(&mut self, name: &str) -> Option<Uuid> {
        self.optional(name)?;
        self.uuid(name)
    }

    /// Reads a whole number that is not negative. The number may also be written as a string or a float.
    pub(crate) fn count(&mut self, name: &str) -> Option<i64> {
        let value = self.optional(name)?;
        match integer(&value) {
            Ok(number @ 0..) => return Some(number),
            Ok(_) => self.refuse(name, Rule::GreaterThanEqual, value),
            Err(rule) => self.refuse(name, rule, value),
        }
        None
    }

    /// Reads `conditions` or `meta`: an object with up to 50 members, whose values are not objects or arrays. Returns
    /// an empty map if the form has no such object.
    pub(crate) fn flat_object(&mut self, name: &str) -> Map<String, Value> {
        let Some(value) = self.members.get(name).cloned() else {
            return Map::new();
        };
        let Value::Object(members) = &value else {
            self.refuse(name, Rule::DictType, value);
            return Map::new();
        };
        let before = self.problems.len();
        for (key, value) in members {
            self.check_member(name, key, value);
        }
        let has_nul = |text: &str| text.contains('\0');
        if self.problems.len() > before {
            return Map::new();
        }
        if members.len() > 50 {
            self.refuse(name, Rule::TooLong, value.clone());
        } else if members.iter().any(|(key, value)| has_nul(key) || value.as_str().is_some_and(has_nul)) {
            self.refuse(name, Rule::ValueError, value.clone());
        }
        members.clone()
    }

    /// Records that a value breaks a rule.
    pub(crate) fn refuse(&mut self, name: &str, rule: Rule, input: Value) {
        self.problems.push(Problem::new(rule, self.at(&[name]), input));
    }

    /// Checks one member of an object that contains no other objects. Like pydantic, tries to read the value as four
    /// types, and reports a problem for each type that does not fit. So an unsuitable value has four problems.
    fn check_member(&mut self, name: &str, key: &str, value: &Value) {
        let problem = |rule, last, input: Value| Problem::new(rule, self.at(&[name, key, last]), input);
        let mut problems = Vec::new();
        problems.extend(length_rule(key, 40).map(|rule| problem(rule, "[key]", key.into())));
        let rules = match value {
            Value::Bool(_) | Value::Number(_) => None,
            Value::String(text) => {
                length_rule(text, 500).map(|rule| [rule, Rule::IntParsing, Rule::FloatParsing, Rule::BoolParsing])
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                Some([Rule::StringType, Rule::IntType, Rule::FloatType, Rule::BoolType])
            }
        };
        let types = ["constrained-str", "int", "float", "bool"];
        for (rule, last) in rules.into_iter().flatten().zip(types) {
            problems.push(problem(rule, last, value.clone()));
        }
        self.problems.extend(problems);
    }

    fn at(&self, names: &[&str]) -> Vec<Value> {
        self.place.iter().cloned().chain(names.iter().map(|name| Value::from(*name))).collect()
    }

    /// Returns a member if it was sent and is not null.
    fn optional(&self, name: &str) -> Option<Value> {
        self.members.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn required(&mut self, name: &str) -> Option<Value> {
        let value = self.members.get(name).cloned();
        if value.is_none() {
            self.refuse(name, Rule::Missing, Value::Object(self.members.clone()));
        }
        value
    }
}

/// Returns the `loc` of a problem with the whole body of a request.
fn body() -> Vec<Value> {
    vec!["body".into()]
}

fn length_rule(text: &str, most: usize) -> Option<Rule> {
    match text.chars().count() {
        0 => Some(Rule::StringTooShort),
        length if length > most => Some(Rule::StringTooLong),
        _ => None,
    }
}

fn integer(value: &Value) -> Result<i64, Rule> {
    match value {
        Value::Bool(value) => Ok(i64::from(*value)),
        Value::Number(number) => {
            let whole = || number.as_f64().filter(|number| number.fract() == 0.0);
            number.as_i64().or_else(|| whole().map(|number| number as i64)).ok_or(Rule::IntFromFloat)
        }
        Value::String(text) => text.trim().parse().map_err(|_| Rule::IntParsing),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Rule::IntType),
    }
}

/// Returns the problem for a syntax error. Its location is the number of characters before the error.
fn syntax_error(text: &str, error: &serde_json::Error) -> Problem {
    let earlier_lines = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let bytes = earlier_lines + error.column().saturating_sub(1);
    let before = text.get(..bytes).unwrap_or(text);
    // Finds the start of a word that JSON does not allow. serde_json reports a position inside the word, but Python,
    // which Polar uses, reports the start.
    let offset = before.trim_end_matches(char::is_alphanumeric).chars().count();
    Problem::new(Rule::JsonInvalid, vec!["body".into(), offset.into()], Value::Object(Map::new()))
}
