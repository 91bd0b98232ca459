//! Runs the local Polar as a process, for tests in a browser. These tests cannot start a process themselves.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{shell, workspace};

/// A running local Polar. Dropping this value ends its process.
pub(crate) struct LocalPolar {
    process: Child,
    url: String,
    /// The process's standard output. It stays open because the process may still write to it.
    _output: BufReader<ChildStdout>,
}

impl LocalPolar {
    /// Builds the command line tool, and starts `polar-license serve` on a free port.
    pub(crate) fn start(sh: &Shell) -> Result<Self> {
        // `--workspace` gives the dependencies the same features as in the step `tests`; with other features, cargo
        // would compile them again
        shell::cargo(sh, "build --locked --workspace --bin polar-license").run()?;
        let program = workspace::target()?.join("debug/polar-license");
        let mut serve = Command::from(cmd!(sh, "{program} serve --port 0 --json"));
        serve.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = serve.spawn().with_context(|| format!("cannot start `{}`", program.display()))?;
        let mut output = BufReader::new(process.stdout.take().context("the local Polar has no output")?);
        let mut line = String::new();
        // if the process ends without writing anything, `line` stays empty; `url_in` then finds no URL, and this
        // function fails
        output.read_line(&mut line)?;
        let polar = Self { process, url: url_in(&line).context("the local Polar did not start")?, _output: output };
        println!("a local Polar is at {}", polar.url);
        Ok(polar)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for LocalPolar {
    fn drop(&mut self) {
        // `kill` fails only if the process has already ended
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn url_in(line: &str) -> Option<String> {
    Some(serde_json::from_str::<Value>(line).ok()?.get("url")?.as_str()?.into())
}
