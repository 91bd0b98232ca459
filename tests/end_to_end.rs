//! Tests the blocking client as an app uses it: with files, and over real HTTP to the local Polar.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "end_to_end/command_line.rs"]
mod command_line;
#[path = "end_to_end/faults.rs"]
mod faults;
#[path = "end_to_end/life.rs"]
mod life;
#[path = "end_to_end/migrating.rs"]
mod migrating;
#[path = "end_to_end/skill.rs"]
mod skill;
mod support;
#[path = "end_to_end/threads.rs"]
mod threads;
