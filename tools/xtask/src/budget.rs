//! Limits the number of crates that `polar-license` adds to an app. The app's developer has to trust and build all of
//! them.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use xshell::Shell;

use crate::shell;

/// The crate whose dependencies are counted.
const CRATE: &str = "polar-license";

/// The largest number of crates that `polar-license` may add to an app with each of these features. The limit for
/// `tokio` is high, but an app that uses tokio already has most of these crates.
const LIMITS: [(&str, usize); 2] = [("http", 50), ("tokio", 120)];

/// The features that must not add any crate to an app with one of the features in `LIMITS`.
const FREE: [&str; 1] = ["portal"];

/// Counts the crates that an app on Linux compiles, and compares the count with the limits.
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
            bail!("{} crates too many: remove a dependency, or switch off features of one", count - limit);
        }
    }
    Ok(())
}

/// Returns the crates in the output of `cargo tree --prefix none`, each once, without the crate `polar-license` itself.
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
    fn each_version_of_a_crate_counts_once() {
        let tree = "polar-license v0.1.0 (/home/me/polar-license)\nsha2 v0.11.1\ncfg-if v1.0.5\nlog v0.4.35\n\
                    derive v1.0.0 (proc-macro)\nsha2 v0.11.1 (*)\nsha2 v0.10.9\n\n";
        assert_eq!(dependencies(tree).len(), 5);
    }
}
