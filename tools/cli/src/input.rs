//! Questions to the user: asked on the terminal, or answered by the lines of standard input. Shows nothing of an answer.

use crate::output;
use polar_license::{Error, ErrorKind};
use std::io::{self, BufRead, IsTerminal, Read};

/// Where answers come from.
#[derive(Clone, Copy)]
pub(crate) struct Input {
    is_terminal: bool,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stdin().is_terminal() }
    }

    /// Whether a person can be asked, and asked again.
    pub(crate) fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Whether what was typed may be shown once more: to the person who typed it, and into no file.
    pub(crate) fn may_be_shown(self) -> bool {
        self.is_terminal && io::stderr().is_terminal()
    }

    /// Whether standard input has ended already, so that nothing can be answered. Does not wait, and reads nothing that is
    /// not there.
    #[cfg(unix)]
    pub(crate) fn has_ended(self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = io::stdin();
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        let is_ready = poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
        !self.is_terminal && is_ready && stdin.lock().fill_buf().is_ok_and(<[u8]>::is_empty)
    }

    /// The same, where the system does not say so without waiting.
    #[cfg(not(unix))]
    pub(crate) fn has_ended(self) -> bool {
        false
    }

    /// Whether the user says yes, if there is a terminal to be asked on.
    pub(crate) fn agrees(self, question: &str) -> bool {
        let answer = || self.line(&format!("{question} [y/N]"), "nothing was answered").ok();
        self.is_terminal && answer().is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// The answer to a question: the next line of standard input.
    ///
    /// # Errors
    /// `invalid_config` with what is missing, if there is none.
    pub(crate) fn line(self, question: &str, missing: &str) -> Result<String, Error> {
        const FAR_MORE_THAN_AN_ANSWER: u64 = 64 * 1024;
        if self.is_terminal {
            output::ask(question);
        }
        let mut line = String::new();
        match io::stdin().lock().take(FAR_MORE_THAN_AN_ANSWER).read_line(&mut line) {
            Ok(read) if read > 0 => Ok(line),
            Ok(_) => Err(Error::new(ErrorKind::InvalidConfig, missing)),
            Err(error) => Err(Error::new(ErrorKind::InvalidConfig, format!("{missing}: {error}"))),
        }
    }

    /// One of these, by its number, if there is a terminal to choose on; `None` if the user wants none of them.
    pub(crate) fn choose<'a, T>(self, question: &str, items: &'a [T], shown: impl Fn(&T) -> String) -> Option<&'a T> {
        if !self.is_terminal || items.is_empty() {
            return None;
        }
        for (number, item) in (1..).zip(items) {
            output::note(&format!("{number:>3}  {}", shown(item)));
        }
        loop {
            let answer = self.line(&format!("{question} Number, or Enter for none:"), "nothing was chosen").ok()?;
            match answer.trim() {
                "" => return None,
                number => match by_number(items, number) {
                    Some(item) => return Some(item),
                    None => output::note(&format!("Enter a number from 1 to {}.", items.len())),
                },
            }
        }
    }
}

/// Counted from 1.
pub(crate) fn by_number<'a, T>(items: &'a [T], number: &str) -> Option<&'a T> {
    items.get(number.parse::<usize>().ok()?.checked_sub(1)?)
}
