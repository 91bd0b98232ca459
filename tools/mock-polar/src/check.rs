//! Turns a body into a valid request, or into the 422 that Polar answers: pydantic's errors in pydantic's words.

use serde::Serialize;
use serde_json::json;
use uuid::{Uuid, Variant};

use crate::json::{Json, Object, Unreadable};
use crate::reply::Reply;

pub(crate) struct Validate {
    pub(crate) key: String,
    pub(crate) organization: Uuid,
    pub(crate) activation: Option<Uuid>,
    pub(crate) benefit: Option<Uuid>,
    pub(crate) customer: Option<Uuid>,
    /// Too large for any column if it does not fit.
    pub(crate) increment: Option<i128>,
    pub(crate) conditions: Object,
}

pub(crate) struct Activate {
    pub(crate) key: String,
    pub(crate) organization: Uuid,
    pub(crate) label: String,
    pub(crate) conditions: Object,
    pub(crate) meta: Object,
}

pub(crate) struct Deactivate {
    pub(crate) key: String,
    pub(crate) organization: Uuid,
    pub(crate) activation: Uuid,
}

impl Validate {
    pub(crate) fn read(body: &[u8], json: bool) -> Result<Self, Reply> {
        let body = parse(body, json)?;
        let mut form = Form::new(&body);
        let key = form.text("key");
        let organization = form.uuid("organization_id");
        let activation = form.optional_uuid("activation_id");
        let benefit = form.optional_uuid("benefit_id");
        let customer = form.optional_uuid("customer_id");
        let increment = form.count("increment_usage");
        let conditions = form.values("conditions");
        match (key, organization) {
            (Some(key), Some(organization)) if form.is_valid() => {
                Ok(Self { key, organization, activation, benefit, customer, increment, conditions })
            }
            _ => Err(form.refusal()),
        }
    }
}

impl Activate {
    pub(crate) fn read(body: &[u8], json: bool) -> Result<Self, Reply> {
        let body = parse(body, json)?;
        let mut form = Form::new(&body);
        let key = form.text("key");
        let organization = form.uuid("organization_id");
        let label = form.text("label");
        let conditions = form.values("conditions");
        let meta = form.values("meta");
        match (key, organization, label) {
            (Some(key), Some(organization), Some(label)) if form.is_valid() => {
                Ok(Self { key, organization, label, conditions, meta })
            }
            _ => Err(form.refusal()),
        }
    }
}

impl Deactivate {
    pub(crate) fn read(body: &[u8], json: bool) -> Result<Self, Reply> {
        let body = parse(body, json)?;
        let mut form = Form::new(&body);
        let key = form.text("key");
        let organization = form.uuid("organization_id");
        let activation = form.uuid("activation_id");
        match (key, organization, activation) {
            (Some(key), Some(organization), Some(activation)) if form.is_valid() => {
                Ok(Self { key, organization, activation })
            }
            _ => Err(form.refusal()),
        }
    }
}

/// A body that is not declared as JSON reaches pydantic as one string.
fn parse(body: &[u8], json: bool) -> Result<Json, Reply> {
    let missing = || Problem::new("missing", vec![], "Field required", Json::Null);
    if body.is_empty() {
        return Err(refusal(&[missing()]));
    }
    if !json {
        let text = Json::Text(String::from_utf8_lossy(body).into_owned());
        return Err(refusal(&[not_an_object(text)]));
    }
    match Json::read(body) {
        Ok(Json::Null) => Err(refusal(&[missing()])),
        Ok(object @ Json::Object(_)) => Ok(object),
        Ok(other) => Err(refusal(&[not_an_object(other)])),
        Err(Unreadable::Other) => Err(Reply::bare(400, "There was an error parsing the body")),
        Err(Unreadable::Syntax(message, at)) => {
            let problem = Problem::new("json_invalid", vec![Place::At(at)], "JSON decode error", Json::Object(vec![]));
            Err(refusal(&[problem.with(json!({ "error": message }))]))
        }
    }
}

fn not_an_object(input: Json) -> Problem {
    let message = "Input should be a valid dictionary or object to extract fields from";
    Problem::new("model_attributes_type", vec![], message, input)
}

/// Collects a request's fields and everything that is wrong with them.
struct Form<'a> {
    body: &'a Json,
    problems: Vec<Problem>,
    /// A lone surrogate in a field that is used: the server cannot encode it and fails.
    broken: bool,
}

impl<'a> Form<'a> {
    fn new(body: &'a Json) -> Self {
        Self { body, problems: Vec::new(), broken: false }
    }

    fn is_valid(&self) -> bool {
        self.problems.is_empty() && !self.broken
    }

