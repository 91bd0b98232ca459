//! A device on which tests run the command, and the output of the runs.

use mock_polar::{DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, RecordedRequest};
use polar_license::clock::{Clock, ManualClock, SystemClock};
use polar_license::{Config, Decision, Timestamp, blocking::Client};
use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_polar-license");

/// A time limit that is reached only if a test fails.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// The app id that the command uses if `--app` is not given.
const APP: &str = "polar-license-cli";
const DEVICE_ID: &str = "the device of the tests";

/// A device with an empty directory of its own.
pub(crate) struct Device<'a> {
    polar: &'a MockPolar,
    directory: TempDir,
}

/// The result of a run of the command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

pub(crate) fn start_polar() -> MockPolar {
    MockPolar::start().unwrap()
}

/// Returns the command. Removes all variables that would change the results from its environment: those of the command
/// itself, and those for proxies and root certificates.
pub(crate) fn command() -> Command {
    let mut command = Command::new(BINARY);
    let ours = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.starts_with("POLAR_LICENSE_") || name.ends_with("_PROXY") || name.starts_with("SSL_CERT_")
    };
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| ours(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs a command, and gives it `input` on its standard input.
pub(crate) fn run(mut command: Command, input: impl AsRef<[u8]>) -> Run {
    let clock = SystemClock::new();
    let start = clock.now().mono;
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = loop {
        match pipes.spawn() {
            // The program may be a copy that the test has just written. If another test started a child process
            // meanwhile, the child keeps the copy open for writing until it executes its own program. Until then, the
            // copy cannot be run.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::yield_now(),
            spawned => break spawned.unwrap(),
        }
    };
    // an error is ignored, because a command that does not read its input may have ended already
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    let output = child.wait_with_output().unwrap();
    let took = Duration::from_millis(clock.now().mono - start);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr), took }
}

impl<'a> Device<'a> {
    pub(crate) fn new(polar: &'a MockPolar) -> Self {
        Self { polar, directory: tempfile::tempdir().unwrap() }
    }

    /// Creates a device on which the command has activated this key.
    pub(crate) fn licensed(polar: &'a MockPolar, key: &str) -> Self {
        let device = Self::new(polar);
        let run = device.run(&["activate", key]);
        assert_eq!(run.status, 0, "{run:?}");
        polar.clear_requests();
        device
    }

    /// Creates a device on which this key was activated `days` days ago, and which has been offline since. A negative
    /// number means that the device's clock was set back by that many days after the activation.
    pub(crate) fn licensed_days_ago(polar: &'a MockPolar, key: &str, days: i64) -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let device = Self::new(polar);
        let wall = Timestamp::from_unix_ms(SystemClock::new().now().wall.unix_ms() - days * DAY_MS);
        polar.set_clock(mock_polar::Timestamp::from_unix_micros(wall.unix_ms() * 1000));
        device.client_at(wall).activate(key).unwrap();
        polar.skew_clock(0);
        polar.clear_requests();
        device
    }

    /// Returns the decision that the same app on the same device would make once `time` has passed.
    pub(crate) fn decision_after(&self, time: Duration) -> Decision {
        self.client_at(SystemClock::new().now().wall.plus(time)).current()
    }

    /// Opens the same app on the same device, with a clock that shows `wall`.
    fn client_at(&self, wall: Timestamp) -> Client {
        let config = Config::builder(DEMO_ORGANIZATION, APP).environment(self.polar.url()).device_id(DEVICE_ID);
        let client = Client::builder(config.build().unwrap()).directory(self.directory.path());
        client.clock(ManualClock::new(wall)).open().unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_with_input(args, "")
    }

    /// Runs the command, and gives it `input` on its standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        let run = run(self.command(args), input);
        self.assert_nothing_leaked(&run);
        run
    }

    /// Returns the command, configured for this device and the local Polar.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = command();
        command.args(["--organization", DEMO_ORGANIZATION, "--environment", &self.polar.url()]);
        command.args(["--feature", &format!("export={DEMO_BENEFIT_PRO}")]);
        command.args(["--feature", &format!("sync={DEMO_BENEFIT_BASIC}"), "--device-id", DEVICE_ID, "--data-dir"]);
        command.arg(self.directory.path()).args(args);
        command
    }

    /// Runs the command with `--json`. Returns its exit status and the object that it prints.
    pub(crate) fn json(&self, args: &[&str]) -> (i32, Value) {
        let run = self.run(&[args, &["--json"]].concat());
        (run.status, run.json())
    }

    /// Returns the directory of the license.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the path of the sealed record, if it exists.
    pub(crate) fn record(&self) -> Option<PathBuf> {
        let mut files = fs::read_dir(self.directory.path()).unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "license"))
    }

    /// Returns `true` if a license or seats are stored. Without them, a record contains only the times of recent
    /// requests, and has at most 120 bytes.
    pub(crate) fn has_license(&self) -> bool {
        self.record().is_some_and(|path| fs::metadata(path).unwrap().len() > 120)
    }

    /// Changes the last byte of the record, as if a user had edited it.
    pub(crate) fn tamper(&self) {
        let path = self.record().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn assert_nothing_leaked(&self, run: &Run) {
        let keys: Vec<String> = self.polar.keys().into_iter().map(|key| key.key).collect();
        let people = [self.polar.personal_data(), self.secrets_of_customers()].concat();
        for secret in keys.iter().chain(&people) {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "`{secret}` was printed: {run:?}");
        }
        for file in fs::read_dir(self.directory.path()).unwrap() {
            let path = file.unwrap().path();
            // reading may fail, because a command that is still running may rename the file at this instant
            let sealed = path.extension().is_some_and(|extension| extension == "license" || extension == "tmp");
            let Ok(bytes) = fs::read(&path) else { continue };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let kept: &[String] = if sealed { &[] } else { &keys };
            for secret in kept.iter().chain(&people) {
                assert!(!text.contains(secret), "`{secret}` is in {path:?}");
            }
        }
    }
}

impl Device<'_> {
    /// Returns everything secret in the mails and requests: addresses, codes, tokens, and the secrets of checkouts.
    fn secrets_of_customers(&self) -> Vec<String> {
        let mails = self.polar.mails().into_iter().flat_map(|mail| [Some(mail.to), mail.code, mail.invitation_token]);
        let requests = self.polar.requests();
        let of_request = |request: &RecordedRequest| {
            let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            let checkout = request.path.strip_prefix("/v1/checkouts/client/");
            [token.map(str::to_owned), checkout.map(str::to_owned)]
        };
        mails.chain(requests.iter().flat_map(of_request)).flatten().collect()
    }
}

impl Run {
    /// Returns the object that was printed.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Returns how many requests were sent to the endpoint.
pub(crate) fn requests_to(polar: &MockPolar, endpoint: &str) -> usize {
    let to = |request: &RecordedRequest| request.path.ends_with(&format!("/{endpoint}"));
    polar.requests().iter().filter(|request| to(request)).count()
}

/// Runs `test` for all cases, a few at a time.
pub(crate) fn for_each<T: Send>(cases: Vec<T>, test: impl Fn(T) + Sync) {
    const AT_A_TIME: usize = 6;
    let cases = Mutex::new(cases.into_iter());
    let next = || cases.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| std::iter::from_fn(next).for_each(&test));
        }
    });
}
