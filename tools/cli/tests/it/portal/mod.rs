//! Tests the commands of the customer portal. Searches the output and the files of each run for codes, tokens and
//! addresses.

mod bought;
mod codes;
mod devices;
mod lost_key;
#[cfg(unix)]
mod terminal;

use crate::support::{Device, LONG, Run};
use mock_polar::{MockPolar, NewKey};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

const EMAIL: &str = "iona.larkspur@example.com";

/// A running command. The test writes lines to the command's standard input, one at a time.
struct Talk<'a> {
    device: &'a Device<'a>,
    child: Child,
    stdin: ChildStdin,
}

impl<'a> Talk<'a> {
    fn begin(device: &'a Device<'a>, words: &[&str]) -> Self {
        let mut command = device.command(words);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        Self { device, child, stdin }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    fn end(self) -> Run {
        let run = self.end_unchecked();
        run.0.assert_nothing_leaked(&run.1);
        run.1
    }

    /// Waits until the command ends, with its input still open. Does not search the output for secrets.
    fn end_by_itself(mut self) -> (Run, ChildStdin) {
        let status = self.child.wait().unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let run = Run { status: status.code().unwrap(), stdout, stderr, took: Duration::ZERO };
        (run, self.stdin)
    }

    /// Waits until the command ends. Unlike `end`, does not search the output for secrets.
    fn end_unchecked(self) -> (&'a Device<'a>, Run) {
        drop(self.stdin);
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        (self.device, Run { status: output.status.code().unwrap(), stdout, stderr, took: Duration::ZERO })
    }
}

/// A customer who can read the mails in the mailbox.
struct Customer<'a> {
    polar: &'a MockPolar,
}

impl Customer<'_> {
    /// Skips the first `mails` mails, waits for the next one, and returns the code in it.
    fn code(&self, mails: usize) -> String {
        assert!(self.polar.wait_for_mails(mails + 1, LONG), "a mail comes");
        self.polar.mails()[mails].code.clone().unwrap()
    }

    /// Runs the command. Writes the customer's e-mail address and then the code to its standard input.
    fn runs(&self, device: &Device<'_>, words: &[&str]) -> Run {
        let mails = self.polar.mails().len();
        let mut talk = Talk::begin(device, words);
        talk.say(EMAIL);
        talk.say(&self.code(mails));
        talk.end()
    }

    fn bought(&self, key: NewKey) -> String {
        self.polar.add_key(key.email(EMAIL))
    }
}
