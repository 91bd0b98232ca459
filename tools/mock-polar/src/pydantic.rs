//! Validation of a body as Polar's framework does it: pydantic's rules, its error types and its wording.

use serde_json::json;
use uuid::Uuid;

use crate::addresses;
use crate::ids;
use crate::json::{Json, Object, Unreadable};
use crate::numbers::{NotAnInteger, float_in, integer, integer_in, integer_of};
use crate::problem::{Location, Problem, rejection};
use crate::reply::Reply;
use crate::request::RecordedRequest;

/// A string as pydantic accepts it. One with a lone surrogate fails only when it is stored or looked up.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Encodable(String),
    LoneSurrogate,
}

impl Text {
    /// The string; or the failure of whoever uses it.
    pub(crate) fn get(&self) -> Result<&str, Reply> {
        match self {
            Self::Encodable(text) => Ok(text),
            Self::LoneSurrogate => Err(Reply::internal_error()),
        }
    }
}

/// A body that is an object, and what was found wrong with its fields so far.
pub(crate) struct Form {
    fields: Object,
    problems: Vec<Problem>,
    /// The place of the object in the request.
    place: Vec<Location>,
}

impl Form {
    /// A body that is not declared as JSON reaches pydantic as it is.
    pub(crate) fn of(request: &RecordedRequest) -> Result<Self, Reply> {
        let (body, is_json) = (request.body.as_slice(), request.has_json());
        if body.is_empty() {
            return Err(rejection(&[missing()]));
        }
        if !is_json {
            // It is echoed as text, which fails for other bytes.
            return Err(std::str::from_utf8(body)
                .map_or_else(|_| Reply::internal_error(), |text| not_an_object(Json::String(text.to_owned()))));
        }
        Self::read(body)
    }

    /// Reads a body that is JSON.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Reply> {
        match Json::read(body) {
            Ok(Json::Object(fields)) => Ok(Self { fields, problems: Vec::new(), place: at([]) }),
            Ok(Json::Null) => Err(rejection(&[missing()])),
            Ok(
                other @ (Json::Bool(_)
                | Json::Int(_)
                | Json::Float(_)
                | Json::String(_)
                | Json::LoneSurrogate
                | Json::TooDeep
                | Json::Array(_)),
            ) => Err(not_an_object(other)),
            Err(Unreadable::Syntax(at)) => Err(syntax_error(at)),
            Err(Unreadable::Other) => Err(Reply::framework_error(400, "There was an error parsing the body")),
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// The reply to a form that is not valid.
    pub(crate) fn rejection(&self) -> Reply {
        rejection(&self.problems)
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Option<Text> {
        match self.required(name)? {
            Json::String(text) if !text.contains('\0') => return Some(Text::Encodable(text)),
            value @ Json::String(_) => self.invalid_characters(name, value),
            Json::LoneSurrogate => return Some(Text::LoneSurrogate),
            value @ (Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::TooDeep
            | Json::Array(_)
            | Json::Object(_)) => self.add("string_type", [name.into()], "Input should be a valid string", value),
        }
        None
    }

    /// A string, if it was sent.
    pub(crate) fn optional_string(&mut self, name: &'static str) -> Option<String> {
        self.field(name).filter(|value| *value != Json::Null)?;
        match self.string(name)? {
            Text::Encodable(text) => Some(text),
            Text::LoneSurrogate => None,
        }
    }

    /// Reads an e-mail address, and removes a name before it.
    pub(crate) fn email(&mut self, name: &'static str) -> Option<String> {
        let Text::Encodable(text) = self.string(name)? else {
            self.invalid_characters(name, Json::LoneSurrogate);
            return None;
        };
        let refused = match addresses::check(&text) {
            Ok(email) => return Some(email),
            Err(refused) => refused,
        };
        self.refuse(name, "value_error", refused.message, text, refused.context);
        None
    }

    /// Reads an e-mail address, if it was sent.
    pub(crate) fn optional_email(&mut self, name: &'static str) -> Option<String> {
        self.field(name).filter(|value| *value != Json::Null)?;
        self.email(name)
    }

    /// Reads a string, applies `normalize` to it, and looks it up in these values.
    pub(crate) fn choice(
        &mut self,
        name: &'static str,
        values: &[&'static str],
        normalize: impl FnOnce(&str) -> String,
    ) -> Option<&'static str> {
        let mut sent = self.required(name)?;
        if let Json::String(text) = &mut sent {
            *text = normalize(text);
            if let Some(value) = values.iter().copied().find(|value| *value == text.as_str()) {
                return Some(value);
            }
        }
        self.problems.push(Problem::of_choice(values, self.at([name.into()]), sent));
        None
    }

    /// Reads the members of an object in this one, if it was sent.
    pub(crate) fn nested<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self.field(name)? {
            Json::Null => None,
            Json::Object(fields) => {
                let mut nested = Self { fields, problems: Vec::new(), place: self.at([name.into()]) };
                let value = read(&mut nested);
                self.problems.append(&mut nested.problems);
                Some(value)
            }
            other @ (Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::String(_)
            | Json::LoneSurrogate
            | Json::TooDeep
            | Json::Array(_)) => {
                self.add("model_attributes_type", [name.into()], NOT_AN_OBJECT, other);
                None
            }
        }
    }

    /// Refuses a string that was read.
    pub(crate) fn refuse(
        &mut self,
        name: &'static str,
        kind: &'static str,
        message: impl Into<String>,
        text: String,
        context: serde_json::Value,
    ) {
        let problem = Problem::new(kind, self.at([name.into()]), message, Json::String(text));
        self.problems.push(problem.with(context));
    }

    pub(crate) fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let value = self.required(name)?;
        self.parse_uuid(name, value)
    }

