//! Runs the examples in C and C++, and the example with Win32, against a local Polar.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod air_gap;
mod common;
mod gate;
mod lost_key;

use air_gap::goes_and_returns;
use common::{command, compile, words};
use gate::gates;
use lost_key::finds_the_key;
use std::io::{self, Write as _};

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

/// Runs the Win32 example under a program that operates its window. If the compiler cannot build for Windows, only
/// prints that the example was not run.
#[test]
fn win32() {
    if !words("POLAR_LICENSE_C_CC", "gcc")[0].contains("mingw") {
        // `eprintln!` is not used, because the test runner hides its output when a test passes.
        writeln!(io::stderr(), "NOT RUN: the example with Win32, which the step `c-windows` runs").unwrap();
        return;
    }
    compile("examples/win32/main.c");
    let program = compile("tests/c/win32.c");
    gates("examples/win32/main.c", || command(&program));
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

#[test]
fn air_gap_in_c() {
    let program = compile("examples/c/air_gap.c");
    goes_and_returns(|| command(&program));
}

#[test]
fn air_gap_in_cpp() {
    let program = compile("examples/cpp/air_gap.cpp");
    goes_and_returns(|| command(&program));
}
