//! Writes to the standard streams. `println!` would panic if a pipe is closed.

use crate::failure::{self, is_wrong_usage};
use polar_license::{Decision, Error};
use std::io::{self, Write};

/// Writes a text and a line end to stdout, and flushes it.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Writes an error to stderr, in clap's form.
pub(crate) fn error(message: &str) {
    note(&format!("error: {message}"));
}

/// Writes an error to stderr: the sentence for the user, and the detail for developers if it says more. Of a wrong command
/// line only the detail is written: the sentence would blame the app.
pub(crate) fn failure(failure: &Error) {
    if is_wrong_usage(failure) {
        return error(failure.detail());
    }
    error(failure.message());
    if !words(failure.detail()).eq(words(failure.message())) {
        note(&format!("detail: {}", failure.detail()));
    }
}

/// Prints the failure as one object on stdout. `license` is the decision if the error has none.
pub(crate) fn failure_as_json(error: &Error, license: Option<&Decision>) -> io::Result<()> {
    print(&failure::json(error, license)?)
}

/// Returns the words of a text, to compare a detail with the sentence: often they differ only in capitals and punctuation.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Writes a question to stderr; the user types the answer behind it.
pub(crate) fn ask(question: &str) {
    // without a line end; if stderr is closed, nobody can be asked
    let _ = io::stderr().lock().write_all(format!("{question} ").as_bytes());
}

/// Writes a line to stderr.
pub(crate) fn note(line: &str) {
    // if stderr is closed, there is nowhere to report that
    let _ = writeln!(io::stderr().lock(), "{line}");
}
