//! Tests that know only the address of a local Polar, and so run against every front. The front is this crate's server,
//! or the Node script that the environment variable `MOCK_POLAR_COMMAND` names.

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
