//! Asks the user on the terminal, or reads answers from standard input. Never prints an answer.

use crate::output;
use polar_license::{Error, ErrorKind};
use std::io::{self, BufRead, IsTerminal, Read};

/// Standard input, from which answers are read. It may or may not be a terminal.
#[derive(Clone, Copy)]
pub(crate) struct Input {
    is_terminal: bool,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stdin().is_terminal() }
    }

    /// Returns `true` if standard input is a terminal. Then a person can be asked a question, and can be asked again if
    /// the answer is wrong.
    pub(crate) fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Returns `true` if the program may print the user's answer. An answer may appear only on the terminal where it
    /// was typed, and never in a file.
    pub(crate) fn may_be_shown(self) -> bool {
        self.is_terminal && io::stderr().is_terminal()
    }

    /// Returns `true` if standard input has already ended, in which case no answer can come. Does not wait for input.
    #[cfg(unix)]
    pub(crate) fn has_ended(self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = io::stdin();
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        let is_ready = poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
        !self.is_terminal && is_ready && stdin.lock().fill_buf().is_ok_and(<[u8]>::is_empty)
    }

    /// Returns `false`, because on this system the end of the input cannot be detected without waiting.
    #[cfg(not(unix))]
    pub(crate) fn has_ended(self) -> bool {
        false
    }

    /// Asks for confirmation on the terminal. Returns `false` if there is no terminal.
    pub(crate) fn confirms(self, question: &str) -> bool {
        let answer = || self.line(&format!("{question} [y/N]"), "nothing was answered").ok();
        self.is_terminal && answer().is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// Reads the answer to a question, which is the next line of standard input.
    ///
    /// # Errors
    /// Fails with `invalid_config` if standard input has ended or cannot be read. The text of the error begins with the
    /// text in `missing`.
    pub(crate) fn line(self, question: &str, missing: &str) -> Result<String, Error> {
        const FAR_MORE_THAN_AN_ANSWER: u64 = 64 * 1024;
        if self.is_terminal {
            output::ask(question);
        }
        let mut line = Vec::new();
        match io::stdin().lock().take(FAR_MORE_THAN_AN_ANSWER).read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => decode(line),
            Ok(_) => Err(Error::new(ErrorKind::InvalidConfig, missing)),
            Err(error) => Err(Error::new(ErrorKind::InvalidConfig, format!("{missing}: {error}"))),
        }
    }

    /// Reads a text that may have line breaks. The text is everything on standard input. On a terminal, it ends before
    /// an empty line.
    ///
    /// # Errors
    /// Fails like [`Input::line`], also if there are only spaces and line breaks.
    pub(crate) fn text(self, name: &str, missing: &str) -> Result<String, Error> {
        const FAR_MORE_THAN_A_TEXT: u64 = 1024 * 1024;
        let fault = |error: io::Error| Error::new(ErrorKind::InvalidConfig, format!("{missing}: {error}"));
        let text = if self.is_terminal {
            output::ask(&format!("{name}, then an empty line:"));
            let lines = io::stdin().lock().lines().skip_while(|line| line.as_ref().is_ok_and(|line| is_blank(line)));
            let lines = lines.take_while(|line| !line.as_ref().is_ok_and(|line| is_blank(line)));
            lines.collect::<io::Result<Vec<_>>>().map_err(fault)?.join("\n")
        } else {
            let mut bytes = Vec::new();
            io::stdin().lock().take(FAR_MORE_THAN_A_TEXT).read_to_end(&mut bytes).map_err(fault)?;
            decode(bytes)?
        };
        if is_blank(&text) { Err(Error::new(ErrorKind::InvalidConfig, missing)) } else { Ok(text) }
    }

    /// Asks on the terminal for the number of an item. Returns `None` if the user chooses no item, or if there is no
    /// terminal.
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

/// Returns the item with this number. The first item has the number 1.
pub(crate) fn by_number<'a, T>(items: &'a [T], number: &str) -> Option<&'a T> {
    items.get(number.parse::<usize>().ok()?.checked_sub(1)?)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Decodes UTF-8, or UTF-16 with a byte order mark, in which Windows PowerShell writes files. If only a line was read,
/// the last byte of UTF-16 may be missing. That does not matter, because it is half of the line break.
///
/// # Errors
/// Fails with `invalid_config` if the bytes have another encoding.
fn decode(bytes: Vec<u8>) -> Result<String, Error> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = rest.as_chunks();
        String::from_utf16_lossy(&pairs.iter().copied().map(unit).collect::<Vec<_>>())
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => Ok(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Ok(utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8(bytes).map_err(|_| {
            let message = "standard input is not UTF-8, and not UTF-16 with a byte order mark; save the text as UTF-8";
            Error::new(ErrorKind::InvalidConfig, message)
        }),
    }
}
