//! The parts that all measured programs share.
//!
//! `cargo xtask bench` starts a program as `PROGRAM OPERATION COUNT`. The environment variable `URL` contains the
//! address of a server, and `FOLDER` the path of a folder for this program. The program prepares the operation,
//! performs it COUNT times, and prints how many nanoseconds this took in total. If an operation does not have the
//! expected result, the program panics.
//!
//! To count the instructions or system calls of one operation, `cargo xtask bench` runs the program with two different
//! counts. It divides the difference in cost by the difference in count. So the cost of the preparation is not
//! included.

use std::env;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// The license key that every server of the benchmark knows.
pub const KEY: &str = "DEMO-TWO-DEVICES";

/// Performs the operation as often as the program's second argument says, and prints how many nanoseconds this took.
pub fn repeat(operation: impl FnMut()) {
    println!("{}", nanoseconds(operation));
}

/// Performs the operation on two threads at the same time, as often on each as [`repeat`] does. Prints how many
/// nanoseconds the slower thread took.
pub fn repeat_on_two_threads(operation: impl Fn() + Sync) {
    let start = Barrier::new(2);
    let measured = || {
        start.wait();
        nanoseconds(&operation)
    };
    let slower = thread::scope(|scope| {
        let other = scope.spawn(measured);
        measured().max(other.join().expect("the operation failed on the other thread"))
    });
    println!("{slower}");
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time, and nothing else depends on it")]
fn nanoseconds(mut operation: impl FnMut()) -> u128 {
    let start = Instant::now();
    for _ in 0..count() {
        operation();
    }
    start.elapsed().as_nanos()
}

/// Returns the name of the operation that the program was started for.
pub fn operation() -> String {
    env::args().nth(1).expect("an operation is missing")
}

/// Returns how often the operation is to be performed.
pub fn count() -> usize {
    env::args().nth(2).expect("a count is missing").parse().expect("the count is not a number")
}

/// Returns the address of the server.
pub fn url() -> String {
    env::var("URL").expect("URL is not set")
}

/// Returns the folder in which the program may keep files.
pub fn folder() -> PathBuf {
    env::var_os("FOLDER").expect("FOLDER is not set").into()
}
