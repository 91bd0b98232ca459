//! Writes to the standard streams. Used instead of `println!`, which would panic if a pipe is closed.

use crate::failure::{self, is_wrong_usage};
use polar_license::{Decision, Error};
use std::io::{self, Write};

/// Writes a text and a line break to stdout, and flushes stdout.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(format!("{text}\n").as_bytes())?;
    stdout.flush()
}

/// Writes an error to stderr, in the form of clap's errors.
pub(crate) fn error(message: &str) {
    note(&format!("error: {message}"));
}

/// Writes an error to stderr: first the sentence for the user, then the detail for developers if it says more. If the
/// command line is wrong, writes only the detail, because the sentence would blame the app.
pub(crate) fn failure(failure: &Error) {
    if is_wrong_usage(failure) {
        return error(&failure::detail(failure));
    }
    error(failure.message());
    if !words(failure.detail()).eq(words(failure.message())) {
        note(&format!("detail: {}", failure.detail()));
    }
}

/// Prints the failure as one JSON object on stdout, with the decision about this device's license.
pub(crate) fn failure_as_json(error: &Error, license: Option<&Decision>) -> io::Result<()> {
    print(&failure::json(error, license)?)
}

/// Returns the words of a text in lower case. A detail is compared with a message word by word, because the two often
/// differ only in capitals and punctuation.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Writes a question to stderr. The user types the answer on the same line.
pub(crate) fn ask(question: &str) {
    // an error is ignored: it means that stderr is closed, and then the question cannot be shown anywhere else
    let _ = io::stderr().lock().write_all(format!("{question} ").as_bytes());
}

/// Writes a line to stderr.
pub(crate) fn note(line: &str) {
    // an error is ignored: it means that stderr is closed, and then the error cannot be reported anywhere else
    let _ = writeln!(io::stderr().lock(), "{line}");
}
