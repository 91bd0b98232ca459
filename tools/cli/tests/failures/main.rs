//! Runs the built command on a device where everything may fail: every system call in turn returns an error or ends the
//! process, and the command is killed at any time. Then the seats at the local Polar are compared with those that the device
//! knows, and the exit status with what the next start of the app finds.
//!
//! `cargo xtask test` tries the calls that a license depends on; `cargo xtask soak` tries all.
#![cfg(target_os = "linux")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test, and so its helpers, fail by panicking")]

mod device;
mod injected;
mod killed;
#[path = "../../../../tests/support/random.rs"]
mod random;
#[path = "../../../../tests/support/soak.rs"]
mod soak;
#[path = "../../../../tests/support/strace.rs"]
mod strace;
