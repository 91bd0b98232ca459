//! Measures a release program for each of the compared crates: its size, the number of crates that are compiled into
//! it, and the time to build it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Result;

use super::meter;
use super::row::{Role, Row};
use super::setting::{MANIFEST, Program, Setting, programs};
use crate::shell;

/// Builds each program from scratch, and returns how many CPU seconds the build takes.
pub(crate) fn build_seconds(setting: &Setting<'_>) -> Result<Vec<Row>> {
    each(|program| {
        let before = meter::cpu_seconds_of_children()?;
        setting.build_anew(program)?;
        Ok(meter::cpu_seconds_of_children()? - before)
    })
}

/// Returns the size in bytes of each stripped release program.
pub(crate) fn bytes(setting: &Setting<'_>) -> Result<Vec<Row>> {
    each(|program| Ok(fs::metadata(setting.build(program)?)?.len() as f64))
}

/// Returns the number of crates that are compiled into each program.
pub(crate) fn crates(setting: &Setting<'_>) -> Result<Vec<Row>> {
    each(|program| {
        let tree = shell::cargo(setting.sh, "tree --locked --quiet --edges normal --prefix none --target");
        let tree = tree.args(["x86_64-unknown-linux-gnu", "--manifest-path", MANIFEST, "--features", program.name]);
        let tree = tree.read()?;
        let names = tree.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        });
        // the first line names the program itself, which is not counted
        Ok(names.skip(1).collect::<BTreeSet<_>>().len() as f64)
    })
}

/// Measures each program. If the program of an alternative does not build, its row shows the reason. Fails if the
/// program of this project or the baseline does not build.
fn each(measure: impl Fn(&'static Program) -> Result<f64>) -> Result<Vec<Row>> {
    let rows = programs().map(|program| match (measure(program), program.role) {
        (Ok(value), role) => Ok(Row::new(program.name, role, value)),
        (Err(error), Role::Peer) => Ok(Row::missing(program.name, program.role, format!("{error:#}"))),
        (Err(error), Role::Ours | Role::Baseline) => Err(error),
    });
    rows.collect()
}
