//! Writing to the standard streams without the panic that `println!` has for a closed pipe.

use crate::failure::{self, is_wrong_usage};
use polar_license::{Decision, Error};
use std::io::{self, Write};

/// One text and a line end on stdout, at once even into a pipe.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// An error on stderr, in clap's form.
pub(crate) fn error(message: &str) {
    note(&format!("error: {message}"));
}

/// The sentence for the user, and below it what a developer needs to know if that is more. What is wrong with the command
/// line, which an app's user would read as a mistake of the app, is said as it is.
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

/// Many details are the sentence without its capital letter and full stop.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A question on stderr; the answer is typed behind it.
pub(crate) fn ask(question: &str) {
    // at once, and if stderr is closed, nobody can be asked
    let _ = io::stderr().lock().write_all(format!("{question} ").as_bytes());
}

/// A line on stderr.
pub(crate) fn note(line: &str) {
    // if stderr is closed, there is nowhere to report that
    let _ = writeln!(io::stderr().lock(), "{line}");
}
