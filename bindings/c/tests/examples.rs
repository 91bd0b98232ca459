//! The examples in C and C++, each run against a local Polar.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;
mod gate;

use common::{command, compile};
use gate::gates;

#[test]
fn c() {
    let program = compile("examples/c/gate.c");
    gates("examples/c/gate.c", || command(&program));
}

#[test]
fn cpp() {
    let program = compile("examples/cpp/gate.cpp");
    gates("examples/cpp/gate.cpp", || command(&program));
}
