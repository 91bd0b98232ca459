//! Reads the query of a URL as Polar's framework does. Some filters accept several values. For all other names, the
//! last value is used.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::ids;
use crate::problem::{Problem, Rule, rejection};
use crate::reply::Reply;
use crate::request::RecordedRequest;

pub(crate) struct Query {
    values: Vec<(String, String)>,
    problems: Vec<Problem>,
}

/// The number and the size of the page that a request wants from a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

impl Query {
    pub(crate) fn read(request: &RecordedRequest) -> Self {
        let query = request.query().unwrap_or_default();
        let values = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { values, problems: Vec::new() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.values.iter()
    }

    pub(crate) fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let value = self.get(name)?.to_owned();
        ids::parse(&value, place(name)).map_err(|problem| self.problems.push(problem)).ok()
    }

    /// Reads a filter that may have several values. Returns `None` if the query does not contain the filter. Each value
    /// must be one of `known`.
    pub(crate) fn choices(&mut self, name: &str, declared: &str, known: &[&str]) -> Option<Vec<String>> {
        let values = self.values.iter().filter(|(key, _)| key == name);
        let sent: Vec<String> = values.map(|(_, value)| value.clone()).collect();
        if sent.iter().any(|value| !known.contains(&value.as_str())) {
            let loc = [place(name), vec![format!("str-enum[{declared}]").into()]].concat();
            self.problems.push(Problem::new(Rule::Enum, loc, sent.clone().into()));
        }
        (!sent.is_empty()).then_some(sent)
    }

    pub(crate) fn page(&mut self) -> Page {
        let number = self.positive("page", 1);
        let size = self.positive("limit", 10).min(100);
        Page { number, size }
    }

    /// Rejects the request if any of the values read so far is wrong.
    pub(crate) fn check(&self) -> Result<(), Reply> {
        if self.problems.is_empty() { Ok(()) } else { Err(rejection(&self.problems)) }
    }

    fn positive(&mut self, name: &str, default: usize) -> usize {
        let Some(value) = self.get(name).map(str::to_owned) else {
            return default;
        };
        let rule = match value.trim().parse::<i64>() {
            Ok(number @ 1..) => return usize::try_from(number).unwrap_or(usize::MAX),
            Ok(_) => Rule::GreaterThan,
            Err(_) => Rule::IntParsing,
        };
        self.problems.push(Problem::new(rule, place(name), value.into()));
        default
    }
}

impl Page {
    /// Returns a reply that lists one page of the items.
    pub(crate) fn of<T: serde::Serialize>(self, items: &[T]) -> Reply {
        let skip = self.number.saturating_sub(1).saturating_mul(self.size);
        let shown: Vec<&T> = items.iter().skip(skip).take(self.size).collect();
        let pagination = json!({ "total_count": items.len(), "max_page": items.len().div_ceil(self.size) });
        #[derive(serde::Serialize)]
        struct List<'a, T> {
            items: Vec<&'a T>,
            pagination: Value,
        }
        Reply::json(200, &List { items: shown, pagination })
    }
}

fn place(name: &str) -> Vec<Value> {
    vec!["query".into(), name.into()]
}
