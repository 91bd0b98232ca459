//! Runs the built command on a device where everything may fail. Each system call in turn returns an error or ends the
//! process. In other tests, the command is killed at a random time. After each run, the tests compare the seats at the
//! local Polar with those that the device knows. They also compare the exit status with the license that the app finds
//! at its next start.
//!
//! `cargo xtask test` tries the calls on which a license depends. `cargo xtask soak` tries all calls.
#![cfg(target_os = "linux")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test, and so its helpers, fail by panicking")]

mod air_gap;
mod device;
mod injected;
mod killed;
#[path = "../../../../tests/support/random.rs"]
mod random;
#[path = "../../../../tests/support/skipped.rs"]
mod skipped;
#[path = "../../../../tests/support/soak.rs"]
mod soak;
#[path = "../../../../tests/support/strace.rs"]
mod strace;
