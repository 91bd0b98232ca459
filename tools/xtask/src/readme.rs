//! Checks that the code blocks of a README work.
//!
//! | block | check |
//! |---|---|
//! | `rust` | is a documentation test of the crate, and is not ignored |
//! | `rs` | is part of a file in `BUILT` |
//! | `sh` | runs as one script, in the repository's top folder |
//! | `console` | the commands run, and their output contains the other lines |
//! | `toml` | is valid, and its dependencies on this workspace exist |
//! | `json` | is valid |
//! | `c`, `cpp` | is part of a file in `examples` |
//! | `python` | is also in `bindings/python/PYPI.md` or `SKILL.md` |
//! | `ts` | is on a page that a test of the `npm` step compiles |
//! | `tsx` | is part of `examples/react` |
//! | `text` | none |
//!
//! Other steps build and run the files in `BUILT` and in `examples`, and the Python blocks.
//!
//! - `sh`: the script ends at the first line that fails. `console`: a command is a line that begins with `$ `. The
//!   other lines must appear in this order; `...` stands for any lines.
//! - `toml`: a dependency on a package of this workspace must allow the package's version, and the package must have
//!   the named features.
//! - `c`: the first block of `docs/src/guides/c.md` need not be part of an example. The test `book` compiles and runs
//!   this block.
//! - `ts`: a block about Tauri must be part of `examples/tauri` instead. The blocks of `SKILL.md` are also run.
//!
//! Two commands are treated specially. `cargo xtask test` is skipped, because it would start itself. `cargo add
//! polar-license` runs in an empty crate and adds the crate of this repository. No block changes a file of the
//! repository.

mod blocks;
mod script;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use blocks::{Block, blocks};
use xshell::Shell;

use crate::{shell, workspace};

/// The Rust files that a README may quote. Other steps build and run these files.
const BUILT: [&str; 10] = [
    "examples/quickstart.rs",
    "tests/end_to_end/command_line.rs",
    "tests/end_to_end/migrating.rs",
    "tests/end_to_end/skill.rs",
    "tests/tokio/service.rs",
    "tests/fetch/book.rs",
    "tests/tokio/book.rs",
    "tests/portal/book.rs",
    "examples/tauri/src-tauri/src/main.rs",
    "examples/tauri/src-tauri/src/bin/air-gapped.rs",
];

const README: &str = "README.md";

/// The guide for coding agents. Every package contains it.
const SKILL: &str = "SKILL.md";

/// A page of the book. A test compiles and runs its first C block, so this block need not be part of an example.
const C_PAGE: &str = "docs/src/guides/c.md";

/// The scripts of the example app for Tauri. A `ts` block about Tauri must be part of one of them. The step `tauri`
/// builds the app and tests it in its window.
const TAURI_PAGE: [&str; 2] = ["examples/tauri/src/main.ts", "examples/tauri/src/portal.ts"];

/// A test of the step `npm`. It contains a list of pages, and compiles the TypeScript blocks of these pages.
const TYPES_TEST: &str = "tests/js/package/types.test.mjs";

/// A test of the step `npm`. It compiles and runs the TypeScript blocks of the guide for agents.
const SKILL_TEST: &str = "tests/js/package/skill.test.mjs";

/// The app that the `runtimes` step builds and drives.
const REACT_APP: &str = "examples/react/src/App.tsx";

/// Checks the blocks of the README and of the guide for agents. Both must show the same table of states. The sentences
/// in quotation marks in this table must be sentences that users see.
pub(crate) fn check_front_pages(sh: &Shell) -> Result<()> {
    let (readme, skill) = (workspace::text(README)?, workspace::text(SKILL)?);
    let rows = states(&readme);
    if rows != states(&skill) {
        bail!("the tables of states in {README} and {SKILL} differ");
    }
    check_sentences(&rows)?;
    [README, SKILL].into_iter().try_for_each(|path| check(sh, path))
}

/// Checks that every sentence in quotation marks is one of the sentences that users see. `…` stands for a part that is
/// left out.
fn check_sentences(rows: &[&str]) -> Result<()> {
    let sentences: BTreeMap<String, String> = serde_json::from_str(&workspace::text("texts/en.json")?)?;
    let quoted: Vec<&str> = rows.iter().flat_map(|row| row.split('"').skip(1).step_by(2)).collect();
    if quoted.is_empty() {
        bail!("the table of states in {README} quotes no sentence");
    }
    for quote in quoted {
        let has_all_parts = |sentence: &String| quote.split('…').all(|part| sentence.contains(part.trim()));
        if !sentences.values().any(has_all_parts) {
            bail!("no sentence in texts/en.json reads \"{quote}\", which the table of states quotes");
        }
    }
    Ok(())
}

