//! Tests of the headers: they are generated from the source and the core's tables, they are complete, and they match
//! the built library.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod codes;
mod common;
mod cpp_portal;
mod getters;
mod members;
mod settings;

use common::{built, package as folder, repository, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn path() -> PathBuf {
    folder().join("include/polar_license.h")
}

/// Returns the names of the functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(path()).unwrap();
    let code = header.lines().filter(|line| !line.starts_with([' ', '/', '#']) && !line.starts_with("typedef"));
    let names = code.filter_map(|line| line.split('(').next()?.split([' ', '*']).next_back());
    names.filter(|name| name.starts_with("polar_license_")).map(Into::into).collect()
}

/// Checks that a committed file has the generated text. If `POLAR_LICENSE_WRITE_HEADER` is set, writes the generated
/// text to the file instead.
fn is_generated(path: &Path, generated: &str) {
    if env::var_os("POLAR_LICENSE_WRITE_HEADER").is_some() {
        fs::write(path, generated).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == generated,
        "{} is not what the source says; run\n\
         POLAR_LICENSE_WRITE_HEADER=1 cargo test --package polar-license-c --test header",
        path.display()
    );
}

/// The files are checked one after the other in a single test, because some are generated from others.
#[test]
fn the_committed_files_are_the_generated_ones() {
    is_generated(&folder().join("src/options/settings.rs"), &settings::source());
    is_generated(&repository().join("tests/c/settings.h"), &settings::calls());
    is_generated(&repository().join("fuzz/src/setters.rs"), &settings::fuzzed());
    let mut config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).unwrap();
    config.after_includes = Some(codes::constants());
    let bindings = cbindgen::Builder::new().with_crate(folder()).with_config(config).generate().unwrap();
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let header = String::from_utf8(generated).unwrap();
    is_generated(&path(), &header);

    let cpp = path().with_extension("hpp");
    let text = fs::read_to_string(&cpp).unwrap();
    let text = between(&text, codes::BEGIN, codes::END, &codes::enums());
    let text = between(&text, getters::BEGIN, getters::END, &getters::methods(&header));
    is_generated(&cpp, &between(&text, settings::BEGIN, settings::END, &settings::methods()));

    is_generated(&repository().join("tests/c/getters.h"), &getters::calls(&header));
    let compared = repository().join("tests/c_functions/getters.rs");
    let text = fs::read_to_string(&compared).unwrap();
    is_generated(&compared, &between(&text, getters::BEGIN_OF_TABLE, getters::END_OF_TABLE, &getters::table(&header)));
}

/// Returns the header with `text` in place of the lines between the two marks.
fn between(header: &str, begin: &str, end: &str, text: &str) -> String {
    let (before, rest) = header.split_once(begin).unwrap_or_else(|| panic!("the header has no line {begin}"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("the header has no line {end}"));
    format!("{before}{begin}{text}{end}{after}")
}

#[test]
fn the_cpp_header_of_the_portal_is_the_generated_one() {
    is_generated(&path().with_file_name("polar_license_portal.hpp"), &cpp_portal::header());
}

#[test]
fn it_is_plain_text_that_every_compiler_reads() {
    assert!(fs::read_to_string(path()).unwrap().is_ascii());
}

/// The warnings that an app may have turned on.
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];

#[test]
fn it_compiles_strictly_as_c_and_cpp() {
    let languages = [("gcc", "c", "c11"), ("gcc", "c++", "c++17"), ("clang", "c", "c11"), ("clang", "c++", "c++17")];
    for (compiler, language, standard) in languages {
        let mut command = Command::new(compiler);
        command.args(["-x", language, &format!("-std={standard}"), "-fsyntax-only"]);
        command.args(STRICT);
        run(command.arg(path()));
        if language == "c++" {
            for wrapper in ["polar_license.hpp", "polar_license_portal.hpp"] {
                let mut command = Command::new(compiler);
                command.args(["-x", language, "-std=c++17", "-fsyntax-only"]).args(STRICT);
                // Compiled alone, the header counts as a main file, in which the compiler warns about unused `static`
                // functions.
                run(command.args(["-Wno-unused", "-fno-exceptions"]).arg(path().with_file_name(wrapper)));
            }
        }
    }
}

/// Returns the names of the symbols that a library exports.
fn exported(library: &Path) -> BTreeSet<String> {
    let names = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library));
    names.lines().map(Into::into).collect()
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    assert!(declared().len() > 80, "{:?}", declared());
    assert_eq!(exported(&built().join("libpolar_license_c.so")), declared());
}

/// Returns the body of the class `name` in the C++ header.
fn class(name: &str) -> String {
    let header = fs::read_to_string(path().with_extension("hpp")).unwrap();
    let (_, class) = header.split_once(&format!("\nclass {name} ")).unwrap();
    class.split_once("\n};").unwrap().0.to_owned()
}

