//! Writes the core's tables of codes into the two headers: as constants in C, and as scoped enums in C++.

use polar_license::portal::Stage;
use polar_license::{Deactivated, ErrorKind, NextStep, Reason, State};
use std::fmt::Write;

/// Phrases of the core's documentation, each with the phrase that replaces it in the C header.
const WORDS: [(&str, &str); 3] = [
    ("[`Error::retry_after`](crate::Error::retry_after)", "polar_license_error_retry_after_ms()"),
    ("[`Error::reason`](crate::Error::reason)", "polar_license_error_reason()"),
    ("`replace_previous`", "POLAR_LICENSE_REPLACE_PREVIOUS"),
];

/// The two lines in the C++ header between which the generated enums are written.
pub const BEGIN: &str = "// Generated from the tables of the core: do not edit.\n";
pub const END: &str = "// End of what is generated.\n";

const WIDTH: usize = 120;

const ABSENT: &str =
    "The result of a function that returns int64_t, if there is no value, for example because the key never expires.";

struct Table {
    /// The part of the constants' names in C that follows `POLAR_LICENSE_`.
    prefix: &'static str,
    /// The name of the enum in C++. `about` is the comment above the enum.
    enumeration: &'static str,
    about: &'static str,
    /// The C constant, the C++ enumerator and the comment for the value 0, if this table uses 0 for an absent value.
    zero: Option<(&'static str, &'static str, &'static str)>,
    rows: Vec<Row>,
}

pub struct Row {
    pub number: i32,
    pub name: String,
    pub doc: String,
}

/// Returns a `Row` for each code of one of the core's types, such as a `Reason`.
macro_rules! rows {
    ($codes:ty) => {
        <$codes>::ALL
            .iter()
            .map(|code| $crate::codes::Row {
                number: code.number(),
                name: code.as_str().to_owned(),
                doc: $crate::codes::sentences(code.doc()),
            })
            .collect::<Vec<_>>()
    };
}
pub(crate) use rows;

fn tables() -> [Table; 6] {
    let mut states: Vec<Row> = rows!(State);
    for (state, row) in State::ALL.iter().zip(&mut states) {
        row.doc.push_str(if state.is_allowed() { " Access is allowed." } else { " Access is not allowed." });
    }
    [
        Table {
            prefix: "ERR",
            enumeration: "error_kind",
            about: "The kind of an error, or ok if there is none. A later version may have more kinds: treat an \
                    unknown kind as a failure.",
            zero: Some(("POLAR_LICENSE_OK", "ok", "There is no error.")),
            rows: rows!(ErrorKind),
        },
        Table {
            prefix: "STATE",
            enumeration: "state",
            about: "The state of a license. A later version may have more states: only decision_view::allowed() says \
                    whether the app may run.",
            zero: None,
            rows: states,
        },
        Table {
            prefix: "REASON",
            enumeration: "reason",
            about: "The reason for a state, or for the refusal of an operation. A later version may have more reasons.",
            zero: Some((
                "POLAR_LICENSE_REASON_UNSET",
                "unset",
                "There is no reason to report: the state has only one possible cause.",
            )),
            rows: rows!(Reason),
        },
        Table {
            prefix: "NEXT",
            enumeration: "next_step",
            about: "The next step that the user can take. A later version may have more steps.",
            zero: None,
            rows: rows!(NextStep),
        },
        Table {
            prefix: "DEACTIVATED",
            enumeration: "deactivated",
            about: "The outcome of releasing a seat. A later version may have more outcomes.",
            zero: None,
            rows: rows!(Deactivated),
        },
        Table {
            prefix: "STAGE",
            enumeration: "stage",
            about: "The event for which an operation waits. A later version may have more events.",
            zero: None,
            rows: rows!(Stage),
        },
    ]
}

/// Returns the constants for the C header.
pub fn constants() -> String {
    let mut text = String::new();
    for table in tables() {
        if let Some((name, _, doc)) = table.zero {
            define(&mut text, name, doc, "0");
        }
        for row in &table.rows {
            define(&mut text, &constant(&table, row), &row.doc, &row.number.to_string());
        }
    }
    // This constant is written here and not by cbindgen. maturin and cffi also read cbindgen's output, for the Python
    // package, and do not accept a constant whose value is the name of another constant.
    define(&mut text, "POLAR_LICENSE_ABSENT", ABSENT, "INT64_MIN");
    // The header generator adds the line end.
    text.trim_end().to_owned()
}

/// Returns the enums of the C++ header.
pub fn enums() -> String {
    let mut enums = String::from("\n");
    for table in tables() {
        for line in wrapped(table.about, WIDTH - 4) {
            writeln!(enums, "/// {line}").unwrap();
        }
        writeln!(enums, "enum class {} : std::int32_t {{", table.enumeration).unwrap();
        if let Some((constant, name, _)) = table.zero {
            writeln!(enums, "    {name} = {constant},").unwrap();
        }
        for row in &table.rows {
            writeln!(enums, "    {} = {},", row.name, constant(&table, row)).unwrap();
        }
        enums.push_str("};\n\n");
    }
    enums
}

fn define(text: &mut String, name: &str, doc: &str, value: &str) {
    text.push_str("\n/**\n");
    for line in wrapped(doc, WIDTH - 3) {
        writeln!(text, " * {line}").unwrap();
    }
    write!(text, " */\n#define {name} {value}\n").unwrap();
}

fn constant(table: &Table, row: &Row) -> String {
    format!("POLAR_LICENSE_{}_{}", table.prefix, row.name.to_uppercase())
}

/// Joins the lines of a comment of the core, and replaces names from Rust with the names in the C header.
pub fn sentences(doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    WORDS.iter().fold(doc, |doc, (rust, c)| doc.replace(rust, c))
}

pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if longer.len() <= width {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[test]
fn the_comments_speak_of_c_alone() {
    let docs: String = tables().iter().flat_map(|table| &table.rows).map(|row| row.doc.as_str()).collect();
    for (rust, c) in WORDS {
        assert!(docs.contains(c), "no comment of the core contains {rust}");
    }
    assert!(!docs.contains("crate::") && !docs.contains("[`"), "a link to Rust: {docs}");
}
