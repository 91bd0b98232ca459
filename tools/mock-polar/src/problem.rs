//! The body of a reply with status 422. The body says which values of a request are wrong, where these values are, and
//! which rule each of them breaks.

use serde::Serialize;
use serde_json::Value;

use crate::reply::Reply;

/// A rule that a value can break. The names are those that pydantic uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    BoolParsing,
    BoolType,
    DictType,
    Enum,
    FloatParsing,
    FloatType,
    GreaterThan,
    GreaterThanEqual,
    IntFromFloat,
    IntParsing,
    IntType,
    JsonInvalid,
    Missing,
    ModelAttributesType,
    StringPatternMismatch,
    StringTooLong,
    StringTooShort,
    StringType,
    TooLong,
    UrlScheme,
    UuidParsing,
    UuidType,
    UuidVersion,
    ValueError,
}

impl Rule {
    fn message(self) -> &'static str {
        match self {
            Self::BoolParsing | Self::BoolType => "Input should be a valid boolean",
            Self::DictType => "Input should be a valid dictionary",
            Self::Enum => "Input should be one of the known values",
            Self::FloatParsing | Self::FloatType => "Input should be a valid number",
            Self::GreaterThan => "Input should be greater than 0",
            Self::GreaterThanEqual => "Input should be greater than or equal to 0",
            Self::IntFromFloat | Self::IntParsing | Self::IntType => "Input should be a valid integer",
            Self::JsonInvalid => "JSON decode error",
            Self::Missing => "Field required",
            Self::ModelAttributesType => "Input should be a valid dictionary or object to extract fields from",
            Self::StringPatternMismatch => "String should match the pattern",
            Self::StringTooLong => "String has too many characters",
            Self::StringTooShort => "String should have at least 1 character",
            Self::StringType => "Input should be a valid string",
            Self::TooLong => "Dictionary should have at most 50 items",
            Self::UrlScheme => "URL scheme should be 'http' or 'https'",
            Self::UuidParsing | Self::UuidType => "Input should be a valid UUID",
            Self::UuidVersion => "UUID version 4 expected",
            Self::ValueError => "Value error",
        }
    }
}

/// An entry in the `detail` of a 422. It repeats the rejected input, as Polar's entries do.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    rule: Rule,
    /// The location of the wrong value in the request: the names and indices that lead to it.
    loc: Vec<Value>,
    msg: &'static str,
    input: Value,
}

impl Problem {
    pub(crate) fn new(rule: Rule, loc: Vec<Value>, input: Value) -> Self {
        Self { rule, loc, msg: rule.message(), input }
    }

    /// Returns the problem with this message instead of the rule's usual message.
    pub(crate) fn with_message(self, msg: &'static str) -> Self {
        Self { msg, ..self }
    }
}

/// Returns the 422 with which Polar's framework rejects values of the wrong form.
pub(crate) fn rejection(problems: &[Problem]) -> Reply {
    reply("RequestValidationError", problems)
}

/// Returns a 422 from Polar's own code, as opposed to its framework. It rejects a value that has the right form, but is
/// wrong in this situation.
pub(crate) fn polar_rejection(problem: Problem) -> Reply {
    reply("PolarRequestValidationError", &[problem])
}

fn reply(error: &str, problems: &[Problem]) -> Reply {
    Reply::json(422, &serde_json::json!({ "error": error, "detail": problems }))
}