/// Returns the rows of the table that lists the states of a license.
fn states(markdown: &str) -> Vec<&str> {
    let from = markdown.lines().skip_while(|line| !line.starts_with("| state |"));
    from.take_while(|line| line.starts_with('|')).collect()
}

/// Checks every block of the README at `path`, which is relative to the repository's top folder.
pub(crate) fn check(sh: &Shell, path: &str) -> Result<()> {
    let text = workspace::text(path)?;
    let blocks = blocks(&text);
    for block in &blocks {
        println!("{path}:{}: {}", block.line, block.language());
        check_block(sh, path, block).with_context(|| format!("{path}:{}: this block is wrong", block.line))?;
    }
    check_rust(sh, path, blocks.iter().filter(|block| block.language() == "rust").count())?;
    println!("{} code blocks are right", blocks.len());
    Ok(())
}

fn check_block(sh: &Shell, path: &str, block: &Block) -> Result<()> {
    match block.language() {
        "rust" => match block.attributes().find(|attribute| *attribute == "ignore") {
            Some(_) => bail!("it is ignored; use `no_run`, which at least compiles it"),
            None => Ok(()),
        },
        "sh" | "console" => script::run(sh, block),
        "toml" => check_toml(&block.text),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text).map(|_| ()).context("it is not valid JSON"),
        "rs" => check_part(&block.text, &BUILT),
        "c" | "cpp" => check_c(sh, &block.text),
        "python" => check_part(&block.text, &["bindings/python/PYPI.md", SKILL]),
        "ts" if block.text.contains("polar-license/tauri") => check_part(&block.text, &TAURI_PAGE),
        "tsx" => check_part(&block.text, &[REACT_APP]),
        "ts" => check_compiled(path),
        "text" => Ok(()),
        "" => bail!("its language is missing after the three backticks; use `text` if nothing can be run"),
        other => bail!(
            "unknown language `{other}`; add it to `check_block` in tools/xtask/src/readme.rs, or use `text` if nothing \
             can be run"
        ),
    }
}

/// Runs the README's documentation tests. All must pass, and there must be one for each `rust` block of the README.
fn check_rust(sh: &Shell, path: &str, blocks: usize) -> Result<()> {
    if blocks == 0 {
        return Ok(());
    }
    // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
    // them again
    let output = shell::cargo(sh, "test --locked --workspace --doc --").arg(path).read()?;
    // the full path distinguishes this README from the READMEs of other packages in the workspace
    let ours = format!("test src/../{path} ");
    let passed = output.lines().filter(|line| line.starts_with(&ours) && line.ends_with("... ok")).count();
    if passed != blocks {
        bail!(
            "{passed} documentation tests for {blocks} `rust` blocks; src/lib.rs must have `#[cfg(doctest)] \
             #[doc = include_str!(\"../{path}\")] mod name {{}}`\n{output}"
        );
    }
    Ok(())
}

/// Checks that a C block is part of an example, or is the first C block of `C_PAGE`. The steps `tests`, `languages` and
/// `c-windows` compile and run the examples. This function compiles and runs the block of `C_PAGE`.
fn check_c(sh: &Shell, text: &str) -> Result<()> {
    const FOLDERS: [&str; 5] = ["examples/c", "examples/cpp", "examples/gtk", "examples/qt", "examples/win32"];
    for folder in FOLDERS {
        for file in sh.read_dir(workspace::root().join(folder))? {
            if contains(&sh.read_file(file)?, text) {
                return Ok(());
            }
        }
    }
    let page = workspace::text(C_PAGE)?;
    if blocks(&page).iter().find(|block| block.language() == "c").is_none_or(|gate| gate.text != text) {
        bail!("it is not the first block of {C_PAGE}, and no file in {} contains it", FOLDERS.join(", "));
    }
    Ok(shell::cargo(sh, "test --quiet --locked --workspace --test book").run()?)
}

/// Returns `true` if the file contains the part. Ignores indentation, because pages show methods without the
/// indentation that they have in their class.
fn contains(file: &str, part: &str) -> bool {
    let without_indentation = |text: &str| text.lines().flat_map(|line| [line.trim_start(), "\n"]).collect::<String>();
    without_indentation(file).contains(&without_indentation(part))
}

/// Checks that at least one of the files contains the text.
fn check_part(text: &str, files: &[&str]) -> Result<()> {
    for file in files {
        if workspace::text(file)?.contains(text) {
            return Ok(());
        }
    }
    bail!("it must be part of {}", files.join(", or "));
}

/// Checks that the `npm` step compiles the TypeScript blocks of the page.
fn check_compiled(path: &str) -> Result<()> {
    for test in [TYPES_TEST, SKILL_TEST] {
        if workspace::text(test)?.contains(&format!("\"{path}\"")) {
            return Ok(());
        }
    }
    bail!("{TYPES_TEST} does not compile the blocks of {path}; add the page there")
}

