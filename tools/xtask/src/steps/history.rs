//! The files in `target/steps` that record how long each step took, and which steps of an interrupted run have passed.
//! Each step has files of its own, because two lanes write at the same time.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use anyhow::Result;

use crate::workspace;

/// The folder for the steps that have passed in a full run. It contains an empty file for each of them. The folder
/// exists from the start of the run until all steps have passed.
const PASSED: &str = "passed";

/// The folder with one file for each step. The file contains how many seconds the step took.
const SECONDS: &str = "seconds";

/// Marks the start of a full run, in which no step has passed yet.
pub(super) fn begin() -> Result<()> {
    end()?;
    Ok(fs::create_dir_all(folder(PASSED)?)?)
}

/// Removes the record of the last full run, if there is one.
pub(super) fn end() -> Result<()> {
    match fs::remove_dir_all(folder(PASSED)?) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Returns `true` if a full run has begun and not all of its steps have passed.
pub(super) fn is_unfinished() -> bool {
    folder(PASSED).is_ok_and(|folder| folder.exists())
}

/// Records that a step has passed, and how long it took.
pub(super) fn passed(step: &str, time: Duration) -> Result<()> {
    if is_unfinished() {
        fs::write(folder(PASSED)?.join(step), "")?;
    }
    let seconds = folder(SECONDS)?;
    fs::create_dir_all(&seconds)?;
    Ok(fs::write(seconds.join(step), time.as_secs_f32().to_string())?)
}

/// Returns `true` if the step has passed in the interrupted full run.
pub(super) fn has_passed(step: &str) -> bool {
    folder(PASSED).is_ok_and(|folder| folder.join(step).exists())
}

/// Returns how long the step took when it last passed.
pub(super) fn last(step: &str) -> Option<Duration> {
    let seconds = fs::read_to_string(folder(SECONDS).ok()?.join(step)).ok()?;
    Duration::try_from_secs_f32(seconds.parse().ok()?).ok()
}

fn folder(kind: &str) -> Result<PathBuf> {
    Ok(workspace::target()?.join("steps").join(kind))
}
