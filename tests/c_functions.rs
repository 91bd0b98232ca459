//! Calls the functions of the C library from Rust, for the scenarios in `tests/scenarios`. `cargo xtask test` runs this
//! program under valgrind, with sanitizers, and for other systems under Wine and qemu. For these slower runs,
//! `POLAR_LICENSE_C_STRIDE` can be set to a number n. The test that checks the test runner itself then runs only every
//! nth case.
#![cfg(feature = "blocking")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking"
)]

#[path = "scenarios/app_c.rs"]
mod app;
#[path = "scenarios/expect.rs"]
mod expect;
#[path = "scenarios/format.rs"]
#[expect(dead_code, reason = "only tests/scenarios.rs compares the rules that the scenarios show")]
mod format;
#[path = "c_functions/getters.rs"]
mod getters;
#[path = "c_functions/library.rs"]
#[expect(unsafe_code, reason = "callbacks of C get pointers")]
mod library;
#[path = "scenarios/local_polar.rs"]
mod local_polar;
#[path = "scenarios/polar.rs"]
mod polar;
#[path = "scenarios/world.rs"]
mod world;
#[path = "scenarios/wrong.rs"]
mod wrong;

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::{env, thread};

use format::{Common, File};
use polar_license_c::exported::{POLAR_LICENSE_LOG_DEBUG, polar_license_set_log};
use wrong::wrong_ones;

/// A lock with which the tests run one after the other, because each test looks for objects that were not freed.
static TURN: Mutex<()> = Mutex::new(());

/// The texts that no line of the log may contain. They are in a list, because valgrind reports a hash table in a static
/// as possibly lost.
static SECRETS: OnceLock<Vec<String>> = OnceLock::new();
static LOG_LINES: AtomicUsize = AtomicUsize::new(0);

/// Ends the program if a line of the log contains a key or personal data.
extern "C" fn log_line(_: *mut c_void, _: i32, _: *const c_char, message: *const c_char) {
    LOG_LINES.fetch_add(1, Ordering::Relaxed);
    let message = library::text(message).unwrap();
    for secret in SECRETS.get().unwrap() {
        assert!(!message.contains(secret), "`{secret}` is logged: {message}");
    }
}

fn stride() -> usize {
    env::var("POLAR_LICENSE_C_STRIDE").map_or(1, |stride| stride.parse().unwrap())
}

/// Returns all scenarios, without the steps that no program in C can take. A string in C ends at NUL, so a program in C
/// cannot pass a key that contains NUL.
fn files() -> Vec<(Arc<Common>, File)> {
    let mut files = Common::all_files();
    let has_nul = |step: &format::Step| step.key.as_ref().is_some_and(|key| key.contains('\0'));
    let mut skipped = 0;
    for scenario in files.iter_mut().flat_map(|(_, file)| &mut file.scenarios) {
        let all = scenario.steps.len();
        scenario.steps.retain(|step| !has_nul(step));
        skipped += all - scenario.steps.len();
    }
    assert_eq!(skipped, 1);
    files
}

#[test]
fn every_scenario_goes_as_it_says() {
    let _turn = TURN.lock().unwrap();
    let files = files();
    let secrets = files.iter().flat_map(|(common, _)| common.sold.keys().chain(&common.personal));
    SECRETS.get_or_init(|| secrets.cloned().collect());
    assert_eq!(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, Some(log_line), null_mut(), None), 0);
    let mut failures = Vec::new();
    for (common, file) in &files {
        for scenario in file.scenarios.iter().filter(|scenario| scenario.broken.is_none()) {
            failures.extend(world::run(common, &file.name, scenario));
        }
    }
    assert_eq!(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, None, null_mut(), None), 0);
    assert!(failures.is_empty(), "not as expected:\n{}", failures.join("\n"));
    assert!(LOG_LINES.load(Ordering::Relaxed) > 0);
    library::expect_nothing_left();
}

/// Makes each expectation of each scenario wrong in turn, and checks that the scenario then fails.
#[test]
fn the_runner_notices_everything_that_is_wrong() {
    let _turn = TURN.lock().unwrap();
    let files = files();
    let scenarios = files.iter().flat_map(|(common, file)| file.scenarios.iter().map(move |one| (common, file, one)));
    let sound = scenarios.filter(|(_, _, scenario)| scenario.broken.is_none());
    let wrong = sound
        .flat_map(|(common, file, scenario)| wrong_ones(scenario).into_iter().map(move |wrong| (common, file, wrong)));
    let wrong = Mutex::new(wrong.step_by(stride()));
    let unnoticed = Mutex::new(Vec::new());
    let next = || wrong.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((common, file, (what, scenario))) = next() {
                    if world::run(common, &file.name, &scenario).is_empty() {
                        unnoticed.lock().unwrap().push(format!("{}: `{}`: {what}", file.name, scenario.name));
                    }
                }
            });
        }
    });
    let unnoticed = unnoticed.into_inner().unwrap();
    assert!(unnoticed.is_empty(), "the runner did not notice:\n{}", unnoticed.join("\n"));
    library::expect_nothing_left();
}
