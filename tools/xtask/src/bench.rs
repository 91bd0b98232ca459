//! `cargo xtask bench`: measures what this project costs an app, and what the alternatives cost. Each run writes one
//! report. A run does not fail if a figure is too high. The steps `tests`, `budget`, `npm` and `c-package` check
//! limits, but only for figures that are the same on every machine.
//!
//! ```text
//!   table ──┬─ reads · validate · node · programs · pages · shipped · growth · scale ── meter ── setting ── row
//!   report ─┴─ figure                                                                   (tools)  (servers)   goal
//! ```
//!
//! The measured programs and pages are in `bench/`, a workspace of its own. This module tells each program how often to
//! repeat its operation. The program measures the time itself, and this module compares the results.

mod figure;
mod goal;
mod growth;
mod meter;
mod node;
mod number;
mod pages;
mod programs;
mod reads;
mod report;
mod row;
mod scale;
mod setting;
mod shipped;
mod table;
mod validate;

use anyhow::{Result, bail};
use figure::Measured;
use setting::Setting;
use xshell::Shell;

/// The manifest of the workspace that contains the measured programs.
pub(crate) const MANIFEST: &str = setting::MANIFEST;

/// The report of the last complete run, which is part of the repository.
const KEPT: &str = "BENCHMARKS.md";

/// Measures the figures with these names, or all figures, and writes the report into `target/bench`. If `keep` is true,
/// writes it into `BENCHMARKS.md` too.
pub(crate) fn run(sh: &Shell, only: &[String], keep: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the benchmark needs Linux, because it counts system calls with strace and instructions with callgrind");
    }
    let figures = table::chosen(only)?;
    let setting = Setting::new(sh)?;
    let machine = report::machine(sh)?;
    let (mut measured, mut failed) = (Vec::new(), Vec::new());
    for (number, figure) in figures.iter().enumerate() {
        println!("\n── {} ({} of {}): {}", figure.name, number + 1, figures.len(), figure.title);
        match figure.rows(&setting) {
            Ok(rows) => measured.push(Measured { figure, rows }),
            // This figure could not be measured. The run continues, because the other figures do not depend on it and
            // take many minutes.
            Err(error) => {
                eprintln!("{error:#}");
                failed.push(figure.name);
            }
        }
        report::write(&machine, &measured)?;
    }
    if !failed.is_empty() {
        bail!("these figures failed, and the report has only the others: {}", failed.join(", "));
    }
    if keep {
        report::keep(&machine, &measured, KEPT)?;
    }
    println!("\nthe report is {}", report::folder()?.join("report.md").display());
    Ok(())
}
