//! What every front of the local Polar does, seen through its address alone: this crate's server, or a command that is named
//! by the environment variable `MOCK_POLAR_COMMAND`, a script for Node.

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
