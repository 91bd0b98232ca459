//! Tests of every front of the local Polar, which know only its address. The front is this crate's server, or the script for
//! Node that the environment variable `MOCK_POLAR_COMMAND` names.

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
