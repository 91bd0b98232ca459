//! The `polar-license` command.
fn main() {}
