//! Changes to the members of Polar's answers on which the library depends. DESIGN.md lists these members.

use serde_json::Value;

/// A change that Polar makes to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Renamed,
    Missing,
    Null,
    OtherType,
    UnknownValue,
}

const CHANGES: [Change; 5] = [Change::Renamed, Change::Missing, Change::Null, Change::OtherType, Change::UnknownValue];

/// A change to one member of an endpoint's answers with this status.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    endpoint: &'static str,
    status: u16,
    pub(crate) member: String,
    pub(crate) is_required: bool,
    pub(crate) change: Change,
}

impl Case {
    /// Changes the member in a reply if the reply is from the case's endpoint and has the case's status.
    pub(crate) fn apply(&self, url: &str, status: u16, body: &mut Vec<u8>) {
        if !self.is_about(url) || status != self.status {
            return;
        }
        let mut reply: Value = serde_json::from_slice(body).unwrap();
        self.change.apply(&mut reply, &self.member);
        *body = reply.to_string().into_bytes();
    }

    /// Returns `true` if an address ends in the segments of the endpoint. The endpoint's `{id}` stands for any segment
    /// that is not a plain word such as `validate`.
    fn is_about(&self, url: &str) -> bool {
        let path = url.split('?').next().unwrap_or_default();
        let mut segments = path.rsplit('/');
        let mut wanted = self.endpoint.rsplit('/');
        let is_word = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_lowercase());
        let fits = |segment: &str, wanted: &str| segment == wanted || (wanted.starts_with('{') && !is_word(segment));
        wanted.all(|wanted| segments.next().is_some_and(|segment| fits(segment, wanted)))
    }

    /// Returns `true` if a problem's detail names the member or the object that contains it.
    pub(crate) fn is_named_in(&self, detail: &str) -> bool {
        // If the containing object cannot be read, the detail names that object and not its members.
        let outer = self.member.split(['.', '[']).next().unwrap_or_default();
        detail.contains(&format!("`{}` is ", self.member)) || detail.contains(&format!("`{outer}` is "))
    }
}

impl Change {
    /// Changes a member of an object. A name with `[]` stands for each element of the array with this name.
    fn apply(self, object: &mut Value, member: &str) {
        if let Some((outer, inner)) = member.split_once('.') {
            let (name, is_array) = outer.strip_suffix("[]").map_or((outer, false), |name| (name, true));
            match object.get_mut(name) {
                Some(Value::Array(items)) if is_array => items.iter_mut().for_each(|item| self.apply(item, inner)),
                Some(nested) => self.apply(nested, inner),
                None => {}
            }
            return;
        }
        let Some(object) = object.as_object_mut() else { return };
        match self {
            Self::Renamed => {
                if let Some(value) = object.remove(member) {
                    object.insert(format!("{member}_v2"), value);
                }
            }
            Self::Missing => drop(object.remove(member)),
            Self::Null => drop(object.insert(member.to_owned(), Value::Null)),
            Self::OtherType => drop(object.insert(member.to_owned(), serde_json::json!([true]))),
            Self::UnknownValue => drop(object.insert(member.to_owned(), "something new".into())),
        }
    }
}

/// Returns the cases for one row of one of DESIGN.md's tables. `endpoint` and `status` say which answers the row is
/// about.
pub(crate) fn cases(table: &str, row: &str, endpoint: &'static str, status: u16) -> Vec<Case> {
    let design = include_str!("../../DESIGN.md");
    let (_, below) = design.split_once(table).unwrap();
    let row = below.lines().find(|line| line.starts_with(&format!("| {row} |"))).unwrap();
    let mut cells = row.trim_matches('|').split('|').skip(1);
    let mut members = |is_required: bool| {
        let words = cells.next().unwrap_or_default().split('`').skip(1).step_by(2);
        let named = words.filter(|word| *word != "granted").map(move |member| (member.to_owned(), is_required));
        named.collect::<Vec<_>>()
    };
    let listed = [members(true), members(false)].concat();
    assert!(!listed.is_empty(), "{row}");
    let case = |(member, is_required): (String, bool)| {
        CHANGES.map(|change| Case { endpoint, status, member: member.clone(), is_required, change })
    };
    listed.into_iter().flat_map(case).collect()
}
