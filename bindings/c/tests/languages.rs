//! Runs the examples that use the shared library, in other languages and with Qt and GTK, each against a local Polar.
//! Also runs the tests that come with an example. If the runtime of an example is missing, the example is not run, and
//! a message says so. If `POLAR_LICENSE_ALL_LANGUAGES` is set, a missing runtime is a failure.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;
mod gate;

use common::{built, package, repository, run};
use gate::gates;
use mock_polar::MockPolar;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The path of JNA on Debian.
const JNA: &str = "/usr/share/java/jna.jar";

/// Returns `true` if the programs that the language needs are installed, that is, if each of these command lines
/// succeeds.
fn is_installed(language: &str, needs: &[&str]) -> bool {
    let missing = needs.iter().find(|need| {
        let mut words = need.split_whitespace();
        let ran = Command::new(words.next().unwrap()).args(words).output();
        !ran.is_ok_and(|output| output.status.success())
    });
    let Some(missing) = missing else { return true };
    assert!(env::var_os("POLAR_LICENSE_ALL_LANGUAGES").is_none(), "{language}: `{missing}` fails");
    // `eprintln!` is not used, because the test runner hides its output when a test passes.
    writeln!(io::stderr(), "NOT RUN: the example in {language}, because `{missing}` fails").unwrap();
    false
}

/// Returns a folder for this language with the shared library, under the name that it has after installation.
fn folder(language: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages").join(language);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(built().join("libpolar_license_c.so"), folder.join("libpolar_license.so")).unwrap();
    folder
}

/// Returns a command that runs a program with the shared library in `folder`.
fn start(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", folder);
    command
}

fn example(path: &str) -> PathBuf {
    repository().join("examples").join(path)
}

