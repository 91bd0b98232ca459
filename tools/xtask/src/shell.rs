//! Runs other programs with xshell. Runs them in the repository's top folder, and shows each command first.

use std::env;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;
use xshell::{Cmd, Shell};

use crate::workspace;

/// The time after which an external program counts as hanging. Ten minutes are enough even on a slow, shared machine.
/// With a shorter limit, a step could fail only because the machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Returns a shell that runs programs in the repository's top folder.
pub(crate) fn new() -> Result<Shell> {
    let sh = Shell::new()?;
    sh.change_dir(workspace::root());
    if env::var_os("CI").is_some() {
        // CI builds everything in a fresh clone and only once, so the files for incremental builds would cost time and
        // disk space and never be used
        sh.set_var("CARGO_INCREMENTAL", "0");
    }
    Ok(sh)
}

/// Returns a command that runs the user's cargo. Splits `words` at spaces, and passes the parts as the first arguments.
pub(crate) fn cargo<'a>(sh: &'a Shell, words: &str) -> Cmd<'a> {
    without_own_variables(sh.cmd("cargo")).args(words.split_whitespace())
}

/// Removes the environment variables in which `cargo run` describes the package xtask. In a build without xtask, these
/// variables have other values, so a build script that reads one of them would run again each time.
pub(crate) fn without_own_variables(command: Cmd) -> Cmd {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let own = names.filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
    own.fold(command, |command, name| command.env_remove(name))
}

/// Returns the command's standard output, or `None` if it fails. Its standard error is not shown.
pub(crate) fn probe(command: Cmd) -> Option<String> {
    command.quiet().ignore_stderr().read().ok()
}

/// Runs the command, and kills it if it takes longer than `limit`. Shows its output only if the command fails.
pub(crate) fn quietly(command: Cmd, limit: Duration) -> Result<()> {
    let shown = command.to_string();
    // The output goes to a file instead of a pipe. If the command leaves a background process behind, that process
    // would keep the pipe open, and reading the pipe would never end.
    let mut log = tempfile::tempfile()?;
    let mut command = Command::from(command);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let ended = child.wait_timeout(limit)?;
    if ended.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let result = match ended {
        Some(status) => format!("failed ({status})"),
        None => {
            child.kill()?;
            child.wait()?;
            format!("took longer than {} s", limit.as_secs())
        }
    };
    let mut output = Vec::new();
    log.rewind()?;
    log.read_to_end(&mut output)?;
    bail!("`{shown}` {result}\n{}", String::from_utf8_lossy(&output).trim_end());
}

#[cfg(all(test, unix))]
mod tests {
    use xshell::cmd;

    use super::*;

    #[test]
    fn a_quiet_command_is_ended_if_it_hangs_and_shows_its_output_if_it_fails() {
        let sh = new().unwrap();
        let hung = quietly(cmd!(sh, "sleep 60"), Duration::from_millis(20)).unwrap_err();
        assert!(hung.to_string().contains("took longer"), "{hung}");
        let failed = quietly(cmd!(sh, "sh -c 'echo why; exit 3'"), PATIENCE).unwrap_err();
        assert!(failed.to_string().contains("\nwhy"), "{failed}");
    }

    #[test]
    fn probing_a_command_that_fails_or_is_missing_returns_nothing() {
        let sh = new().unwrap();
        assert_eq!(probe(cmd!(sh, "sh -c 'echo 1.0'")).as_deref(), Some("1.0"));
        assert_eq!(probe(cmd!(sh, "sh -c 'echo 1.0; exit 3'")), None);
        assert_eq!(probe(cmd!(sh, "no-program-has-this-name")), None);
    }
}
