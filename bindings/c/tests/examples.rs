//! The examples in C and C++, each run against a local Polar.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;
mod gate;
mod lost_key;

use common::{command, compile};
use gate::gates;
use lost_key::finds_the_key;

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

#[test]
fn portal_in_c() {
    let program = compile("examples/c/find_my_key.c");
    finds_the_key("examples/c/find_my_key.c", || command(&program));
}

#[test]
fn portal_in_cpp() {
    let program = compile("examples/cpp/find_my_key.cpp");
    finds_the_key("examples/cpp/find_my_key.cpp", || command(&program));
}
