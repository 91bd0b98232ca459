//! An app in another process, in any language. It reads a case from each line of its input, and writes the result as
//! one line to its output.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::judge::App;

pub(crate) struct Program {
    child: Child,
    cases: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (cases, lines) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, cases, lines }
    }

    /// Writes a case to the app's input, and returns the JSON in the next line of its output.
    pub(crate) fn answer(&mut self, case: &str) -> Value {
        writeln!(self.cases.as_ref().unwrap(), "{case}").unwrap();
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}` after {case}"))
    }
}

impl App for Program {
    fn run(&mut self, case: &Value) -> Value {
        self.answer(&case.to_string())
    }
}

impl Drop for Program {
    /// Closes the app's input, which makes the app end, and checks its exit status. Valgrind and the sanitizers report
    /// errors by that status.
    fn drop(&mut self) {
        drop(self.cases.take());
        let status = self.child.wait();
        assert!(
            std::thread::panicking() || status.as_ref().is_ok_and(|it| it.success()),
            "the app ended with {status:?}"
        );
    }
}