/// Returns the name of a member in C: `problem.retryAfterMs` becomes `problem_retry_after_ms`. The name of a time gets
/// the suffix `_ms`.
fn snake_case(member: &str) -> String {
    let mut name = String::new();
    for letter in member.chars() {
        match letter {
            '.' => name.push('_'),
            letter if letter.is_ascii_uppercase() => name.extend(['_', letter.to_ascii_lowercase()]),
            letter => name.push(letter),
        }
    }
    if name.ends_with("_at") || name.ends_with("current_period_end") { name + "_ms" } else { name }
}

/// Removes the unit from a name, because C++ has types for the units.
fn without_unit(name: &str) -> &str {
    name.strip_suffix("_ms").unwrap_or(name)
}

#[test]
fn every_member_of_a_decision_and_of_an_error_has_its_function() {
    let declared = declared();
    let has = |function: String, class: &str, accessor: &str| {
        assert!(declared.contains(&function), "{function}() is missing in C");
        assert!(class.contains(&format!(" {accessor}(")), "{accessor}() is missing in C++");
    };
    let view = class("decision_view");
    for member in members::decision() {
        let name = if member == "features" { String::from("allows") } else { snake_case(&member) };
        has(format!("polar_license_decision_{name}"), &view, without_unit(&name));
    }
    let (failure, error) = (class("failure"), class("error"));
    for member in members::error() {
        let name = snake_case(&member);
        has(format!("polar_license_error_{name}"), &failure, without_unit(&name));
        has(format!("polar_license_error_{name}"), &error, without_unit(&name));
    }
}

/// Checks that the C++ header calls each function of the portal. Exempts functions such as
/// polar_license_portal_restore(), which only write a JSON request: the C++ header writes its requests itself.
#[test]
fn the_cpp_header_has_all_of_the_portal() {
    let header = fs::read_to_string(path().with_file_name("polar_license_portal.hpp")).unwrap();
    let words: BTreeSet<&str> = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let is_of_portal = |name: &String| {
        let things = ["polar_license_portal_call", "polar_license_reply_", "polar_license_success_page_"];
        things.iter().any(|thing| name.starts_with(thing))
    };
    let (of_portal, forgotten): (Vec<String>, Vec<String>) =
        declared().into_iter().filter(is_of_portal).partition(|name| words.contains(name.as_str()));
    assert!(of_portal.len() > 10 && forgotten.is_empty(), "{forgotten:?}");
}

/// Checks that comments name only functions and constants that exist.
#[test]
fn comments_name_what_exists() {
    let header = fs::read_to_string(path()).unwrap();
    let declared = declared();
    let words = header.split(|c: char| !c.is_ascii_alphanumeric() && !['_', '('].contains(&c));
    for function in words.filter_map(|word| word.split_once("(").map(|(name, _)| name)) {
        if function.starts_with("polar_license_") {
            assert!(declared.contains(function), "{function}()");
        }
    }
    let constants = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for constant in constants.filter(|word| word.starts_with("POLAR_LICENSE_") && !word.ends_with('_')) {
        assert!(header.contains(&format!("#define {constant} ")) || constant.ends_with("_H"), "{constant}");
    }
}

/// Checks that each function passes its own name to its guard. The test `panics` depends on this name. That test sets
/// an environment variable to the name of a function, and the guard of that function then panics.
#[test]
fn every_function_is_guarded_by_its_own_name() {
    let folders = ["src", "src/options", "src/portal"].map(|name| fs::read_dir(folder().join(name)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let sources = files.map(|file| fs::read_to_string(file).unwrap());
    let bodies: BTreeMap<String, String> = sources
        .flat_map(|source| {
            let functions = source.split("pub extern \"C\" fn ").skip(1).map(str::to_owned).collect::<Vec<_>>();
            functions.into_iter().map(|text| (text.split_once('(').unwrap().0.to_owned(), text))
        })
        .collect();
    let exported: BTreeSet<String> = bodies.keys().cloned().collect();
    assert_eq!(exported, declared());
    for (name, body) in bodies {
        let first = body.split_once("{\n").unwrap().1.split('"').nth(1);
        assert_eq!(first, Some(name.as_str()), "the first string in {name}()");
    }
}

/// Checks that the test programs for wrong arguments and for panics call every function.
#[test]
fn every_function_is_misused_and_made_to_panic() {
    for program in ["misuse", "panics"] {
        let files = [&format!("{program}.c"), "fake_polar.h", "getters.h", "settings.h"];
        let source = files.map(|name| fs::read_to_string(repository().join("tests/c").join(name)).unwrap()).join("\n");
        let words: BTreeSet<&str> = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let forgotten: Vec<String> = declared().into_iter().filter(|name| !words.contains(name.as_str())).collect();
        assert!(forgotten.is_empty(), "{program}.c does not call {forgotten:?}");
    }
}
