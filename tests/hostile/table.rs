//! Reads `table.json`: the answers of a server, and the expected outcomes. The README beside it describes the format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::server::{End, Parts, Planned, Speaks};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    #[serde(rename = "about")]
    _about: String,
    pub(crate) answers: Vec<Reply>,
    /// The expected outcomes, by device, question and class of the answer.
    pub(crate) outcomes: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
    /// The exceptions, by the platform's name.
    platforms: BTreeMap<String, Vec<Exception>>,
}

/// An exception: on one platform, some answers belong to another class.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    #[serde(rename = "why")]
    _why: String,
    /// The class of the answers in the table.
    class: String,
    /// The names of the answers. `None` stands for all answers of the class.
    answers: Option<Vec<String>>,
    /// The class of the answers on this platform.
    r#as: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Reply {
    pub(crate) name: String,
    #[serde(rename = "why")]
    _why: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    polar: Option<Changes>,
    body: Option<Value>,
    #[serde(default)]
    before: Vec<Value>,
    #[serde(default)]
    after: Vec<Value>,
    #[serde(default)]
    after_all: Vec<Value>,
    keep: Option<f64>,
    length: Option<usize>,
    raw: Option<Vec<Value>>,
    #[serde(default)]
    end: End,
    at: Option<String>,
    #[serde(default)]
    connection: Connection,
    is: Value,
    pub(crate) reason: Option<String>,
}

/// The kind of connection that an app gets.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Connection {
    #[default]
    Http,
    Refused,
    NoTls,
    UntrustedTls,
}

/// The changes to Polar's own confirmation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Changes {
    #[serde(default)]
    set: Map<String, Value>,
    #[serde(default)]
    set_outer: Map<String, Value>,
    remove: Option<String>,
}

/// The values of the names that occur in the table, and Polar's confirmation of the request.
pub(crate) struct Names {
    /// The names, such as `$KEY`, with their values.
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) license: Value,
    /// The object around the license in the answer to an activation.
    pub(crate) outer: Option<Value>,
}

impl Table {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("table.json")).unwrap()
    }

    /// Returns the exceptions of a platform, or an empty slice if the table does not name the platform.
    pub(crate) fn exceptions(&self, platform: &str) -> &[Exception] {
        self.platforms.get(platform).map_or(&[], Vec::as_slice)
    }
}

impl Exception {
    /// Returns the class on this platform if the exception applies to the answer, otherwise `None`.
    pub(crate) fn class(&self, reply: &Reply, class: &str) -> Option<&str> {
        let is_named = self.answers.as_ref().is_none_or(|names| names.contains(&reply.name));
        (is_named && self.class == class).then_some(&*self.r#as)
    }
}

impl Reply {
    /// Returns the class that the answer has for this question, or `None` if the table leaves the question out.
    pub(crate) fn is(&self, question: &str) -> Option<&str> {
        self.is.as_str().or_else(|| self.is.get(question).or_else(|| self.is.get("else"))?.as_str())
    }

    /// Returns `true` if an app waits for this answer until its time-out.
    pub(crate) fn stalls(&self) -> bool {
        self.end == End::Stall
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.connection == Connection::Refused
    }

    /// Returns `true` if the app's request reaches the server.
    pub(crate) fn arrives(&self) -> bool {
        self.at.is_none() && !self.is_refused()
    }

    /// Returns the URL that the app uses to reach the server at `authority`.
    pub(crate) fn url(&self, authority: &str) -> String {
        let scheme = match self.connection {
            Connection::Http | Connection::Refused => "http",
            Connection::NoTls | Connection::UntrustedTls => "https",
        };
        self.at.clone().unwrap_or_else(|| format!("{scheme}://{authority}"))
    }

    /// Returns the plan for the server.
    pub(crate) fn planned(&self, endpoint: &'static str, names: &Names) -> Planned {
        let speaks = match self.connection {
            Connection::Http | Connection::Refused => Speaks::Http,
            Connection::NoTls => Speaks::Nothing,
            Connection::UntrustedTls => Speaks::Tls,
        };
        let has_answer = speaks != Speaks::Tls && self.arrives();
        let parts = if has_answer { self.parts(names) } else { Parts::new() };
        Planned { endpoint, parts, end: self.end, speaks }
    }

    /// Returns the parts of the answer, as they are sent.
    fn parts(&self, names: &Names) -> Parts {
        if let Some(raw) = &self.raw {
            return raw.iter().map(|part| part_of(part, names)).collect();
        }
        let body = self.body(names);
        let length: usize = body.iter().map(|(bytes, times)| bytes.len() * times).sum();
        let mut head = format!("HTTP/1.1 {} Whatever\r\nconnection: close\r\n", self.status.unwrap());
        if self.body.is_some() || self.polar.is_some() {
            head += &format!("content-length: {}\r\n", self.length.unwrap_or(length));
        }
        let has_type = self.headers.contains_key("content-type");
        head += if has_type { "" } else { "content-type: application/json\r\n" };
        for (name, value) in &self.headers {
            head += &format!("{name}: {}\r\n", names.replace(value));
        }
        let mut parts = vec![((head + "\r\n").into_bytes(), 1)];
        parts.extend(body);
        parts.extend(self.after_all.iter().map(|part| part_of(part, names)));
        parts
    }

    fn body(&self, names: &Names) -> Parts {
        let mut parts: Parts = self.before.iter().map(|part| part_of(part, names)).collect();
        if let Some(changes) = &self.polar {
            parts.push((changes.confirmation(names).into_bytes(), 1));
        }
        match &self.body {
            None => {}
            Some(Value::String(text)) => parts.push((names.replace(text).into_bytes(), 1)),
            Some(Value::Array(more)) => parts.extend(more.iter().map(|part| part_of(part, names))),
            Some(json) => parts.push((names.replace(&json.to_string()).into_bytes(), 1)),
        }
        parts.extend(self.after.iter().map(|part| part_of(part, names)));
        if let Some(keep) = self.keep {
            let mut whole: Vec<u8> = parts.iter().flat_map(|(bytes, times)| bytes.repeat(*times)).collect();
            let length = whole.len();
            whole.truncate(if keep < 0.0 { length - keep.abs() as usize } else { (length as f64 * keep) as usize });
            parts = vec![(whole, 1)];
        }
        parts
    }
}

impl Changes {
    fn confirmation(&self, names: &Names) -> String {
        let mut license = names.license.clone();
        let members = license.as_object_mut().unwrap();
        members.extend(self.set.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.remove.as_ref().map(|name| members.remove(name).unwrap());
        let Some(outer) = &names.outer else { return names.replace(&license.to_string()) };
        let mut outer = outer.clone();
        outer["license_key"] = license;
        outer.as_object_mut().unwrap().extend(self.set_outer.iter().map(|(name, value)| (name.clone(), value.clone())));
        names.replace(&outer.to_string())
    }
}

impl Names {
    fn replace(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Parses a part: a string, `{"hex": …}` or `{"text": …, "times": n}`. Returns its bytes and the number of repetitions.
fn part_of(part: &Value, names: &Names) -> (Vec<u8>, usize) {
    if let Some(text) = part.as_str() {
        return (names.replace(text).into_bytes(), 1);
    }
    if let Some(hex) = part.get("hex") {
        let digits = hex.as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap();
        return ((0..digits.len()).step_by(2).map(byte).collect(), 1);
    }
    let times = usize::try_from(part["times"].as_u64().unwrap()).unwrap();
    (names.replace(part["text"].as_str().unwrap()).into_bytes(), times)
}
