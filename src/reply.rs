//! Reads the objects of a reply, member by member. Every value that this library takes from Polar's replies passes
//! through this file. DESIGN.md lists the members that the library reads, and a test compares that list with the
//! members that are really read.
//!
//! The last member that was read is remembered. If a reply cannot be read, this member is the cause, and the error
//! names it. The names in errors come from this library and never from the reply, and no value is shown.

use crate::json::Json;
use crate::text::parse_uuid;
use crate::time::Timestamp;
use std::cell::Cell;
use std::fmt;
use uuid::Uuid;

/// The name and the place of a member of a reply, and whether the member is missing.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// The path of the object that contains the member, with a dot at its end, such as `license_key.`. Empty for the
    /// reply itself.
    object: &'static str,
    name: &'static str,
    is_missing: bool,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = if self.is_missing { "missing" } else { "not what Polar answers here" };
        write!(f, "`{}{}` is {fault}", self.object, self.name)
    }
}

/// The member that was last read from a reply.
pub(crate) type Last = Cell<Option<Field>>;

/// An object of a reply.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a, 'l> {
    json: Json<'a>,
    path: &'static str,
    last: &'l Last,
}

impl<'a, 'l> Object<'a, 'l> {
    /// Wraps the outermost object of a reply.
    pub(crate) fn new(json: Json<'a>, last: &'l Last) -> Self {
        Self { json, path: "", last }
    }

    /// Returns the last member that was read from the reply.
    #[cfg(feature = "portal")]
    pub(crate) fn last(self) -> Option<Field> {
        self.last.get()
    }

    /// Returns a member without parsing it.
    pub(crate) fn get(self, name: &'static str) -> Option<Json<'a>> {
        let value = self.json.get(name);
        self.last.set(Some(Field { object: self.path, name, is_missing: value.is_none() }));
        #[cfg(test)]
        asked::note(self.path, name);
        value
    }

    /// Reads a member and parses it with `read`. Returns `None` if the member is missing or cannot be parsed.
    pub(crate) fn read<T>(self, name: &'static str, read: impl Fn(Json<'a>) -> Option<T>) -> Option<T> {
        self.get(name).and_then(read)
    }

    /// Returns a member that is a string.
    pub(crate) fn text(self, name: &'static str) -> Option<String> {
        self.read(name, Json::string)
    }

    /// Returns a member that is an object. `path` is the path of that object, with a dot at its end.
    pub(crate) fn object(self, path: &'static str, name: &'static str) -> Option<Self> {
        let json = self.get(name).filter(|json| json.members().is_some())?;
        Some(Self { json, path, last: self.last })
    }

    /// Returns the elements of a member that is an array. `path` is the path of the elements, with a dot at its end.
    pub(crate) fn items(
        self,
        path: &'static str,
        name: &'static str,
    ) -> Option<impl Iterator<Item = Self> + use<'a, 'l>> {
        let last = self.last;
        Some(self.get(name)?.items()?.map(move |json| Self { json, path, last }))
    }
}

/// Reads a UUID.
pub(crate) fn id(json: Json<'_>) -> Option<Uuid> {
    parse_uuid(&json.string()?)
}

/// Reads a point in time.
pub(crate) fn time(json: Json<'_>) -> Option<Timestamp> {
    Timestamp::parse(&json.string()?)
}

/// Reads a count. Clamps a negative or huge count, which a vendor may have set, to the range of the type.
pub(crate) fn count(json: Json<'_>) -> Option<u32> {
    Some(u32::try_from(json.integer()?.max(0)).unwrap_or(u32::MAX))
}

/// Records which JSON members are read on this thread while replies are parsed.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static MEMBERS: RefCell<BTreeSet<String>> = RefCell::default();
    }

    pub(super) fn note(path: &str, name: &str) {
        MEMBERS.with_borrow_mut(|members| members.insert([path, name].concat()));
    }

    /// Returns the members that were read on this thread since the last call.
    pub(crate) fn take() -> BTreeSet<String> {
        MEMBERS.take()
    }
}

/// Compares the lists of members in DESIGN.md with the members that the functions in this crate read from replies.
#[cfg(test)]
#[cfg(not(target_family = "wasm"))]
pub(crate) mod contract {
    use super::asked;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    /// The rows of a table in DESIGN.md, by the name of the reply. A row is removed when it has been checked.
    pub(crate) struct Contract(BTreeMap<String, [BTreeSet<String>; 2]>);

    impl Contract {
        /// Reads the table that follows this line of DESIGN.md.
        pub(crate) fn below(line: &str) -> Self {
            let design = include_str!("../DESIGN.md").replace("\r\n", "\n");
            let (_, below) = design.split_once(&format!("\n{line}\n\n")).expect("a table");
            let rows = below.lines().take_while(|line| line.starts_with('|')).skip(2);
            Self(rows.map(cells).collect())
        }

        /// Checks the function that reads the reply named `answer` against this reply's row in DESIGN.md. The function
        /// must read exactly the members that the row lists. It must succeed if an optional member is missing, and fail
        /// if a required member is missing.
        pub(crate) fn check(&mut self, answer: &str, whole: &Value, understands: &dyn Fn(&Value) -> bool) {
            let listed = self.0.remove(answer).unwrap_or_else(|| panic!("DESIGN.md has no row `{answer}`"));
            asked::take();
            assert!(understands(whole), "{answer}: {whole}");
            let (optional, required): (BTreeSet<_>, BTreeSet<_>) =
                leaves(&asked::take()).into_iter().partition(|member| understands(&without(whole, member)));
            assert_eq!([required, optional], listed, "{answer}: asked for, and in DESIGN.md");
        }

        /// Checks that every row of the table was checked.
        pub(crate) fn end(self) {
            assert!(self.0.is_empty(), "nobody checks {:?}", self.0.keys());
        }
    }

    /// Splits a row of a table: returns the text of the first cell, and the members that the other two cells name.
    fn cells(row: &str) -> (String, [BTreeSet<String>; 2]) {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let answer = cells.next().unwrap_or_default().replace('`', "");
        let mut members = || {
            let words = cells.next().unwrap_or_default().split('`').skip(1).step_by(2);
            words.filter(|word| *word != "granted").map(str::to_owned).collect()
        };
        (answer, [members(), members()])
    }

    /// Returns the members that contain no other members.
    fn leaves(members: &BTreeSet<String>) -> BTreeSet<String> {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.') || rest.starts_with("[]."))
        };
        members.iter().filter(|outer| !members.iter().any(|inner| holds(outer, inner))).cloned().collect()
    }

    /// Returns the reply without this member. If the member is inside an array, removes it from the first element.
    pub(crate) fn without(whole: &Value, member: &str) -> Value {
        let mut changed = whole.clone();
        let pointer = format!("/{}", member.replace("[]", ".0").replace('.', "/"));
        let (object, name) = pointer.rsplit_once('/').unwrap();
        let removed = changed.pointer_mut(object).and_then(Value::as_object_mut).and_then(|it| it.remove(name));
        assert!(removed.is_some(), "no `{member}` in {whole}");
        changed
    }
}
