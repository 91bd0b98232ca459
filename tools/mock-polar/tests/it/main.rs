//! Tests of the server over real sockets, in one program, which links once. `cfg(test)` tells clippy that helpers
//! here may panic.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod portal_limits;
#[cfg(test)]
mod portal_transcripts;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod transcripts;
#[cfg(test)]
mod wire;
