//! Tells a developer which tests were skipped.

use std::io::{self, Write};
use std::thread;

/// Prints the name of the present test, and why it is skipped. Writes to standard error directly, because the test
/// harness hides the output of passing tests.
pub(crate) fn skipped(why: &str) {
    let (thread, mut terminal) = (thread::current(), io::stderr().lock());
    writeln!(terminal, "skipped {}: {why}", thread.name().unwrap_or("a test")).unwrap();
}
