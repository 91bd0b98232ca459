//! Runs the code blocks of a README, so that it cannot promise what does not work.
//!
//! | block | check |
//! |---|---|
//! | `rust` | a documentation test of the crate, which includes the README, and not an ignored one |
//! | `rs` | Rust for the browser: the test `quickstart` compares it with `tests/fetch/readme.rs`, which the step `fetch` builds and runs |
//! | `sh` | run as one script in the repository's top folder; ends at the first line that fails |
//! | `console` | the lines after `$ ` are run like `sh`; the others must show up in the output, in their order; `...` stands for anything |
//! | `toml` | parsed; dependencies on this workspace's packages have its version and existing features |
//! | `json` | parsed |
//! | `c` | the test `readme` of the C library compiles and runs it, as it stands |
//! | `ts` | the step `npm` compiles it strictly, against the packed npm package |
//! | `text` | nothing to run |
//!
//! Two commands are not run as they stand: `cargo xtask test` would start itself, and `cargo add polar-license` is done
//! in an empty crate, with the crate of this repository. Never changes a file of the repository.

mod blocks;
mod script;

use anyhow::{Context, Result, bail};
use blocks::{Block, blocks};

use crate::workspace::Metadata;
use crate::{process, workspace};

/// Checks every block of the README at `path`, seen from the repository's top folder.
pub(crate) fn check(path: &str) -> Result<()> {
    let text = workspace::text(path)?;
    let blocks = blocks(&text);
    for block in &blocks {
        println!("{path}:{}: {}", block.line, block.language());
        check_block(block).with_context(|| format!("{path}:{}: this block is wrong", block.line))?;
    }
    check_rust(path, blocks.iter().filter(|block| block.language() == "rust").count())?;
    println!("{} code blocks are right", blocks.len());
    Ok(())
}

fn check_block(block: &Block) -> Result<()> {
    match block.language() {
        "rust" => match block.attributes().find(|attribute| *attribute == "ignore") {
            Some(_) => bail!("it is ignored; `no_run` at least compiles it"),
            None => Ok(()),
        },
        "sh" | "console" => script::run(block),
        "toml" => check_toml(&block.text),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text).map(|_| ()).context("it is no JSON"),
        "rs" => check_web(&block.text),
        "c" => check_c(),
        "ts" | "text" => Ok(()),
        "" => bail!("it does not say its language; write one after the three backticks, `text` where nothing can run"),
        other => bail!(
            "nothing here runs `{other}`; add it to `check_block` in tools/xtask/src/readme.rs, or use `text` where \
             nothing can run"
        ),
    }
}

/// The documentation tests that the README's blocks are: as many as there are blocks, and all pass.
fn check_rust(path: &str, blocks: usize) -> Result<()> {
    if blocks == 0 {
        return Ok(());
    }
    let mut cargo = process::cargo();
    // the whole workspace, as in the step `tests`: of one package alone, cargo would build all dependencies once more
    cargo.args(["test", "--locked", "--workspace", "--doc", "--", path]);
    println!("$ {}", process::show(&cargo));
    let output = process::read(&mut cargo)?;
    // packages of the workspace may have READMEs of their own
    let ours = format!("test src/../{path} ");
    let passed = output.lines().filter(|line| line.starts_with(&ours) && line.ends_with("... ok")).count();
    if passed != blocks {
        bail!(
            "{passed} documentation tests for {blocks} `rust` blocks; src/lib.rs must have `#[cfg(doctest)] \
             #[doc = include_str!(\"../{path}\")] mod readme {{}}`\n{output}"
        );
    }
    Ok(())
}

/// The whole workspace is named, as in the step `tests`, so that cargo does not build all dependencies once more.
fn check_c() -> Result<()> {
    process::run(process::cargo().args(["test", "--quiet", "--locked", "--workspace", "--test", "readme"]))
}

/// A block that the tests for wasm32 do not have is one that nobody builds.
fn check_web(text: &str) -> Result<()> {
    if !workspace::text("tests/fetch/readme.rs")?.contains(text) {
        bail!("tests/fetch/readme.rs does not contain it");
    }
    Ok(())
}

/// A manifest, or a part of one: its dependencies on this workspace are ones that a reader can have.
fn check_toml(text: &str) -> Result<()> {
    let manifest: toml::Table = text.parse().context("it is no TOML")?;
    let metadata = Metadata::read()?;
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    for (name, dependency) in tables.iter().filter_map(|table| manifest.get(*table)?.as_table()).flatten() {
        let Some(version) = metadata.version(name) else {
            if name.starts_with("polar-license") {
                bail!("`{name}` is no package of this workspace");
            }
            continue;
        };
        let wanted = dependency.as_str().or_else(|| dependency.get("version")?.as_str());
        let wanted = wanted.with_context(|| format!("`{name}` has no version"))?;
        if !semver::VersionReq::parse(wanted)?.matches(&semver::Version::parse(version)?) {
            bail!("`{name}` is at version {version}, which `{wanted}` does not allow");
        }
        for feature in dependency.get("features").and_then(toml::Value::as_array).into_iter().flatten() {
            let feature = feature.as_str().unwrap_or_default();
            if !metadata.has_feature(name, feature) {
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
        match check_block(blocks(&markdown).first().unwrap()) {
            Ok(()) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn data_blocks_are_parsed() {
        assert_eq!(problem("json", r#"{"allowed": true}"#), "");
        assert!(problem("json", "{allowed: true}").contains("no JSON"));
        assert!(problem("toml", "[dependencies").contains("no TOML"));
    }

    #[test]
    fn a_dependency_has_the_version_and_the_features_of_the_workspace() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(problem("toml", &format!("[dependencies]\npolar-license = \"{version}\"")), "");
        assert!(problem("toml", "[dependencies]\npolar-license = \"99\"").contains("does not allow"));
        assert!(problem("toml", "[dependencies]\npolar-licence-x = \"1\"").is_empty());
        assert!(problem("toml", "[dependencies]\npolar-license-x = \"1\"").contains("no package"));
        let feature =
            format!("[dependencies]\npolar-license = {{ version = \"{version}\", features = [\"nonsense\"] }}");
        assert!(problem("toml", &feature).contains("no feature `nonsense`"));
    }

    #[test]
    fn a_block_that_nothing_runs_says_what_to_do() {
        assert!(problem("rs", "fn no_such_function() {}").contains("tests/fetch/readme.rs"));
        assert!(problem("cobol", "STOP RUN.").contains("check_block"));
        assert!(problem("", "ls").contains("`text`"));
        assert!(problem("rust,ignore", "f()").contains("no_run"));
    }

    #[test]
    fn ci_runs_exactly_the_command_that_the_readme_gives() {
        let ci = workspace::text(".ci/run").unwrap();
        let setting_up = ["set ", "cd "];
        let commands: Vec<&str> = ci
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .filter(|line| !setting_up.iter().any(|start| line.starts_with(start)))
            .collect();
        let readme = workspace::text("README.md").unwrap();
        let told: Vec<String> = blocks(&readme).iter().flat_map(script::commands).collect();
        assert!(told.iter().any(|command| [command] == commands.as_slice()), "{commands:?} is not in {told:?}");
    }
}
