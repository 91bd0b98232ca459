//! The query of a URL as Polar's framework reads it: of several values of one name, the last counts.

use serde_json::json;
use uuid::Uuid;

use crate::ids;
use crate::json::Json;
use crate::numbers::{NotAnInteger, integer, integer_in};
use crate::problem::{Location, Problem, rejection};
use crate::reply::Reply;
use crate::request::RecordedRequest;

pub(crate) struct Query {
    values: Vec<(String, String)>,
    problems: Vec<Problem>,
}

/// Which part of a list is wanted.
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

    pub(crate) fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let value = self.get(name)?.to_owned();
        ids::parse(&value, place(name)).map_err(|problem| self.problems.push(*problem)).ok()
    }

    /// Returns the values of a filter that takes several, or `None` without such a filter. Each has to be one of the
    /// known values; pydantic tries what was sent as one value, then as a list, and reports both.
    pub(crate) fn choices(
        &mut self,
        name: &'static str,
        declared: &'static str,
        known: &[&str],
    ) -> Option<Vec<String>> {
        let values = self.values.iter().filter(|(key, _)| key == name);
        let sent: Vec<String> = values.map(|(_, value)| value.clone()).collect();
        let element = format!("str-enum[{declared}]");
        let sequence = "chain[is-instance[Sequence],function-wrap[sequence_validator()]]";
        let list = format!("json-or-python[json=list[{element}],python={sequence}]");
        let wrong = sent.iter().enumerate().filter(|(_, value)| !known.contains(&value.as_str()));
        let in_list = wrong.map(|(at, value)| {
            let loc = [place(name), vec![Location::Key(list.clone()), Location::Offset(at)]].concat();
            Problem::of_choice(known, loc, Json::String(value.clone()))
        });
        let in_list: Vec<Problem> = in_list.collect();
        if !in_list.is_empty() {
            let loc = [place(name), vec![Location::Key(element)]].concat();
            let all = Json::Array(sent.iter().cloned().map(Json::String).collect());
            self.problems.push(Problem::of_choice(known, loc, all));
            self.problems.extend(in_list);
        }
        (!sent.is_empty()).then_some(sent)
    }

    pub(crate) fn page(&mut self) -> Page {
        let number = self.positive("page", 1);
        let size = self.positive("limit", 10).min(100);
        Page { number, size }
    }

    /// Nothing, or the rejection of what was wrong with the values read so far.
    pub(crate) fn check(&self) -> Result<(), Reply> {
        if self.problems.is_empty() { Ok(()) } else { Err(rejection(&self.problems)) }
    }

    fn positive(&mut self, name: &'static str, default: usize) -> usize {
        let Some(value) = self.get(name).map(str::to_owned) else {
            return default;
        };
        let input = Json::String(value.clone());
        let problem = match integer_in(&value).map(|digits| integer(&digits)) {
            Ok(number @ 1..) => return usize::try_from(number).unwrap_or(usize::MAX),
            Ok(_) => Problem::new("greater_than", place(name), "Input should be greater than 0", input)
                .with(json!({ "gt": 0 })),
            Err(NotAnInteger::Malformed) => {
                let message = "Input should be a valid integer, unable to parse string as an integer";
                Problem::new("int_parsing", place(name), message, input)
            }
            Err(NotAnInteger::TooLarge) => {
                let message = "Unable to parse input string as an integer, exceeded maximum size";
                Problem::new("int_parsing_size", place(name), message, input)
            }
        };
        self.problems.push(problem);
        default
    }
}

impl Page {
    /// The reply that lists this page of the items.
    pub(crate) fn of<T: serde::Serialize>(self, items: &[T]) -> Reply {
        let skip = self.number.saturating_sub(1).saturating_mul(self.size);
        let shown: Vec<&T> = items.iter().skip(skip).take(self.size).collect();
        let pagination = json!({ "total_count": items.len(), "max_page": items.len().div_ceil(self.size) });
        #[derive(serde::Serialize)]
        struct List<'a, T> {
            items: Vec<&'a T>,
            pagination: serde_json::Value,
        }
        Reply::json(200, &List { items: shown, pagination })
    }
}

fn place(name: &'static str) -> Vec<Location> {
    vec![Location::Name("query"), Location::Name(name)]
}