#[test]
fn python() {
    if !is_installed("Python", &["python3 --version"]) {
        return;
    }
    // `python3` may be a wrapper that chooses an interpreter by files in HOME. The example runs with another HOME, so
    // the test runs the interpreter itself.
    let python = run(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
    let library = folder("python").join("libpolar_license.so");
    gates("examples/python/gate.py", || {
        let mut command = Command::new(python.trim());
        command.arg(example("python/gate.py")).env("POLAR_LICENSE_LIBRARY", &library);
        command
    });
}

/// Runs the tests that come with an example. Developers who copy the example can run them too. The tests control the
/// mock server of Polar whose address is in `POLAR`.
fn stories(command: &mut Command) {
    let polar = MockPolar::start().unwrap();
    let home = tempfile::tempdir().unwrap();
    run(command.env("POLAR", polar.url()).env("HOME", home.path()));
    assert!(!polar.requests().is_empty(), "{command:?} tested nothing");
}

#[test]
fn csharp() {
    if !is_installed("C#", &["mcs --version", "mono --version"]) {
        return;
    }
    let folder = folder("csharp");
    let compile = |sources: &[&str], name: &str| {
        let program = folder.join(name);
        let mut compiler = Command::new("mcs");
        compiler.arg("-r:System.Net.Http").arg(format!("-out:{}", program.display()));
        run(compiler.args(sources.iter().map(|source| example("csharp").join(source))));
        program
    };
    let program = compile(&["PolarLicense.cs", "Program.cs"], "Program.exe");
    gates("examples/csharp/Program.cs", || {
        let mut command = start("mono", &folder);
        command.arg(&program);
        command
    });
    stories(start("mono", &folder).arg(compile(&["PolarLicense.cs", "tests/Stories.cs"], "Stories.exe")));
}

#[test]
fn java() {
    if !is_installed("Java", &["javac --version", "java --version", &format!("test -f {JNA}")]) {
        return;
    }
    let folder = folder("java");
    let [main, test] = ["java/src/main/java/com/acme", "java/src/test/java/com/acme"].map(example);
    let mut compiler = Command::new("javac");
    compiler.args(["-cp", JNA, "-d"]).arg(&folder).arg(main.join("License.java"));
    run(compiler.arg(main.join("Main.java")).arg(test.join("Stories.java")));
    let classes = format!("{JNA}:{}", folder.display());
    gates("examples/java/src/main/java/com/acme/Main.java", || {
        let mut command = start("java", &folder);
        command.args(["-cp", &classes, "com.acme.Main"]);
        command
    });
    stories(start("java", &folder).args(["-cp", &classes, "com.acme.Stories"]));
}

#[test]
fn go() {
    if !is_installed("Go", &["go version", "pkg-config --version"]) {
        return;
    }
    let folder = folder("go");
    let (program, include) = (folder.join("acme"), package().join("include"));
    let description = "Name: polar_license\nDescription: for a test\nVersion: 0\n";
    let flags = format!("Cflags: -I{}\nLibs: -L{} -lpolar_license\n", include.display(), folder.display());
    fs::write(folder.join("polar_license.pc"), format!("{description}{flags}")).unwrap();
    let go = || {
        let mut command = start("go", &folder);
        command.env("PKG_CONFIG_PATH", &folder).env("GOCACHE", folder.join("cache")).current_dir(example("go"));
        command
    };
    run(go().args(["build", "-o"]).arg(&program));
    gates("examples/go/main.go", || start(&program.to_string_lossy(), &folder));
    run(go().args(["vet", "./..."]));
    stories(go().args(["test", "-count=1", "./..."]));
}

#[test]
fn lua() {
    if !is_installed("Lua", &["luajit -v", "curl --version"]) {
        return;
    }
    let folder = folder("lua");
    let lua = |program: &str| {
        let mut command = start("luajit", &folder);
        command.arg(example("lua").join(program)).env("LUA_PATH", example("lua").join("?.lua"));
        command
    };
    gates("examples/lua/main.lua", || lua("main.lua"));
    stories(&mut lua("stories.lua"));
}

/// Runs the example only if Node finds koffi, for example in the folder that `NODE_PATH` names.
#[test]
fn node() {
    if !is_installed("Node", &["node --eval require('koffi')"]) {
        return;
    }
    let library = folder("node").join("libpolar_license.so");
    gates("examples/node/gate.js", || {
        let mut command = Command::new("node");
        command.arg(example("node/gate.js")).env("POLAR_LICENSE_LIBRARY", &library);
        command
    });
}

/// Runs the Qt example without a display. A test program presses its buttons and reads its texts.
#[test]
fn qt() {
    if !is_installed("Qt", &["g++ --version", "pkg-config --exists Qt6Widgets"]) {
        return;
    }
    let folder = folder("qt");
    let program = folder.join("qt");
    let flags = run(Command::new("pkg-config").args(["--cflags", "--libs", "Qt6Widgets"]));
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++17", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I"]).arg(package().join("include"));
    compiler.arg("-I").arg(example("qt")).arg(repository().join("tests/c/qt.cpp")).arg("-o").arg(&program);
    run(compiler.arg("-L").arg(&folder).arg("-lpolar_license").args(flags.split_whitespace()));
    gates("examples/qt/main.cpp", || {
        let mut command = start(&program.to_string_lossy(), &folder);
        command.env("QT_QPA_PLATFORM", "offscreen");
        command
    });
}

#[test]
fn gtk() {
    if !is_installed("GTK", &["cc --version", "pkg-config --exists gtk4", "xvfb-run --help"]) {
        return;
    }
    let folder = folder("gtk");
    let program = folder.join("gtk");
    let flags = run(Command::new("pkg-config").args(["--cflags", "--libs", "gtk4"]));
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"]).arg(package().join("include"));
    compiler.args(flags.split_whitespace()).arg("-I").arg(example("gtk"));
    run(Command::new("cc").args(compiler.get_args()).arg("-fsyntax-only").arg(example("gtk/main.c")));
    compiler.arg(example("gtk/window.c")).arg(repository().join("tests/c/gtk.c"));
    compiler.arg("-o").arg(&program).arg("-L").arg(&folder).arg("-lpolar_license");
    run(compiler.args(flags.split_whitespace()));
    gates("examples/gtk/main.c", || {
        let mut command = start("xvfb-run", &folder);
        command.arg("--auto-servernum").arg(&program);
        command
    });
}
