//! `cargo xtask bench`: measures what this project costs an app, and what the alternatives cost. Writes one report, from
//! one run. Asserts nothing: the limits of exact figures are in the steps `budget`, `package` and `c-package`.
//!
//! ```text
//!   table ──┬─ reads · validate · node · programs · pages · shipped · growth · scale ── meter ── setting ── row ── goal
//!   report ──┴─ figure                                                                   (tools)  (programs, servers)
//! ```
//!
//! The measured programs and pages are in `bench/`, a workspace of its own. Each program performs one operation as often
//! as it is told, and measures the time itself; this module starts the programs and compares.

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

/// The manifest of the measured programs.
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
    let mut measured = Vec::new();
    for (number, figure) in figures.iter().enumerate() {
        println!("\n── {} ({} of {}): {}", figure.name, number + 1, figures.len(), figure.title);
        figure.needs.iter().try_for_each(|requirement| requirement.ensure(sh))?;
        measured.push(Measured { figure, rows: (figure.measure)(&setting)? });
    }
    let folder = report::write(&machine, &measured)?;
    if keep {
        report::keep(&machine, &measured, KEPT)?;
    }
    println!("\nthe report is {}", folder.join("report.md").display());
    Ok(())
}
