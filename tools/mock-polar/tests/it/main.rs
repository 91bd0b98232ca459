//! Tests of the mock over real sockets, in one program: it links once.

mod transcripts;
mod wire;
