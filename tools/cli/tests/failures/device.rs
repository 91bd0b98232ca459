//! A device on which the command runs. It has its own license key, and can compare the key's seats at Polar with the
//! seats in its record.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use mock_polar::{DEMO_ORGANIZATION, MockPolar, NewKey};
use serde_json::Value;
use tempfile::TempDir;

/// A device, and a license key that no other device uses.
pub(crate) struct Device<'a> {
    pub(crate) polar: &'a MockPolar,
    pub(crate) key: String,
    directory: TempDir,
    id: &'static str,
    /// The second computer of an offline exchange. Its record may contain seats of the same key.
    other: Option<Box<Self>>,
}

/// The result of one run of the command.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status, or `None` if the command was killed.
    pub(crate) status: Option<i32>,
    /// The JSON that was printed, or null if the output is not JSON.
    pub(crate) printed: Value,
    pub(crate) errors: String,
}

impl<'a> Device<'a> {
    /// Creates a device without a license.
    pub(crate) fn new(polar: &'a MockPolar, limit_activations: u32) -> Self {
        let key = polar.add_key(NewKey::new("pro").limit_activations(limit_activations).limit_usage(1000));
        let beside = Self::with(polar, key.clone(), "another computer", None);
        Self::with(polar, key, "a device that fails", Some(Box::new(beside)))
    }

    fn with(polar: &'a MockPolar, key: String, id: &'static str, other: Option<Box<Self>>) -> Self {
        Self { polar, key, directory: tempfile::tempdir().unwrap(), id, other }
    }

    /// Returns the second computer of an offline exchange.
    pub(crate) fn other(&self) -> &Self {
        self.other.as_ref().unwrap()
    }

    /// Returns the directory of the device's record.
    pub(crate) fn directory(&self) -> String {
        self.directory.path().to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polar-license"));
        command.args(["--organization", DEMO_ORGANIZATION, "--environment", &self.polar.url()]);
        command.args(["--device-id", self.id, "--timeout", "2s", "--json", "--data-dir"]);
        command.arg(self.directory.path()).args(words).stdin(Stdio::null());
        // no test here uses TLS, and reading the system's root certificates would take hundreds of system calls
        command.envs([("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent"), ("RUST_BACKTRACE", "0")]);
        command.envs([("POLAR_LICENSE_APP_SECRET", "hush"), ("POLAR_LICENSE_AIR_GAP_DAYS", "365")]);
        command
    }

    /// Runs the command without any fault in its system calls.
    pub(crate) fn run(&self, words: &[&str]) -> Run {
        Run::of(&self.command(words).output().unwrap())
    }

    /// Runs a command that must succeed.
    pub(crate) fn succeed(&self, words: &[&str]) -> Run {
        let run = self.run(words);
        assert_eq!(run.status, Some(0), "{words:?}: {run:?}");
        run
    }

    /// Returns two lists of seat ids: all seats that the key has at Polar, and the lost seats. A seat is lost if
    /// neither the record of this device nor the record of the other computer contains the seat's id or its marker.
    /// Polar stores the marker too.
    pub(crate) fn seats(&self) -> (Vec<String>, Vec<String>) {
        let records = self.records().chain(self.other.iter().flat_map(|other| other.records()));
        let record: Vec<u8> = records.flat_map(|path| fs::read(path).unwrap()).collect();
        let has = |bytes: &[u8]| !bytes.is_empty() && record.windows(bytes.len()).any(|window| window == bytes);
        let seats = self.polar.activations(&self.key);
        let is_known = |seat: &&mock_polar::Activation| {
            has(&binary(&seat.id)) || seat.meta["seat"].as_str().is_some_and(|seat| has(seat.as_bytes()))
        };
        let unknown = seats.iter().filter(|seat| !is_known(seat)).map(|seat| seat.id.clone()).collect();
        (seats.iter().map(|seat| seat.id.clone()).collect(), unknown)
    }

    /// Makes locks look old enough to be taken over, because a test would otherwise have to wait ten seconds.
    pub(crate) fn age_locks(&self) {
        for path in self.files().into_iter().filter(|path| path.extension().is_some_and(|end| end != "license")) {
            let file = File::options().write(true).open(path).unwrap();
            let modified = file.metadata().unwrap().modified().unwrap();
            file.set_modified(modified - Duration::from_secs(11)).unwrap();
        }
    }

    fn records(&self) -> impl Iterator<Item = PathBuf> {
        self.files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "license"))
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            status: output.status.code(),
            printed: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn is_allowed(&self) -> bool {
        self.printed["allowed"] == true
    }

    /// Returns the printed text for another computer.
    pub(crate) fn text(&self) -> Option<&str> {
        self.printed["text"].as_str()
    }

    /// Returns the id of the seat in the printed decision.
    pub(crate) fn seat(&self) -> Option<&str> {
        self.printed["activationId"].as_str()
    }

    /// Returns `true` if the output says that Polar may have carried out the request.
    pub(crate) fn reports_doubt(&self) -> bool {
        self.printed["error"]["maybeApplied"] == true
    }
}

/// Converts an id from text to bytes.
fn binary(id: &str) -> Vec<u8> {
    let digits: Vec<u8> = id.bytes().filter_map(|c| u8::try_from(char::from(c).to_digit(16)?).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Runs `work` for all cases, a few at a time, and returns the results.
pub(crate) fn each<T: Send, R: Send>(cases: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    // several cases run at the same time, because many of them spend most of their time waiting
    const AT_A_TIME: usize = 8;
    let cases = Mutex::new(cases.into_iter());
    let results = Mutex::new(Vec::new());
    let next = || cases.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let result = work(case);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}
