//! `include/polar_license.h`: generated from the source, and saying the same as the library that is built.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;

use common::{built, package as folder, repository, run};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn path() -> PathBuf {
    folder().join("include/polar_license.h")
}

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(path()).unwrap();
    let code = header.lines().filter(|line| !line.starts_with([' ', '/', '#']) && !line.starts_with("typedef"));
    let names = code.filter_map(|line| line.split('(').next()?.split([' ', '*']).next_back());
    names.filter(|name| name.starts_with("polar_license_")).map(Into::into).collect()
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

#[test]
fn it_is_plain_text_that_every_compiler_reads() {
    assert!(fs::read_to_string(path()).unwrap().is_ascii());
}

#[test]
fn it_compiles_strictly_as_c_and_cpp() {
    let languages = [("gcc", "c", "c11"), ("gcc", "c++", "c++17"), ("clang", "c", "c11"), ("clang", "c++", "c++17")];
    for (compiler, language, standard) in languages {
        let mut command = Command::new(compiler);
        command.args(["-x", language, &format!("-std={standard}"), "-fsyntax-only"]);
        command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
        run(command.arg(path()));
        if language == "c++" {
            let wrapper = path().with_extension("hpp");
            let mut command = Command::new(compiler);
            command.args(["-x", language, "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
            // a header that is compiled alone is a main file, whose `static` functions nobody uses
            run(command.args(["-Wno-unused", "-fno-exceptions"]).arg(&wrapper));
        }
    }
}

/// The names that a library offers to whom it is linked to.
fn exported(library: &Path) -> BTreeSet<String> {
    let names = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library));
    names.lines().map(Into::into).collect()
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    assert!(declared().len() > 80, "{:?}", declared());
    assert_eq!(exported(&built().join("libpolar_license_c.so")), declared());
}

/// So that no function is forgotten by the tests of wrong arguments and of panics.
#[test]
fn every_function_is_misused_and_made_to_panic() {
    for program in ["misuse", "panics"] {
        let source = fs::read_to_string(repository().join(format!("tests/c/{program}.c"))).unwrap()
            + &fs::read_to_string(repository().join("tests/c/fake_polar.h")).unwrap();
        let words: BTreeSet<&str> = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let forgotten: Vec<String> = declared().into_iter().filter(|name| !words.contains(name.as_str())).collect();
        assert!(forgotten.is_empty(), "{program}.c does not call {forgotten:?}");
    }
}
