//! Checks that lock files are up to date and contain no download addresses, because an address may exist on one network
//! only.

use anyhow::{Context, Result, bail};
use xshell::Shell;

use crate::{bench, shell, tauri, workspace};

/// The name of crates.io in Cargo.lock. It is the same even if the crates came from a mirror.
const CRATES_IO: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

/// Checks that cargo would not change the Cargo.lock files, and that no lock file of the repository contains a download
/// address.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    for manifest in ["Cargo.toml", tauri::MANIFEST, bench::MANIFEST] {
        let metadata = shell::cargo(sh, "metadata --locked --format-version=1 --manifest-path").arg(manifest);
        println!("$ {metadata}");
        metadata.ignore_stdout().quiet().run().context("`cargo check` brings Cargo.lock up to date; commit it")?;
    }

    let mut wrong = Vec::new();
    for path in workspace::files(workspace::root())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if [".lock", "-lock.json", "-lock.yaml"].iter().any(|end| name.ends_with(end)) {
            println!("{}", path.display());
            for (number, line) in addresses(&workspace::text(&path)?) {
                wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    if !wrong.is_empty() {
        bail!(
            "download addresses in lock files (npm writes none after `npm config set omit-lockfile-registry-resolved \
             true`):\n{}",
            wrong.join("\n")
        );
    }
    Ok(())
}

/// Returns the lines that contain a download address, each with its number.
fn addresses(lock: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_address = |line: &str| {
        let line = line.trim_start();
        // npm also writes links into the lock file that are not download addresses, such as a package's homepage; these
        // lines are ignored
        let about_the_package =
            ["\"url\":", "\"funding\":", "\"homepage\":", "\"https://"].iter().any(|start| line.starts_with(start));
        line.replace(CRATES_IO, "").contains("://") && !about_the_package
    };
    lock.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(move |(_, line)| is_address(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lock: &str) -> Vec<usize> {
        addresses(lock).map(|(number, _)| number).collect()
    }

    #[test]
    fn only_crates_io_is_allowed_as_a_registry() {
        let lock = "name = \"log\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
                    source = \"sparse+https://crates.example/index/\"\nsource = \"git+https://git.example/log#1234\"\n";
        assert_eq!(lines(lock), [3, 4]);
    }

    #[test]
    fn download_addresses_of_npm_are_found_and_links_to_sponsors_are_allowed() {
        let lock = "\"resolved\": \"https://registry.example/a/-/a-1.0.0.tgz\",\n\"funding\": {\n\
                    \"url\": \"https://sponsors.example/a\"\n}\n\"funding\": [\n\"https://sponsors.example/b\"\n]\n";
        assert_eq!(lines(lock), [1]);
    }
}
