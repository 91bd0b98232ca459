//! Prints findings as text for people and bug reports, and as JSON.

use crate::output;
use polar_license::blocking::diagnosis::{Check, Finding, Outcome};
use serde::Serialize;
use std::fmt::Write as _;
use std::io;

/// The last line of a report that was made without a license key. Without a key, Polar does not say whether the
/// organization id is right.
const NO_KEY: &str = "\nThe organization id was not checked: Polar tells only with a license key whether it is right. \
                      Let it read one from standard input: `polar-license doctor -`.";

/// The object that `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether no fault was found.
    ok: bool,
    version: &'static str,
    findings: &'a [Finding],
}

pub(super) fn print(findings: &[Finding], as_json: bool) -> io::Result<()> {
    output::print(&if as_json { json(findings)? } else { text(findings) })
}

/// Returns the findings as one object.
pub(crate) fn json(findings: &[Finding]) -> serde_json::Result<String> {
    let report = Report { ok: has_no_fault(findings), version: env!("CARGO_PKG_VERSION"), findings };
    serde_json::to_string(&report)
}

fn has_no_fault(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.outcome() != Outcome::Fault)
}

fn text(findings: &[Finding]) -> String {
    let ok = has_no_fault(findings);
    let mut text = String::new();
    for finding in findings {
        let outcome = match finding.outcome() {
            Outcome::Good => "ok",
            Outcome::Unchecked => "skipped",
            Outcome::Warning => "warning",
            Outcome::Fault => "FAULT",
            // a later version of the library may have added other outcomes
            _ => "other",
        };
        // the result is ignored, because writing to a string cannot fail
        let _ = write!(text, "{outcome:<8} {:<13} ", finding.check());
        // some faults have the same name as their check; such a name is not printed twice
        if let Some(fault) = finding.fault().filter(|fault| fault.as_str() != finding.check().as_str()) {
            let _ = write!(text, "{fault}: ");
        }
        let _ = writeln!(text, "{}", finding.detail());
        if let Some(advice) = finding.advice() {
            let _ = writeln!(text, "{:23}{advice}", "");
        }
    }
    let any = |outcome| findings.iter().any(|finding| finding.outcome() == outcome);
    text.push_str(match (ok, any(Outcome::Warning), any(Outcome::Unchecked)) {
        (false, _, _) => "\nSomething is wrong: see FAULT above for what to do.",
        (true, true, _) => "\nNo fault was found, but see the warning above.",
        (true, false, true) => "\nNo fault was found in what could be checked.",
        (true, false, false) => "\nNothing is wrong.",
    });
    let has_key = findings.iter().any(|it| it.check() == Check::Key && it.outcome() != Outcome::Unchecked);
    if ok && !has_key {
        text.push_str(NO_KEY);
    }
    text
}
