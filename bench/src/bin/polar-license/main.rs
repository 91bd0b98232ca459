//! The operations of this project that the benchmark measures. They use the license that the operation `activate` has
//! stored in `FOLDER`.

mod releases;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use polar_license::blocking::{Client, ClientBuilder};
use polar_license::clock::{Clock, SystemClock};
use polar_license::store::{Durability, MemoryStore, Store};
use polar_license::{Config, State};
use polar_license_bench::{KEY, count, folder, operation, repeat, repeat_on_two_threads};
use releases::{FastClock, HalfReachable};

const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";
const PRO: &str = "de300000-0000-4000-8000-0000000000b1";

/// The number of clients that `validate` prepares. It is the same for every number of validates, so two runs differ
/// only in their validates.
const CLIENTS: usize = 20;

fn main() {
    match operation().as_str() {
        "activate" => {
            let client = client(&folder()).open().unwrap();
            assert!(client.activate(KEY).unwrap().allowed());
            // waits here, so that the first validate does not have to wait: a client sends at most two requests in a
            // second
            thread::sleep(Duration::from_secs(1));
        }
        "clocks" => repeat(|| {
            black_box(SystemClock::new().now());
        }),
        "allows" => {
            let client = client(&folder()).open().unwrap();
            repeat(|| allows(&client));
        }
        "allows-on-two-threads" => {
            let client = client(&folder()).open().unwrap();
            repeat_on_two_threads(|| allows(&client));
        }
        "current" => {
            let client = client(&folder()).open().unwrap();
            repeat(|| current(&client));
        }
        "current-on-two-threads" => {
            let client = client(&folder()).open().unwrap();
            repeat_on_two_threads(|| current(&client));
        }
        "open" => repeat(|| current(&client(&folder()).open().unwrap())),
        "validate" => {
            let mut clients = (0..CLIENTS).map(copy_of_license).collect::<Vec<_>>().into_iter();
            repeat(|| assert!(is_confirmed(&clients.next().unwrap())));
        }
        "validate-in-memory" => {
            let record = record();
            let mut clients = (0..CLIENTS).map(|_| in_memory(&record)).collect::<Vec<_>>().into_iter();
            repeat(|| assert!(is_confirmed(&clients.next().unwrap())));
        }
        "validate-together" => assert!(client(&folder()).open().unwrap().validate().allowed()),
        "memory" => {
            let (record, before) = (record(), resident());
            let clients: Vec<Client> = (0..count()).map(|_| in_memory(&record)).collect();
            assert!(clients.iter().all(|client| client.allows("feature-0")));
            println!("{}", resident() - before);
        }
        "releases" => {
            let client = client(&folder()).transport(HalfReachable).clock(FastClock::default());
            releases::leave(&client.open().unwrap(), count());
        }
        unknown => panic!("unknown operation `{unknown}`"),
    }
}

fn allows(client: &Client) {
    assert!(client.allows(black_box("feature-0")));
}

fn current(client: &Client) {
    assert!(client.current().allowed());
}

/// Returns the configuration of an app. The variable `FEATURES` gives the number of its features.
fn config() -> Config {
    let features: usize = std::env::var("FEATURES").map_or(1, |features| features.parse().unwrap());
    let mut config = Config::builder(ORGANIZATION, "com.acme.app");
    for number in 0..features {
        config = config.feature(format!("feature-{number}"), [PRO]);
    }
    if let Ok(url) = std::env::var("URL") {
        config = config.environment(url.as_str());
    }
    config.build().unwrap()
}

fn client(folder: &Path) -> ClientBuilder {
    // Each client has its own clock, so it does not wait for the requests of other clients in this process. Otherwise
    // only two validates a second could be measured.
    Client::builder(config()).directory(folder).clock(SystemClock::new())
}

fn in_memory(record: &[u8]) -> Client {
    let store = MemoryStore::new();
    store.save(record, Durability::Relaxed).unwrap();
    client(&folder()).store(store).open().unwrap()
}

/// Opens a client whose folder has a copy of the license.
fn copy_of_license(number: usize) -> Client {
    let copy = folder().join(format!("copy-{number}"));
    fs::create_dir_all(&copy).unwrap();
    let path = record_path();
    fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    client(&copy).open().unwrap()
}

fn is_confirmed(client: &Client) -> bool {
    let license = client.validate();
    license.state() == State::Active && license.problem().is_none()
}

/// Returns the path of the license's file in `FOLDER`.
fn record_path() -> PathBuf {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "license")).unwrap()
}

fn record() -> Vec<u8> {
    fs::read(record_path()).unwrap()
}

/// Returns how many bytes of memory this process occupies.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
