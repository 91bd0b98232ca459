//! Compiles and runs programs in C and C++ that use the library which cargo built for these tests.
//!
//! Environment variables select another compiler, sanitizer, target or checker for a run:
//!
//! | variable | value | default |
//! |---|---|---|
//! | `POLAR_LICENSE_C_CC`, `…_CXX` | the compiler and its flags | `gcc`, `g++` |
//! | `POLAR_LICENSE_C_LIBRARY` | the static library | the one beside these tests |
//! | `POLAR_LICENSE_C_PANICKING` | a static library with the feature `test-panic` | built for the test |
//! | `POLAR_LICENSE_C_LIBS` | the system libraries to link | pthread, dl, m |
//! | `POLAR_LICENSE_C_RUNNER` | the command that runs a program | none: the program runs directly |

#![allow(dead_code, clippy::allow_attributes, reason = "each test uses some of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// The warnings that a careful app developer may have turned on.
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];

/// The sentences that tell the user why the feature is off.
pub const NOT_LICENSED: &str = "No license is active on this device. Enter a license key.";
pub const NOT_INCLUDED: &str = "Your license does not include this feature. Upgrade to use it.";

pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn repository() -> PathBuf {
    package().join("../..").canonicalize().unwrap()
}

/// Returns the folder in which cargo has put the libraries. It is the folder of this test program.
pub fn built() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().to_owned()
}

pub fn words(variable: &str, default: &str) -> Vec<String> {
    let value = env::var(variable).unwrap_or_else(|_| default.to_owned());
    value.split_whitespace().map(Into::into).collect()
}

/// Returns the folder in which these tests write. Each compiler has its own folder, because the tests may run for
/// several systems at the same time.
pub fn folder() -> PathBuf {
    let compiler = PathBuf::from(&words("POLAR_LICENSE_C_CC", "gcc")[0]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(compiler.file_name().unwrap());
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command that must succeed, and returns its standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert_success(command, &output);
    printed(&output)
}

/// Returns the standard output of a program, with the line ends of Windows converted to "\n".
pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n")
}

fn assert_success(command: &Command, output: &Output) {
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{}\n{out}\n{errors}", output.status);
}

/// Compiles `source`, a path relative to the repository's top folder, and links it with the static library. Returns the
/// path of the program.
pub fn compile(source: &str) -> PathBuf {
    let library =
        env::var_os("POLAR_LICENSE_C_LIBRARY").map_or_else(|| built().join("libpolar_license_c.a"), PathBuf::from);
    compile_with(source, &library)
}

pub fn compile_with(source: &str, library: &Path) -> PathBuf {
    let source = repository().join(source);
    let is_cpp = source.extension().is_some_and(|extension| extension == "cpp");
    let compiler = if is_cpp { words("POLAR_LICENSE_C_CXX", "g++") } else { words("POLAR_LICENSE_C_CC", "gcc") };
    let name = source.file_stem().unwrap();
    // Windows runs a program only if its name ends with `.exe`.
    let program = folder().join(if is_cpp { "cpp" } else { "c" }).join(name).with_extension("exe");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let mut command = Command::new(&compiler[0]);
    command.args(&compiler[1..]).args(STRICT).arg(if is_cpp { "-std=c++17" } else { "-std=c11" });
    command.arg("-I").arg(package().join("include")).arg("-I").arg(repository().join("tests/c"));
    command.arg(&source).arg(library).args(words("POLAR_LICENSE_C_LIBS", "-lpthread -ldl -lm"));
    run(command.arg("-o").arg(&program));
    program
}

/// Returns a command that runs the program. The caller can add arguments.
pub fn command(program: &Path) -> Command {
    let mut runner = words("POLAR_LICENSE_C_RUNNER", "");
    runner.push(program.to_string_lossy().into_owned());
    let mut command = Command::new(&runner[0]);
    command.args(&runner[1..]).env("RUST_BACKTRACE", "0");
    command
}