/// Checks TOML that is a whole manifest or a part of one. The TOML must be valid. A dependency on a package of this
/// workspace must allow the package's version, and must name only features that the package has.
fn check_toml(text: &str) -> Result<()> {
    let manifest: toml::Table = text.parse().context("it is not valid TOML")?;
    let metadata = workspace::metadata()?;
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    for (name, dependency) in tables.iter().filter_map(|table| manifest.get(*table)?.as_table()).flatten() {
        let package = match workspace::package(&metadata, name) {
            Err(error) if name.starts_with("polar-license") => return Err(error),
            Err(_) => continue,
            Ok(package) => package,
        };
        let requirement = dependency.as_str().or_else(|| dependency.get("version")?.as_str());
        let requirement = requirement.with_context(|| format!("`{name}` has no version"))?;
        if !semver::VersionReq::parse(requirement)?.matches(&package.version) {
            bail!("`{name}` is at version {}, which `{requirement}` does not allow", package.version);
        }
        for feature in dependency.get("features").and_then(toml::Value::as_array).into_iter().flatten() {
            let feature = feature.as_str().unwrap_or_default();
            if !package.features.contains_key(feature) {
                bail!("`{name}` has no feature `{feature}`");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(language: &str, text: &str) -> String {
        let markdown = format!("```{language}\n{text}\n```\n");
        match check_block(&shell::new().unwrap(), "page.md", blocks(&markdown).first().unwrap()) {
            Ok(()) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn the_table_of_states_quotes_the_sentences_of_the_library() {
        check_sentences(&["| `active` | \"The license is active.\" |", "| `grace` | \"… Go online soon …\" |"])
            .unwrap();
        let reworded = check_sentences(&["| `active` | \"The license works.\" |"]).unwrap_err();
        assert!(reworded.to_string().contains("\"The license works.\""), "{reworded}");
        assert!(check_sentences(&["| `active` | nothing |"]).is_err());
    }

    #[test]
    fn data_blocks_are_parsed() {
        assert_eq!(problem("json", r#"{"allowed": true}"#), "");
        assert!(problem("json", "{allowed: true}").contains("not valid JSON"));
        assert!(problem("toml", "[dependencies").contains("not valid TOML"));
    }

    #[test]
    fn a_block_in_c_or_cpp_is_a_part_of_an_example() {
        assert_eq!(
            problem("c", "static int is(const polar_license_reply *reply, const char *pointer, const char *value)"),
            ""
        );
        assert_eq!(problem("cpp", "const polar::portal portal{license};"), "");
        assert_eq!(problem("cpp", "~Window() override\n{"), "");
        assert!(problem("c", "int nowhere;").contains("not the first block of"));
    }

    #[test]
    fn a_dependency_has_the_version_and_the_features_of_the_workspace() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(problem("toml", &format!("[dependencies]\npolar-license = \"{version}\"")), "");
        assert!(problem("toml", "[dependencies]\npolar-license = \"99\"").contains("does not allow"));
        assert!(problem("toml", "[dependencies]\npolar-licence-x = \"1\"").is_empty());
        assert!(problem("toml", "[dependencies]\npolar-license-x = \"1\"").contains("not a package"));
        let feature =
            format!("[dependencies]\npolar-license = {{ version = \"{version}\", features = [\"nonsense\"] }}");
        assert!(problem("toml", &feature).contains("no feature `nonsense`"));
    }

    #[test]
    fn the_error_for_a_block_that_nothing_runs_says_what_to_do() {
        assert!(problem("rs", "fn no_such_function() {}").contains("tests/fetch/book.rs"));
        assert!(problem("python", "no_such_function()").contains("PYPI.md"));
        assert!(problem("ts", "noSuchFunction();").contains("types.test.mjs"));
        assert!(problem("ts", "import \"polar-license/tauri\";\nnoSuchFunction();").contains("portal.ts"));
        assert!(problem("cobol", "STOP RUN.").contains("check_block"));
        assert!(problem("", "ls").contains("`text`"));
        assert!(problem("rust,ignore", "f()").contains("no_run"));
    }

    #[test]
    fn ci_runs_exactly_the_command_in_the_readme() {
        let ci = workspace::text(".ci/run").unwrap();
        let setting_up = ["set ", "cd "];
        let commands: Vec<&str> = ci
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .filter(|line| !setting_up.iter().any(|start| line.starts_with(start)))
            .collect();
        let readme = workspace::text("README.md").unwrap();
        let in_readme: Vec<String> = blocks(&readme).iter().flat_map(script::commands).collect();
        assert!(
            in_readme.iter().any(|command| [command] == commands.as_slice()),
            "{commands:?} is not in {in_readme:?}"
        );
    }
}
