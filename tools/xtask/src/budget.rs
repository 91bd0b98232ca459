//! How many crates an app gets with this one: everybody who ships it has to trust and build them all.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::process;

/// The crate that is counted, and the most that it may bring along.
const CRATE: &str = "polar-license";
const LIMIT: usize = 50;

/// Counts what an app on Linux compiles with the default features.
pub(crate) fn check() -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["tree", "--locked", "--package", CRATE, "--edges", "normal", "--prefix", "none"]);
    cargo.args(["--target", "x86_64-unknown-linux-gnu"]);
    println!("$ {}", process::show(&cargo));
    let tree = process::read(&mut cargo)?;
    let count = dependencies(&tree).len();
    println!("{CRATE} brings {count} crates with it; the limit is {LIMIT}");
    if count > LIMIT {
        bail!("{} crates too many: drop a dependency, or switch off features of one", count - LIMIT);
    }
    Ok(())
}

/// The crates in the output of `cargo tree --prefix none`, once each, without the one that was asked for.
fn dependencies(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .filter(|(name, _)| *name != CRATE)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_per_version() {
        let tree = "polar-license v0.1.0 (/home/me/polar-license)\nsha2 v0.11.1\ncfg-if v1.0.5\nlog v0.4.35\n\
                    derive v1.0.0 (proc-macro)\nsha2 v0.11.1 (*)\nsha2 v0.10.9\n\n";
        assert_eq!(dependencies(tree).len(), 5);
    }
}
