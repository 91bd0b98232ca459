//! `include/polar_license.h`: generated from the source, and saying the same as the library that is built.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path() -> PathBuf {
    folder().join("include/polar_license.h")
}

/// With the variable set, it writes the header instead of comparing it.
#[test]
fn the_committed_header_is_the_generated_one() {
    let config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(folder()).with_config(config).generate().unwrap();
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = String::from_utf8(generated).unwrap();
    if env::var_os("POLAR_LICENSE_WRITE_HEADER").is_some() {
        fs::create_dir_all(folder().join("include")).unwrap();
        fs::write(path(), &generated).unwrap();
    }
    let committed = fs::read_to_string(path()).unwrap_or_default();
    assert!(
        committed == generated,
        "the header is not what the source says; run\n\
         POLAR_LICENSE_WRITE_HEADER=1 cargo test --package polar-license-c --test header"
    );
}