    fn refusal(&self) -> Reply {
        if self.broken { Reply::crash() } else { refusal(&self.problems) }
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.required(name)? {
            Json::Text(text) if text.contains('\0') => self.invalid_characters(name, Json::Text(text.clone())),
            Json::Text(text) => return Some(text.clone()),
            Json::BrokenText => self.broken = true,
            other => self.reject("string_type", vec![name.into()], "Input should be a valid string", other),
        }
        None
    }

    fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let value = self.required(name)?;
        self.read_uuid(name, value)
    }

    fn optional_uuid(&mut self, name: &'static str) -> Option<Uuid> {
        match self.field(name)? {
            Json::Null => None,
            value => self.read_uuid(name, value),
        }
    }

    fn read_uuid(&mut self, name: &'static str, value: &Json) -> Option<Uuid> {
        let text = match value {
            Json::Text(text) => text,
            Json::BrokenText => {
                self.broken = true;
                return None;
            }
            other => {
                let message = "UUID input should be a string, bytes or UUID object";
                self.reject("uuid_type", vec![name.into()], message, other);
                return None;
            }
        };
        match Uuid::parse_str(text) {
            Ok(uuid) if uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122 => return Some(uuid),
            Ok(_) => self.problems.push(
                Problem::new("uuid_version", vec![name.into()], "UUID version 4 expected", value.clone())
                    .with(json!({ "expected_version": 4 })),
            ),
            Err(_) => {
                let error = uuid_error(text);
                let message = format!("Input should be a valid UUID, {error}");
                let problem = Problem::new("uuid_parsing", vec![name.into()], message, value.clone());
                self.problems.push(problem.with(json!({ "error": error })));
            }
        }
        None
    }

    /// A whole number from zero, as loosely as pydantic takes one: also from text, a float without fraction, a boolean.
    fn count(&mut self, name: &'static str) -> Option<i128> {
        let value = self.field(name)?;
        let number = match value {
            Json::Null => return None,
            Json::Bool(value) => i128::from(*value),
            Json::Int(digits) => integer(digits),
            Json::Float(number) if !number.is_finite() => {
                self.reject("finite_number", vec![name.into()], "Input should be a finite number", value);
                return None;
            }
            Json::Float(number) if number.fract() == 0.0 => integer(&format!("{number:.0}")),
            Json::Float(_) => {
                let message = "Input should be a valid integer, got a number with a fractional part";
                self.reject("int_from_float", vec![name.into()], message, value);
                return None;
            }
            Json::Text(text) => match loose_integer(text) {
                Some(number) => number,
                None => {
                    self.reject("int_parsing", vec![name.into()], INT_PARSING, value);
                    return None;
                }
            },
            Json::BrokenText => {
                self.broken = true;
                return None;
            }
            other => {
                self.reject("int_type", vec![name.into()], "Input should be a valid integer", other);
                return None;
            }
        };
        if number < 0 {
            let message = "Input should be greater than or equal to 0";
            let problem = Problem::new("greater_than_equal", vec![name.into()], message, value.clone());
            self.problems.push(problem.with(json!({ "ge": 0 })));
            return None;
        }
        Some(number)
    }

    /// `conditions` and `meta`: up to 50 named values, nothing nested; empty if not sent.
    fn values(&mut self, name: &'static str) -> Object {
        let Some(value) = self.field(name) else {
            return Object::new();
        };
        let Json::Object(entries) = value else {
            self.broken |= *value == Json::BrokenText;
            self.reject("dict_type", vec![name.into()], "Input should be a valid dictionary", value);
            return Object::new();
        };
        if entries.len() > 50 {
            let length = entries.len();
            let message = format!("Dictionary should have at most 50 items after validation, not {length}");
            let limits = json!({ "field_type": "Dictionary", "max_length": 50, "actual_length": length });
            self.problems.push(Problem::new("too_long", vec![name.into()], message, value.clone()).with(limits));
            return Object::new();
        }
        let before = self.problems.len();
        for (key, value) in entries {
            self.entry(name, key, value);
        }
        let has_nul = |(key, value): &(String, Json)| {
            key.contains('\0') || matches!(value, Json::Text(text) if text.contains('\0'))
        };
        if self.problems.len() == before && entries.iter().any(has_nul) {
            self.invalid_characters(name, value.clone());
        }
        entries.clone()
    }

    fn entry(&mut self, name: &'static str, key: &str, value: &Json) {
        let of_key = || vec![name.into(), Place::Of(key.to_owned()), "[key]".into()];
        if let Some(problem) = length_problem(key, 40, of_key(), &Json::Text(key.to_owned())) {
            self.problems.push(problem);
        }
        let branch = |branch: &'static str| vec![name.into(), Place::Of(key.to_owned()), branch.into()];
        match value {
            Json::Bool(_) | Json::Int(_) | Json::Float(_) => {}
            Json::BrokenText => self.broken = true,
            Json::Text(text) => {
                if let Some(problem) = length_problem(text, 500, branch("constrained-str"), value) {
                    const FLOAT: &str = "Input should be a valid number, unable to parse string as a number";
                    const BOOL: &str = "Input should be a valid boolean, unable to interpret input";
                    self.problems.push(problem);
                    self.reject("int_parsing", branch("int"), INT_PARSING, value);
                    self.reject("float_parsing", branch("float"), FLOAT, value);
                    self.reject("bool_parsing", branch("bool"), BOOL, value);
                }
            }
            Json::Null | Json::List(_) | Json::Object(_) => {
                self.reject("string_type", branch("constrained-str"), "Input should be a valid string", value);
                self.reject("int_type", branch("int"), "Input should be a valid integer", value);
                self.reject("float_type", branch("float"), "Input should be a valid number", value);
                self.reject("bool_type", branch("bool"), "Input should be a valid boolean", value);
            }
        }
    }

    fn field(&self, name: &str) -> Option<&'a Json> {
        match self.body {
            Json::Object(entries) => entries.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    fn required(&mut self, name: &'static str) -> Option<&'a Json> {
        let value = self.field(name);
        if value.is_none() {
            self.problems.push(Problem::new("missing", vec![name.into()], "Field required", self.body.clone()));
        }
        value
    }

    fn invalid_characters(&mut self, name: &'static str, input: Json) {
        let message = "Value error, This value contains invalid characters";
        let problem = Problem::new("value_error", vec![name.into()], message, input);
        self.problems.push(problem.with(json!({ "error": {} })));
    }

    fn reject(&mut self, kind: &'static str, loc: Vec<Place>, message: &str, input: &Json) {
        self.problems.push(Problem::new(kind, loc, message, input.clone()));
    }
}

const INT_PARSING: &str = "Input should be a valid integer, unable to parse string as an integer";

fn length_problem(text: &str, max: usize, loc: Vec<Place>, input: &Json) -> Option<Problem> {
    if text.is_empty() {
        let problem = Problem::new("string_too_short", loc, "String should have at least 1 character", input.clone());
        return Some(problem.with(json!({ "min_length": 1 })));
    }
    (text.chars().count() > max).then(|| {
        let message = format!("String should have at most {max} characters");
        Problem::new("string_too_long", loc, message, input.clone()).with(json!({ "max_length": max }))
    })
}

/// Saturates: what does not fit here fits no column either.
fn integer(digits: &str) -> i128 {
    digits.parse().unwrap_or(if digits.starts_with('-') { i128::MIN } else { i128::MAX })
}

fn loose_integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let separated = digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    separated.then(|| integer(&whole.replace('_', "")))
}

