//! Runs the local Polar as a process, for tests in a browser, because these tests cannot start a process themselves.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

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
        // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
        // them again
        shell::cargo(sh, "build --locked --workspace --bin polar-license").run()?;
        let program = workspace::target()?.join("debug/polar-license");
        Self::serve(cmd!(sh, "{program} serve --port 0 --json"))
    }

    /// Starts a server that prints one line of JSON with its `url`.
    pub(crate) fn serve(command: Cmd) -> Result<Self> {
        let shown = command.to_string();
        let mut serve = Command::from(command);
        serve.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = serve.spawn().with_context(|| format!("cannot start `{shown}`"))?;
        let mut output = BufReader::new(process.stdout.take().context("the server has no output")?);
        let mut line = String::new();
        // if the process ends without writing anything, `line` stays empty; `url_in` then finds no URL, and this
        // function fails
        output.read_line(&mut line)?;
        let url = url_in(&line).with_context(|| format!("`{shown}` did not start"))?;
        println!("`{shown}` is at {url}");
        Ok(Self { process, url, _output: output })
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