    pub(crate) fn optional_uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let value = self.field(name).filter(|value| *value != Json::Null)?;
        self.parse_uuid(name, value)
    }

    /// A whole number from zero, in any form that pydantic takes: also a string, a float without fraction, a boolean.
    pub(crate) fn count(&mut self, name: &'static str) -> Option<i128> {
        let value = self.field(name)?;
        let wrong = |error: NotAnInteger| match error {
            NotAnInteger::Malformed => ("int_parsing", INT_PARSING),
            NotAnInteger::TooLarge => ("int_parsing_size", INT_TOO_LARGE),
        };
        let number = match &value {
            Json::Null => return None,
            Json::Bool(value) => Ok(i128::from(*value)),
            Json::Int(digits) => Ok(integer(digits)),
            Json::Float(number) if !number.is_finite() => Err(("finite_number", "Input should be a finite number")),
            Json::Float(number) => match integer_of(*number) {
                Some(number) => number.map_err(wrong),
                None => Err(("int_from_float", "Input should be a valid integer, got a number with a fractional part")),
            },
            Json::String(text) => integer_in(text).map(|digits| integer(&digits)).map_err(wrong),
            Json::LoneSurrogate => Err(wrong(NotAnInteger::Malformed)),
            Json::TooDeep | Json::Array(_) | Json::Object(_) => Err(("int_type", "Input should be a valid integer")),
        };
        match number {
            Ok(number @ 0..) => return Some(number),
            Ok(_) => {
                let message = "Input should be greater than or equal to 0";
                let problem = Problem::new("greater_than_equal", self.at([name.into()]), message, value);
                self.problems.push(problem.with(json!({ "ge": 0 })));
            }
            Err((kind, message)) => self.add(kind, [name.into()], message, value),
        }
        None
    }

    /// `conditions` and `meta`: up to 50 named values, nothing nested; empty if not sent.
    pub(crate) fn flat_object(&mut self, name: &'static str) -> Object {
        let Some(value) = self.field(name) else {
            return Object::new();
        };
        let Json::Object(members) = &value else {
            self.add("dict_type", [name.into()], "Input should be a valid dictionary", value);
            return Object::new();
        };
        let before = self.problems.len();
        let members: Object =
            members.iter().map(|(key, value)| (key.clone(), self.member(name, key, value.clone()))).collect();
        if self.problems.len() > before {
            return members;
        }
        let has_nul = |(key, value): (&String, &Json)| {
            key.contains('\0') || matches!(value, Json::String(text) if text.contains('\0'))
        };
        if members.len() > 50 {
            let length = members.len();
            let message = format!("Dictionary should have at most 50 items after validation, not {length}");
            let limits = json!({ "field_type": "Dictionary", "max_length": 50, "actual_length": length });
            self.problems.push(Problem::new("too_long", self.at([name.into()]), message, value).with(limits));
        } else if members.iter().any(has_nul) {
            self.invalid_characters(name, value);
        }
        members
    }

    fn parse_uuid(&mut self, name: &'static str, value: Json) -> Option<Uuid> {
        match &value {
            Json::String(text) => match ids::parse(text, self.at([name.into()])) {
                Ok(id) => return Some(id),
                Err(problem) => self.problems.push(*problem),
            },
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::LoneSurrogate
            | Json::TooDeep
            | Json::Array(_)
            | Json::Object(_) => {
                let message = "UUID input should be a string, bytes or UUID object";
                self.add("uuid_type", [name.into()], message, value);
            }
        }
        None
    }

    /// One of the named values. A string that is too long is taken for the number that it may be.
    fn member(&mut self, name: &'static str, key: &str, value: Json) -> Json {
        let place = |last: &'static str| [name.into(), Location::Key(key.to_owned()), last.into()];
        self.problems.extend(Problem::of_length(key, 40, self.at(place("[key]"))));
        match &value {
            Json::Bool(_) | Json::Int(_) | Json::Float(_) => {}
            Json::String(text) => {
                let Some(problem) = Problem::of_length(text, 500, self.at(place("constrained-str"))) else {
                    return value;
                };
                if let Ok(digits) = integer_in(text) {
                    return Json::Int(digits);
                }
                if let Some(number) = float_in(text) {
                    return Json::Float(number);
                }
                const FLOAT: &str = "Input should be a valid number, unable to parse string as a number";
                const BOOL: &str = "Input should be a valid boolean, unable to interpret input";
                self.problems.push(problem);
                self.add("int_parsing", place("int"), INT_PARSING, value.clone());
                self.add("float_parsing", place("float"), FLOAT, value.clone());
                self.add("bool_parsing", place("bool"), BOOL, value.clone());
            }
            Json::Null | Json::LoneSurrogate | Json::TooDeep | Json::Array(_) | Json::Object(_) => {
                self.add("string_type", place("constrained-str"), "Input should be a valid string", value.clone());
                self.add("int_type", place("int"), "Input should be a valid integer", value.clone());
                self.add("float_type", place("float"), "Input should be a valid number", value.clone());
                self.add("bool_type", place("bool"), "Input should be a valid boolean", value.clone());
            }
        }
        value
    }

    /// Returns where something in this object is in the request.
    fn at<const N: usize>(&self, place: [Location; N]) -> Vec<Location> {
        self.place.iter().cloned().chain(place).collect()
    }

    fn field(&self, name: &str) -> Option<Json> {
        self.fields.get(name).cloned()
    }

    fn required(&mut self, name: &'static str) -> Option<Json> {
        let value = self.field(name);
        if value.is_none() {
            self.add("missing", [name.into()], "Field required", Json::Object(self.fields.clone()));
        }
        value
    }

    fn invalid_characters(&mut self, name: &'static str, input: Json) {
        let message = "Value error, This value contains invalid characters";
        let problem = Problem::new("value_error", self.at([name.into()]), message, input);
        self.problems.push(problem.with(json!({ "error": {} })));
    }

    fn add<const N: usize>(&mut self, kind: &'static str, place: [Location; N], message: &str, input: Json) {
        self.problems.push(Problem::new(kind, self.at(place), message, input));
    }
}

const INT_TOO_LARGE: &str = "Unable to parse input string as an integer, exceeded maximum size";
const INT_PARSING: &str = "Input should be a valid integer, unable to parse string as an integer";

const NOT_AN_OBJECT: &str = "Input should be a valid dictionary or object to extract fields from";

fn missing() -> Problem {
    Problem::new("missing", at([]), "Field required", Json::Null)
}

fn not_an_object(input: Json) -> Reply {
    rejection(&[Problem::new("model_attributes_type", at([]), NOT_AN_OBJECT, input)])
}

/// Python has a message for each kind of syntax error. Only one was recorded, which stands for all.
fn syntax_error(offset: usize) -> Reply {
    let input = Json::Object(Object::new());
    let problem = Problem::new("json_invalid", at([Location::Offset(offset)]), "JSON decode error", input);
    rejection(&[problem.with(json!({ "error": "Expecting value" }))])
}

/// A place in the body.
fn at<const N: usize>(place: [Location; N]) -> Vec<Location> {
    std::iter::once(Location::Name("body")).chain(place).collect()
}
