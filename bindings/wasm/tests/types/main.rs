//! Generates the files that repeat the core's types: for TypeScript, for Python, for the scenario runners, for
//! translators and for the book. Compares them with the committed files. To write the committed files, run
//! `POLAR_LICENSE_WRITE_TYPES=1 cargo test -p polar-license-wasm --test types`.
#![cfg(test)]

mod operations;
mod portal;
mod portal_page;
mod python;
mod python_portal;
mod reasons;
mod typescript;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use polar_license::{ErrorKind, State, schema};
use serde_json::json;

#[test]
fn typescript_has_the_types_of_the_core() {
    is_written("bindings/wasm/ts/src/types.ts", &typescript::types());
    is_written("bindings/wasm/ts/src/portal/types.ts", &portal::types());
    is_written("bindings/wasm/ts/src/portal/methods.ts", &portal::methods());
    is_written("bindings/wasm/ts/src/portal/operations.ts", &portal::operations());
    is_written("bindings/wasm/ts/src/messages.ts", &typescript::messages());
}

#[test]
fn python_has_the_types_of_the_core() {
    is_written("bindings/python/src/polar_license/_types.py", &python::types());
    is_written("bindings/python/src/polar_license/_portal_types.py", &python_portal::types());
    is_written("bindings/python/src/polar_license/_portal_methods.py", &python_portal::methods());
}

#[test]
fn the_scenario_runners_have_the_members_of_the_core() {
    let error = schema::error();
    let members = json!({
        "about": "Written by bindings/wasm/tests/types from the core's types. The members of a decision and of an error; \
                  what is certain in each state, and which kinds of errors have a reason.",
        "decision": members(schema::decision().as_value()),
        "error": members(&error.as_value()["$defs"]["Error"]),
        "states": State::ALL.iter().map(|state| (state.as_str(), certain(*state))).collect::<BTreeMap<_, _>>(),
        "withReason": schema::WITH_REASON.map(ErrorKind::as_str),
    });
    is_written("tests/scenarios/members.json", &format!("{members:#}\n"));
}

/// Returns what the generated types guarantee about every decision in this state.
fn certain(state: State) -> serde_json::Value {
    let reasons: Vec<&str> = state.reasons().iter().map(|reason| reason.as_str()).collect();
    json!({
        "allowed": state.is_allowed(),
        "reasons": reasons,
        "present": schema::present(state),
        "absent": schema::absent(state),
    })
}

#[test]
fn translators_have_the_texts_of_the_core() {
    is_written("texts/en.json", &catalogue(schema::texts()));
    is_written("texts/portal.en.json", &catalogue(schema::portal_texts()));
}

fn catalogue(texts: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let lines: Vec<String> = texts.map(|(code, english)| format!("  {}: {}", json!(code), json!(english))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

#[test]
fn the_book_has_the_codes_and_sentences_of_the_core() {
    is_written("docs/src/reasons.md", &reasons::page());
    is_written("docs/src/portal-operations.md", &portal_page::page());
}

fn members(schema: &serde_json::Value) -> Vec<&String> {
    schema["properties"].as_object().unwrap().keys().collect()
}

/// Panics if a file of the repository differs from the generated text. If `POLAR_LICENSE_WRITE_TYPES` is set, writes
/// the text to the file first.
fn is_written(path: &str, text: &str) {
    let path = repository().join(path);
    if env::var_os("POLAR_LICENSE_WRITE_TYPES").is_some() {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == text, "`{}` is not what the core says; main.rs says how to write it", path.display());
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