/// What pydantic says about a text that is no UUID. Its words are those of the version of the uuid crate that it was
/// built with, so they cannot be had from ours.
fn uuid_error(text: &str) -> String {
    const STARTS: [usize; 5] = [0, 9, 14, 19, 24];
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-') {
        return format!("invalid character: found `{c}` at {}", at + 1);
    }
    let groups: Vec<&str> = text.split('-').collect();
    match groups.len() {
        1 => return format!("invalid length: expected length 32 for simple format, found {}", text.len()),
        5 => {}
        count => return format!("invalid group count: expected 5, found {count}"),
    }
    let ends = text.match_indices('-').map(|(at, _)| at).chain([text.len()]);
    let lengths = ends.zip(STARTS).map(|(end, start)| end.saturating_sub(start));
    let wrong = lengths.zip(LENGTHS).enumerate().find(|(_, (found, expected))| found != expected);
    let (group, (found, expected)) = wrong.unwrap_or_default();
    format!("invalid group length in group {group}: expected {expected}, found {found}")
}

/// One entry of a 422's `detail`.
#[derive(Serialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Place>,
    msg: String,
    input: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Place {
    Name(&'static str),
    Of(String),
    At(usize),
}

impl From<&'static str> for Place {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl Problem {
    fn new(kind: &'static str, place: Vec<Place>, msg: impl Into<String>, input: Json) -> Self {
        let loc = std::iter::once(Place::Name("body")).chain(place).collect();
        Self { kind, loc, msg: msg.into(), input, ctx: None }
    }

    fn with(mut self, ctx: serde_json::Value) -> Self {
        self.ctx = Some(ctx);
        self
    }
}

fn refusal(problems: &[Problem]) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'static str,
        detail: &'a [Problem],
    }
    // Polar echoes the input; what Python cannot write makes the answer itself fail.
    if problems.iter().any(|problem| !problem.input.is_writable()) {
        return Reply::crash();
    }
    Reply::json(422, &Body { error: "RequestValidationError", detail: problems })
}
