//! `cargo xtask soak` searches for unknown bugs, for about the number of minutes that `--minutes` gives. Its tests make
//! every system call fail, kill processes, simulate power cuts, answer like a hostile server, and play random sequences
//! of events. It also runs the fuzz targets. It prints the name of each test that is skipped because a tool is missing,
//! and changes no file of the repository. `cargo xtask test` runs fewer rounds of the same tests, within seconds.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use anyhow::{Result, bail};
use cargo_metadata::DependencyKind;
use xshell::{Shell, cmd};

use crate::requirements::{NODE, STRACE, XFS_TOOLS};
use crate::{npm_package, shell, tauri, workspace};

/// The test programs: the package, the name of the program, and a fraction of the total time. Each timed test of the
/// program runs for this fraction.
const PROGRAMS: [(&str, &str, f64); 5] = [
    ("polar-license", "power_cut", 0.0),
    ("polar-license", "hostile", 0.0),
    ("polar-license-cli", "failures", 0.2),
    // The six timed tests of this program run two at a time on two cores, so the program takes three times as long as
    // one test.
    ("polar-license", "model", 0.05),
    // The seven timed tests of this program run two at a time on two cores, so the program takes four times as long as
    // one test.
    ("polar-license", "fuzz", 0.1),
];

/// The time for which libFuzzer runs each fuzz target, as a fraction of the total time.
const FUZZ_SHARE: f64 = 0.08;

/// The packages that are shipped as parts of apps.
const SHIPPED: [&str; 3] = ["polar-license", "polar-license-c", "polar-license-wasm"];

/// The folder, below the build output, into which libFuzzer writes. The seeds in the repository's `fuzz/corpus`
/// therefore stay unchanged.
const FUZZ_OUTPUT: &str = "fuzz";

/// Runs everything. The tests with a time limit take about `minutes` in total; the others add a few minutes.
pub(crate) fn run(sh: &Shell, minutes: u32) -> Result<()> {
    for requirement in [&STRACE, &XFS_TOOLS, &NODE] {
        if let Err(missing) = requirement.ensure(sh) {
            println!("continuing without: {missing:#}");
        }
    }
    npm_package::install_tools(sh)?;
    let time = f64::from(minutes);
    // The test `model` makes its random sequences of events from this seed. If the test fails, its output contains the
    // seed.
    let seed = RandomState::new().hash_one(()) as u32;
    for (package, program, share) in PROGRAMS {
        let test = shell::cargo(sh, "test --locked --package").args([package, "--test", program, "--", "--nocapture"]);
        let test = test.env("POLAR_LICENSE_SOAK_MINUTES", (time * share).to_string());
        test.env("POLAR_MODEL_SEED", seed.to_string()).run()?;
    }
    fuzz(sh, time * FUZZ_SHARE * 60.0)?;
    check_dependencies(sh)
}

/// Checks that DESIGN.md gives a reason for each dependency, and that `deny.toml` allows the name, the license and the
/// source of each dependency.
pub(crate) fn check_dependencies(sh: &Shell) -> Result<()> {
    let (shipped, listed) = (shipped()?, listed(&workspace::text("DESIGN.md")?));
    let differ: Vec<_> = shipped.symmetric_difference(&listed).map(String::as_str).collect();
    if !differ.is_empty() {
        bail!("the table \"Dependencies\" of DESIGN.md and the manifests differ in {}", differ.join(", "));
    }
    if shell::probe(cmd!(sh, "cargo deny --version")).is_none() {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    // security advisories are not checked, because the result would depend on whether their database can be reached
    for manifest in ["Cargo.toml", tauri::MANIFEST] {
        let deny = shell::cargo(sh, "deny --workspace --locked --offline --all-features --manifest-path").arg(manifest);
        deny.args(["check", "bans", "licenses", "sources"]).run()?;
    }
    Ok(())
}

/// Returns the crates on which the shipped packages depend. Leaves out the shipped packages themselves, and
/// dependencies of tests and build scripts.
fn shipped() -> Result<BTreeSet<String>> {
    let metadata = workspace::metadata()?;
    let mut names = BTreeSet::new();
    for package in SHIPPED {
        let dependencies = &workspace::package(&metadata, package)?.dependencies;
        let shipped = dependencies.iter().filter(|it| it.kind == DependencyKind::Normal && it.path.is_none());
        names.extend(shipped.map(|dependency| dependency.name.clone()).filter(|name| name != "schemars"));
    }
    Ok(names)
}

/// Returns the crates in the first column of the table in DESIGN.md.
fn listed(design: &str) -> BTreeSet<String> {
    let table = design.split("\n## Dependencies\n").nth(1).unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let names = rows.filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    names.flat_map(|cell| cell.split(", ")).map(str::to_owned).collect()
}

/// Runs each fuzz target for `seconds`.
fn fuzz(sh: &Shell, seconds: f64) -> Result<()> {
    if shell::probe(cmd!(sh, "rustup run nightly cargo fuzz --version")).is_none() {
        println!("skipped: cargo-fuzz is not installed, or there is no nightly Rust");
        return Ok(());
    }
    // the lock file is checked first, because cargo-fuzz would silently update it
    cmd!(sh, "cargo metadata --locked --format-version=1 --manifest-path fuzz/Cargo.toml").ignore_stdout().run()?;
    let output = workspace::target()?.join(FUZZ_OUTPUT);
    for target in fuzz_targets()? {
        let (found, seeds) = (output.join("corpus").join(&target), format!("fuzz/corpus/{target}"));
        sh.create_dir(&found)?;
        // AddressSanitizer is needed only for the target `calls`, because only this target uses the C library, and only
        // the C library has unsafe code
        let sanitizer = if target == "calls" { "address" } else { "none" };
        let run =
            cmd!(sh, "rustup run nightly cargo fuzz run --fuzz-dir fuzz --sanitizer {sanitizer} --target-dir {output}");
        let limit = format!("-max_total_time={}", seconds.ceil());
        let failures = format!("-artifact_prefix={}/", output.display());
        let options = ["-print_final_stats=1", "-verbosity=0", &limit, &failures];
        run.arg(target).arg(found).arg(seeds).arg("--").args(options).run()?;
    }
    Ok(())
}

/// Returns the names of the programs in `fuzz/fuzz_targets`.
fn fuzz_targets() -> Result<Vec<String>> {
    let files = workspace::files(&workspace::root().join("fuzz/fuzz_targets"))?;
    let name = |path: &Path| Some(path.file_stem()?.to_str()?.to_owned());
    Ok(files.iter().filter_map(|path| name(path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dependencies_are_read_from_the_manifests_and_from_the_table() {
        assert!(shipped().unwrap().contains("ureq") && !shipped().unwrap().contains("tempfile"));
        let design = "\n## Dependencies\n\n| crate | where | why |\n|---|---|---|\n| hkdf, hmac | here | a, b |\n| log | x | y |\n";
        assert_eq!(listed(design).into_iter().collect::<Vec<_>>(), ["hkdf", "hmac", "log"]);
    }

    #[test]
    fn the_fuzz_targets_are_found() {
        assert_eq!(
            fuzz_targets().unwrap(),
            ["calls", "json", "offline", "record", "reply", "settings", "steps", "time"]
        );
    }
}
