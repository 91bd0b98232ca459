//! Finds the commands in the shell blocks of a README, and runs them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use super::blocks::Block;
use crate::shell;

/// The command that runs the tests of the READMEs. Some READMEs name this command for contributors, and the tests skip
/// it.
pub(super) const TEST_COMMAND: &str = "cargo xtask test";

/// The first command that an app developer types. The test adds this repository's crate instead of the published one,
/// because a new version is not on crates.io until it is released.
const ADD_COMMAND: &str = "cargo add polar-license";

/// Runs the block's commands in one shell. Checks that the output contains the lines that the block shows, and that the
/// commands have left no new files in the folder.
pub(super) fn run(sh: &Shell, block: &Block) -> Result<()> {
    let before = names(sh)?;
    run_commands(sh, block)?;
    let left: Vec<_> = names(sh)?.difference(&before).cloned().collect();
    if !left.is_empty() {
        bail!("the block left {} in the repository; write to a temporary folder", left.join(", "));
    }
    Ok(())
}

/// Returns the names in the current folder, except the folders into which builds and npm write.
fn names(sh: &Shell) -> Result<BTreeSet<String>> {
    let paths = sh.read_dir(sh.current_dir())?.into_iter();
    let names = paths.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Ok(names.filter(|name| !["target", "node_modules"].contains(&name.as_str())).collect())
}

fn run_commands(sh: &Shell, block: &Block) -> Result<()> {
    let reader = tempfile::tempdir()?;
    fs::write(reader.path().join("Cargo.toml"), "[package]\nname = \"reader\"\nedition = \"2024\"\n\n[workspace]\n")?;
    fs::create_dir(reader.path().join("src"))?;
    fs::write(reader.path().join("src/lib.rs"), "")?;

    // `-x` shows each command before it runs; the trap ends processes that the block has left in the background
    let mut script =
        String::from("exec 2>&1; PS4='$ '\ntrap '{ set +x; kill $(jobs -p) || true; } 2>/dev/null' EXIT\nset -ex\n");
    for line in commands(block) {
        let command = line.trim();
        if command.starts_with(TEST_COMMAND) {
            println!("skipped, because it is running: {command}");
        } else if command.contains(TEST_COMMAND) {
            bail!("`{TEST_COMMAND}` cannot be skipped inside `{command}`; give it a line of its own");
        } else if let Some(arguments) = command.strip_prefix(ADD_COMMAND) {
            let crate_here = "cargo add --offline polar-license --path \"$OLDPWD\"";
            script.push_str(&format!("(cd \"$READER\"; {crate_here}{arguments})\n"));
        } else {
            script.push_str(&format!("{line}\n"));
        }
    }

    let bash = shell::without_own_variables(cmd!(sh, "bash -c {script}"));
    let mut bash = Command::from(bash.env("READER", reader.path()));
    bash.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = bash.spawn().context("a README's `sh` blocks need bash")?;
    let mut output = Vec::new();
    for line in BufReader::new(child.stdout.take().context("bash has no output")?).lines() {
        let line = line?;
        println!("  {line}");
        output.push(line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the last command shown failed ({status})");
    }
    match missing(shown_output(block), &output) {
        Some(line) => bail!("the block shows this line, which is not in the output at that place: {line}"),
        None => Ok(()),
    }
}

/// Returns the commands of a block: every line of a `sh` block, or the text after `$ ` in the lines of a `console`
/// block. Blocks in other languages contain no commands.
pub(super) fn commands(block: &Block) -> Vec<String> {
    match block.language() {
        "sh" => block.text.lines().map(Into::into).collect(),
        "console" => block.text.lines().filter_map(|line| line.strip_prefix("$ ")).map(Into::into).collect(),
        _ => Vec::new(),
    }
}

/// Returns the lines of a `console` block that are not commands.
fn shown_output(block: &Block) -> impl Iterator<Item = &str> {
    let console = block.language() == "console";
    block.text.lines().filter(move |line| console && !line.starts_with("$ "))
}

/// Returns the first line of `shown` that is missing from the output, or `None` if none is missing. The lines must
/// appear in the same order, but the output may have other lines between them.
fn missing<'a>(shown: impl Iterator<Item = &'a str>, output: &[String]) -> Option<&'a str> {
    let mut rest = output.iter().map(|line| line.trim());
    shown
        .filter(|line| !["", "...", "…"].contains(&line.trim()))
        .find(|line| !rest.any(|printed| printed == line.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;
    use crate::workspace;

    fn run(block: &Block) -> Result<()> {
        super::run(&shell::new().unwrap(), block)
    }

    fn block(language: &str, text: &str) -> Block {
        blocks(&format!("```{language}\n{text}\n```\n")).remove(0)
    }

    #[test]
    fn only_prompted_lines_of_a_console_block_are_commands() {
        let console = block("console", "$ one\nits output\n$ two");
        assert_eq!(commands(&console), ["one", "two"]);
        assert_eq!(shown_output(&console).collect::<Vec<_>>(), ["its output"]);
        let sh = block("sh", "one\ntwo");
        assert_eq!(commands(&sh), ["one", "two"]);
        assert_eq!(shown_output(&sh).count(), 0);
        assert!(commands(&block("rust", "$ one")).is_empty());
    }

    #[test]
    fn a_shell_block_runs_in_the_repository_and_fails_at_the_first_failing_line() {
        run(&block("sh", "place=tools/xtask\ntest -f \"$place/Cargo.toml\"  # one shell for all lines")).unwrap();
        assert!(run(&block("sh", "false\ntrue")).unwrap_err().to_string().contains("failed"));
    }

    #[test]
    fn a_console_block_shows_the_real_output_in_order() {
        run(&block("console", "$ printf 'a\\nb\\nc\\n'\na\n...\nc")).unwrap();
        let wrong = run(&block("console", "$ printf 'a\\nb\\n'\nb\na")).unwrap_err();
        assert!(wrong.to_string().ends_with(": a"), "{wrong}");
    }

    #[test]
    fn adding_the_crate_does_not_change_the_repository() {
        let before = workspace::text("Cargo.toml").unwrap();
        run(&block("sh", "cargo add polar-license --no-default-features")).unwrap();
        assert!(run(&block("sh", "cargo add polar-license --features nonsense")).is_err());
        assert_eq!(workspace::text("Cargo.toml").unwrap(), before);
    }

    #[test]
    fn the_test_command_is_not_started_again() {
        run(&block("sh", "cargo xtask test\ncargo xtask test docs")).unwrap();
        assert!(run(&block("sh", "true && cargo xtask test")).is_err());
    }

    #[test]
    fn a_block_that_leaves_a_file_in_the_repository_fails() {
        let sh = shell::new().unwrap();
        let here = sh.create_temp_dir().unwrap();
        sh.change_dir(here.path());
        let left = super::run(&sh, &block("sh", "true > request.txt")).unwrap_err().to_string();
        assert!(left.contains("request.txt"), "{left}");
        super::run(&sh, &block("sh", "true > request.txt; mkdir target; true > \"$READER/answer.txt\"")).unwrap();
    }

    #[test]
    fn background_processes_of_a_block_end_with_it() {
        run(&block("sh", "sleep 60 &")).unwrap();
    }
}
