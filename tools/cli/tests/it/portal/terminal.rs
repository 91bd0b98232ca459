//! Tests the questions on a terminal, and choices by number.

use super::{Customer, EMAIL};
use crate::support::{Device, LONG, Run, start_polar};
use mock_polar::{DEMO_KEY_PLAIN, NewKey};
use nix::pty::openpty;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// A command that runs on a terminal. The test types what a person would type.
struct Terminal {
    child: Child,
    keyboard: File,
    shown: Receiver<String>,
    /// The output since the last answer was typed.
    since: String,
    /// The output before the last answer was typed.
    before: String,
}

impl Terminal {
    /// Starts the command. Its stdout is a pipe instead of the terminal.
    fn open(device: &Device<'_>, words: &[&str]) -> Self {
        Self::with(device, words, |_| Stdio::piped())
    }

    fn with(device: &Device<'_>, words: &[&str], stdout: impl Fn(&OwnedFd) -> Stdio) -> Self {
        let pair = openpty(None, None).unwrap();
        let stdout = stdout(&pair.slave);
        let (stdin, stderr) = (pair.slave.try_clone().unwrap(), pair.slave);
        let mut command = device.command(words);
        let child = command.stdin(stdin).stderr(stderr).stdout(stdout).spawn().unwrap();
        // The thread below reads until the other end of the terminal is closed everywhere. `command` keeps that end
        // open, so it is dropped.
        drop(command);
        let (keyboard, mut screen) = (File::from(pair.master.try_clone().unwrap()), File::from(pair.master));
        let (sender, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            // reading fails once no process has the terminal open
            while let Ok(count) = screen.read(&mut bytes) {
                let _ = sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
            }
        });
        Self { child, keyboard, shown, since: String::new(), before: String::new() }
    }

    /// Waits until `question` is shown, then types `answer`.
    #[track_caller]
    fn answer(&mut self, question: &str, answer: &str) {
        while !self.since.contains(question) {
            let more = self.shown.recv_timeout(LONG);
            assert!(more.is_ok(), "no `{question}` in {}", self.since);
            self.since.push_str(&more.unwrap());
        }
        let (asked, rest) = self.since.split_once(question).unwrap();
        self.before += &format!("{asked}{question}");
        self.since = rest.to_owned();
        writeln!(self.keyboard, "{answer}").unwrap();
    }

    /// Waits until the command ends. Returns what it wrote to the pipe, and everything that was on the screen.
    fn end(self) -> Run {
        let output = self.child.wait_with_output().unwrap();
        let stderr = self.before + &self.since + &self.shown.iter().collect::<String>();
        let (status, stdout) = (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap());
        Run { status, stdout, stderr: stderr.replace("\r\n", "\n"), took: LONG }
    }
}

#[test]
fn the_terminal_asks_for_address_code_key_and_device_again_if_they_are_wrong() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let older = customer.bought(NewKey::new("pro").limit_activations(1));
    polar.advance_clock(Duration::from_secs(60));
    customer.bought(NewKey::new("pro").limit_activations(2));
    let laptop = Device::licensed(&polar, &older);
    let mut terminal = Terminal::open(&device, &["restore", "--device-id", "another device"]);
    terminal.answer("E-mail address of the purchase:", "iona");
    terminal.answer("E-mail address of the purchase:", EMAIL);
    terminal.answer(&format!("If {EMAIL} bought it, a code is on its way to that address."), "AAAAAA");
    terminal.answer("This code is wrong or has expired.", &customer.code(0));
    terminal.answer("Which license key? Number, or Enter for none:", "3");
    terminal.answer("Enter a number from 1 to 2.", "2");
    terminal.answer("Which device is released? Number, or Enter for none:", "1");
    let run = terminal.end();
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.starts_with("active: ") && !run.stdout.contains(EMAIL), "{run:?}");
    assert_eq!(polar.activations(&older).len(), 1);
    assert_ne!(laptop.run(&["validate"]).status, 0, "its seat was released");
}

/// Tests that the example in the book differs from the real output only in the code from the mail.
#[test]
fn the_book_shows_what_a_customer_sees() {
    const BOOK: &str = include_str!("../../../../../docs/src/portal.md");
    let (_, example) = BOOK.split_once("$ polar-license restore\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let typed = |question: &str| example.lines().find_map(|line| line.strip_prefix(question)).unwrap().trim();
    let (email, code) = ("E-mail address of the purchase:", "Code from the mail:");
    let polar = start_polar();
    polar.add_key(NewKey::new("pro").email(typed(email)));
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let mut terminal = Terminal::with(&device, &["restore"], |terminal| Stdio::from(terminal.try_clone().unwrap()));
    terminal.answer(&format!("{email} "), typed(email));
    let mailed = customer.code(0);
    terminal.answer(&format!("{code} "), &mailed);
    let seen = terminal.end();
    assert_eq!(seen.status, 0, "{seen:?}");
    let expected = example.replace(typed(code), &mailed);
    assert!(seen.stderr.starts_with(&expected), "{seen:?}");
}

/// Tests that listing, releasing and activating take only one session, and therefore only one code.
#[test]
fn one_session_costs_one_code() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(1));
    let laptop = Device::licensed(&polar, &key);
    let mut terminal = Terminal::open(&device, &["devices", "--device-id", "another device"]);
    terminal.answer("E-mail address of the purchase:", EMAIL);
    terminal.answer("Code from the mail:", &customer.code(0));
    terminal.answer("Release one of them? Number, or Enter for none:", "1");
    terminal.answer("Activate the license key on this device instead? [y/N]", "y");
    let run = terminal.end();
    assert!(run.status == 0 && run.stdout.starts_with("active: "), "{run:?}");
    assert_eq!((polar.mails().len(), polar.activations(&key).len()), (1, 1));
    assert_ne!(laptop.run(&["validate"]).status, 0, "its seat was released");
}

#[test]
fn the_user_may_choose_none() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(1));
    let laptop = Device::licensed(&polar, &key);
    let mut terminal = Terminal::open(&device, &["release", "--json", "--device-id", "another device"]);
    terminal.answer("E-mail address of the purchase:", EMAIL);
    terminal.answer("Code from the mail:", &customer.code(0));
    terminal.answer("Which device is released? Number, or Enter for none:", "");
    let run = terminal.end();
    assert_eq!((run.status, run.json()["choose"]["option"].as_str()), (5, Some("DEVICE")), "{run:?}");
    assert_eq!(laptop.run(&["validate"]).status, 0);
}

/// A text that people paste may contain line breaks, and the license key is asked for after it. So an empty line ends
/// the text.
#[test]
fn a_text_on_a_terminal_ends_at_an_empty_line() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let permitted = ["--app-secret", "hush", "--air-gap-days", "365"];
    let request = a.run(&[&permitted[..], &["request", "--device-id", "computer A"]].concat()).stdout;
    let mut terminal = Terminal::open(&b, &[&permitted[..], &["answer", "-", "-"]].concat());
    let (first, rest) = request.trim_end().split_at(60);
    terminal.answer("Request, then an empty line:", &format!("\n{first}\n{rest}\n"));
    terminal.answer("License key:", DEMO_KEY_PLAIN);
    let run = terminal.end();
    assert!(run.status == 0 && run.stdout.starts_with("ANSWER1-"), "{run:?}");
}
