//! Runs the built command against a local Polar in this process. Every run goes through [`support::Device::run`], which
//! also searches the run's output and the device's files for license keys and personal data.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test, and so its helpers, fail by panicking")]

mod activation;
mod air_gap;
#[cfg(target_os = "linux")]
mod costs;
mod deactivation;
mod demo;
mod denial;
mod doctor;
mod exit_status;
mod faults;
mod help;
#[cfg(unix)]
mod internet;
mod json;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(target_os = "linux")]
mod namespaces;
mod offline;
mod owner;
mod pace;
mod portal;
mod purchase;
#[cfg(unix)]
mod readme;
mod serve;
#[path = "../../../../tests/support/skipped.rs"]
mod skipped;
mod storage;
#[cfg(target_os = "linux")]
#[path = "../../../../tests/support/strace.rs"]
mod strace;
mod support;
mod usage;
mod validation;
mod variables;
mod verbose;
