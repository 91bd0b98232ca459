//! How many crates an app gets with this one: whoever ships it has to trust and build all of them.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use xshell::Shell;

use crate::shell;

/// The crate whose dependencies are counted.
const CRATE: &str = "polar-license";

/// Features, and the most crates that an app may get with them. Most of those of `tokio` are in apps on tokio anyway.
const LIMITS: [(&str, usize); 2] = [("http", 50), ("tokio", 120)];

/// Features that add no crate to an app that has one of those above.
const FREE: [&str; 1] = ["portal"];

/// Counts what an app on Linux compiles.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let tree = |features: &str| {
        let cargo = shell::cargo(sh, "tree --locked --edges normal --prefix none --target x86_64-unknown-linux-gnu");
        cargo.args(["--package", CRATE, "--no-default-features", "--features", features]).read()
    };
    for (feature, limit) in LIMITS {
        let tree_of_it = tree(feature)?;
        for free in FREE {
            let with_it = tree(&format!("{feature},{free}"))?;
            if dependencies(&with_it) != dependencies(&tree_of_it) {
                bail!("the feature `{free}` adds a crate to `{feature}`");
            }
        }
        let tree = tree_of_it;
        let count = dependencies(&tree).len();
        println!("{CRATE} with `{feature}` depends on {count} crates; the limit is {limit}");
        if count > limit {
            bail!("{} crates too many: drop a dependency, or switch off features of one", count - limit);
        }
    }
    Ok(())
}

/// The crates in the output of `cargo tree --prefix none`, once each, without the first.
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
