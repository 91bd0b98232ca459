//! Set-up, test, build.
fn main() {}
