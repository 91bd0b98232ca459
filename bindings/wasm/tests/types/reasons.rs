//! Generates `docs/src/reasons.md`: every state, reason, next step and kind of error, with its meaning and the text
//! that the user sees.

use std::fmt::Write as _;

use polar_license::schema;
use polar_license::{Deactivated, ErrorKind, NextStep, OffReason, Reason, State};

const HEAD: &str = "<!-- Written by bindings/wasm/tests/types from the core's types: change them there. -->

# States, reasons and errors

The names are the same in every language. Each sentence for the user has a code, which is shown in brackets. An app can
use the code to replace the sentence by its own.
";

pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    table(&mut page, "States", "`state` says what the app may do.", State::ALL, State::doc, |state| {
        sentences(&[&format!("state.{state}")])
    });
    table(
        &mut page,
        "Reasons",
        "`reason` says why the license is in its state, or why a license key that the user entered was refused.",
        Reason::ALL,
        Reason::doc,
        |reason| sentences(&[&format!("reason.{reason}"), &format!("refused.{reason}")]),
    );
    table(&mut page, "Next steps", "`nextStep` says what the user can do.", NextStep::ALL, NextStep::doc, |_| {
        String::new()
    });
    table(
        &mut page,
        "Why a feature is off",
        "An explanation's `reason` has one of these values.",
        OffReason::ALL,
        OffReason::doc,
        |reason| sentences(&[&format!("feature.{reason}")]),
    );
    table(
        &mut page,
        "Errors",
        "An error's `kind` has one of these values. The meaning of a kind never changes.",
        ErrorKind::ALL,
        ErrorKind::doc,
        |kind| sentences(&[&format!("error.{kind}")]),
    );
    table(
        &mut page,
        "The seat after a deactivation",
        "The `deactivated` of a deactivation's result has one of these values.",
        Deactivated::ALL,
        Deactivated::doc,
        |_| String::new(),
    );
    page + &portal()
}

/// Returns the section that lists the customer portal's texts for users. The section has no table of reasons, because
/// the portal adds none.
fn portal() -> String {
    let mut page = String::from(
        "\n## Customer portal\n\nThe customer portal has these sentences, besides the ones above.\n\n\
         | code | the user reads |\n|---|---|\n",
    );
    for (code, english) in schema::portal_texts() {
        writeln!(page, "| `{code}` | {english} |").unwrap();
    }
    page
}

fn table<Code: std::fmt::Display + Copy>(
    page: &mut String,
    title: &str,
    about: &str,
    codes: &[Code],
    doc: impl Fn(Code) -> &'static str,
    read: impl Fn(&Code) -> String,
) {
    write!(page, "\n## {title}\n\n{about}\n\n").unwrap();
    let has_sentences = codes.iter().any(|code| !read(code).is_empty());
    let (title, line) = if has_sentences { ("| the user reads ", "---|") } else { ("", "") };
    writeln!(page, "| name | meaning {title}|\n|---|---|{line}").unwrap();
    for code in codes {
        let read = if has_sentences { format!(" {} |", read(code)) } else { String::new() };
        writeln!(page, "| `{code}` | {} |{read}", on_one_line(doc(*code))).unwrap();
    }
}

/// Returns the English texts of these codes. A code without a text is skipped.
fn sentences(codes: &[&str]) -> String {
    let texts = schema::texts().filter(|(code, _)| codes.contains(code));
    let texts: Vec<String> = texts.map(|(code, english)| format!("{english} (`{code}`)")).collect();
    if texts.is_empty() { "depends on the state and the reason; see their rows".into() } else { texts.join("<br>") }
}

/// Joins lines, and removes rustdoc links, which would lead nowhere in the book.
fn on_one_line(doc: &str) -> String {
    let line = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    line.split("](")
        .enumerate()
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once(')').map_or(part, |(_, rest)| rest),
        })
        .collect::<String>()
        .replace("[`", "`")
}
