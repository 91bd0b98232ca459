//! Running other programs: shown to the user, read, or kept quiet and bounded in time.
//! Every error names the whole command, so that it can be repeated by hand.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

use crate::workspace;

/// A command that runs in the repository's top folder.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    command
}

/// The cargo that the user called, as if from the user's shell.
pub(crate) fn cargo() -> Command {
    let mut command = command("cargo");
    for (name, _) in env::vars_os() {
        // `cargo run` tells xtask about itself; build scripts that look at these variables would run again
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Makes the command find its Rust toolchain by `PATH` alone.
pub(crate) fn forget_toolchain(command: &mut Command) {
    // how rustup and cargo tell xtask about the toolchain that it was built with
    for name in ["RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH", "RUSTC", "RUSTDOC", "CARGO"] {
        command.env_remove(name);
    }
}

/// `PATH` with these folders before all others.
pub(crate) fn path_with(first: impl IntoIterator<Item = PathBuf>) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(first.into_iter().chain(env::split_paths(&path)))?)
}

/// Prints the command, runs it with its output shown, and wants it to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", show(command));
    let status = command.status().with_context(|| format!("cannot start `{}`", show(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", show(command));
    }
    Ok(())
}

/// Runs the command and returns what it wrote to its standard output; its errors are shown if it fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{}`", show(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({})\n{}", show(command), output.status, errors.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not print text", show(command)))
}

/// Runs the command without showing its output unless it fails, and ends it after `limit`.
pub(crate) fn quietly(command: &mut Command, limit: Duration) -> Result<()> {
    let shown = show(command);
    // a file, not a pipe: what an ended program leaves running could hold a pipe open for ever
    let mut log = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    // rustup's own are of no use to anybody here
    command.env("RUST_BACKTRACE", "0");
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let Some(status) = child.wait_timeout(limit)? else {
        child.kill()?;
        child.wait()?;
        bail!("`{shown}` took longer than {} s\n{}", limit.as_secs(), last_lines(&mut log)?);
    };
    if !status.success() {
        bail!("`{shown}` failed ({status})\n{}", last_lines(&mut log)?);
    }
    Ok(())
}

/// The command as a user would type it into a shell in the repository's top folder.
pub(crate) fn show(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        let (name, Some(value)) = (name.to_string_lossy(), value) else { continue };
        if name == "PATH" {
            let first = env::split_paths(value).next().unwrap_or_default();
            words.push(format!("PATH={}:$PATH", quoted(&first.to_string_lossy())));
        } else {
            words.push(format!("{name}={}", quoted(&value.to_string_lossy())));
        }
    }
    words.push(quoted(&command.get_program().to_string_lossy()));
    words.extend(command.get_args().map(|word| quoted(&word.to_string_lossy())));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=+./:,@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn last_lines(log: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    log.rewind()?;
    log.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> = text.lines().rev().take(20).collect();
    lines.reverse();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let mut command = Command::new("cargo");
        command.args(["doc", "--workspace", "it's"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(show(&command), r"RUSTDOCFLAGS='-D warnings' cargo doc --workspace 'it'\''s'");
    }

    #[test]
    fn of_a_changed_path_only_the_first_folder_is_shown() {
        let mut command = Command::new("cargo");
        command.env("PATH", env::join_paths(["/tools/bin", "/usr/bin"]).unwrap());
        assert_eq!(show(&command), "PATH=/tools/bin:$PATH cargo");
    }

    #[cfg(unix)]
    #[test]
    fn a_quiet_command_that_hangs_is_ended_and_one_that_fails_shows_what_it_wrote() {
        let hung = quietly(Command::new("sleep").arg("60"), Duration::from_millis(20)).unwrap_err();
        assert!(hung.to_string().contains("took longer"), "{hung}");
        let failed = quietly(Command::new("sh").args(["-c", "echo why; exit 3"]), Duration::from_secs(60)).unwrap_err();
        assert!(failed.to_string().contains("\nwhy"), "{failed}");
    }
}
