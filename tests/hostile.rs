//! A hostile server in Polar's place: gives every answer to every operation on every device. The apps are the blocking
//! client in this process, and other programs. `tests/hostile/table.json` has the expected outcomes.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers fail by panicking")]

#[path = "hostile/mod.rs"]
mod hostile;

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::{env, thread};

use hostile::judge::{App, try_all};
use hostile::program::Program;
use polar_license::blocking::Client;
use polar_license::clock::Clock;
use polar_license::store::{Durability, Store, StoreError};
use polar_license::time::Now;
use polar_license::{ConfigBuilder, Decision, Error, Timestamp};
use serde_json::{Value, json};

/// Environment variables that leave the test without root certificates. No server in this test is trusted, and reading
/// a system's certificates would take ten times as long as the rest of the test.
const ENVIRONMENT: [(&str, &str); 2] = [("SSL_CERT_DIR", "/nonexistent"), ("SSL_CERT_FILE", "/dev/null")];

#[test]
fn every_answer_has_the_outcome_in_the_table() {
    if env::var(ENVIRONMENT[0].0).as_deref() == Ok(ENVIRONMENT[0].1) {
        return try_all("rust", 1, 8, || Blocking);
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(["--exact", thread::current().name().unwrap(), "--nocapture"]).envs(ENVIRONMENT);
    // A proxy would answer requests to addresses that cannot be reached.
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        again.env_remove(name).env_remove(name.to_lowercase());
    }
    assert!(again.status().unwrap().success());
}

/// Each line of `POLAR_LICENSE_HOSTILE_APPS` names a platform of the table and the command that starts its app.
#[test]
#[ignore = "`cargo xtask test js` runs it, with the packed npm package"]
fn other_programs_have_the_same_outcomes() {
    for line in env::var("POLAR_LICENSE_HOSTILE_APPS").unwrap().lines() {
        let mut words = line.split_whitespace();
        let (platform, program) = (words.next().unwrap(), words.next().unwrap());
        let arguments: Vec<_> = words.collect();
        try_all(platform, 1, 8, || Program::start(Command::new(program).args(&arguments)));
    }
}

struct Blocking;

impl App for Blocking {
    fn run(&mut self, case: &Value) -> Value {
        let device = Device::of(case);
        let client = device.open(case);
        let key = case["key"].as_str().unwrap();
        let now = match case["ask"].as_str().unwrap() {
            "validate" => seen(Ok(client.validate())),
            "consume" => seen(client.consume(u32::try_from(case["count"].as_u64().unwrap()).unwrap())),
            "activate" => seen(client.activate(key)),
            "deactivate" => match client.deactivate() {
                Ok(done) => {
                    let mut now = seen(Ok(done.decision));
                    now["deactivated"] = done.deactivated.as_str().into();
                    now
                }
                Err(error) => seen(Err(error)),
            },
            ask => panic!("the app has no operation `{ask}`"),
        };
        drop(client);
        json!({"now": now, "next": seen(Ok(device.open(case).current()))})
    }
}

/// Returns the JSON of a result, and the texts that an app would write to a log.
fn seen(result: Result<Decision, Error>) -> Value {
    let (json, texts) = match result {
        Ok(decision) => (decision.to_json(), vec![]),
        Err(error) => (error.to_json(), vec![error.to_string()]),
    };
    let mut seen: Value = serde_json::from_str(&json).unwrap();
    seen["texts"] = texts.into();
    seen
}

/// The store of a device, and its clock. Loading and saving take time on that clock.
#[derive(Clone)]
struct Device(Arc<Parts>);

struct Parts {
    record: Mutex<Option<Vec<u8>>>,
    wall: Timestamp,
    mono: AtomicU64,
    first_load: AtomicU64,
    first_save: AtomicU64,
    save: u64,
}

impl Device {
    fn of(case: &Value) -> Self {
        let byte = |hex: &str, at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
        let record = case["record"].as_str().map(|hex| (0..hex.len()).step_by(2).map(|at| byte(hex, at)).collect());
        Self(Arc::new(Parts {
            record: Mutex::new(record),
            wall: Timestamp::from_unix_ms(case["wallMs"].as_i64().unwrap()),
            mono: AtomicU64::new(0),
            first_load: AtomicU64::new(0),
            first_save: AtomicU64::new(0),
            save: case["saveMs"].as_u64().unwrap(),
        }))
    }

    fn open(&self, case: &Value) -> Client {
        let config = ConfigBuilder::from_json(&case["settings"].to_string()).unwrap().build().unwrap();
        let client = Client::builder(config).store(self.clone()).clock(self.clone()).open().unwrap();
        self.0.first_load.store(case["firstLoadMs"].as_u64().unwrap(), Ordering::SeqCst);
        self.0.first_save.store(case["firstSaveMs"].as_u64().unwrap(), Ordering::SeqCst);
        client
    }

    fn pass(&self, ms: u64) {
        self.0.mono.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Device {
    fn now(&self) -> Now {
        Now { wall: self.0.wall, mono: self.0.mono.load(Ordering::SeqCst) }
    }
}

impl Store for Device {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.pass(self.0.first_load.swap(0, Ordering::SeqCst));
        Ok(self.0.record.lock().unwrap().clone())
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        self.pass(self.0.first_save.swap(self.0.save, Ordering::SeqCst));
        *self.0.record.lock().unwrap() = Some(record.to_vec());
        Ok(())
    }

    fn remove(&self) -> Result<(), StoreError> {
        *self.0.record.lock().unwrap() = None;
        Ok(())
    }
}
