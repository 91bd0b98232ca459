//! Tests that use only the address of a local Polar. They run against this crate's server, or against the Node script
//! that the environment variable `MOCK_POLAR_COMMAND` names.

mod browser;
mod clock;
mod faults;
mod polar;
mod portal;
mod portal_limits;
mod quirks;
mod readme;
mod recordings;
mod refusals;
mod requests;
mod transcripts;
mod versions;
