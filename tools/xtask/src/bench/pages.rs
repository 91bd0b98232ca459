//! Measures how many bytes a page downloads with each npm package, and how many packages npm installs.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use xshell::cmd;

use super::goal::Goal;
use super::row::{Role, Row};
use super::setting::Setting;
use crate::{npm_package, workspace};

/// A line that `bench/js/sizes.mjs` prints.
#[derive(Deserialize)]
struct Peer {
    name: String,
    bytes: u32,
    packages: u32,
}

/// The downloads of a page that creates a client, and the goal for each. Each text is the beginning of a download's
/// name in `sizes.mjs`.
const ENTRIES: [(&str, Option<Goal>); 4] = [
    (npm_package::SLIM_PAGE, Some(Goal::at_most(72_500.0).because(ENGINE))),
    ("a page with ./slim, its script", Some(Goal::at_most(9_000.0).because(SCRIPT))),
    ("a page with the main entry", Some(Goal::at_most(75_000.0).because(ENGINE))),
    ("a page with `polar-license/portal`", None),
];

const ENGINE: &str = "The WebAssembly is nine tenths of it. The goal would take a fifth less in the WebAssembly. Licenses \
                      for computers that are never online take up about 7 KB, trials 1 KB, and the sentences for users \
                      an eighth of it before compression. A page would have to download these separately.";
const SCRIPT: &str = "The goal would take a second script, which a page downloads with the WebAssembly, for the code \
                      that only the engine uses.";

/// Returns how many bytes a page downloads, compressed with brotli.
pub(crate) fn bytes(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let sizes = &npm_package::package(setting.sh)?.sizes;
    let ours = ENTRIES.map(|(entry, goal)| {
        let size = sizes.iter().find(|size| size.name.starts_with(entry));
        let size = size.with_context(|| format!("sizes.mjs printed no size of {entry}"))?;
        Ok(Row { goal, ..Row::ours(format!("polar-license: {}", size.name), size.brotli as f64) })
    });
    ours.into_iter().chain(peers(setting, |peer| peer.bytes)?).collect()
}

/// Returns the number of npm packages that an app installs.
pub(crate) fn packages(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let manifest: serde_json::Value = serde_json::from_str(&workspace::text("pkg-template/package.json")?)?;
    if let Some(dependencies) = manifest.get("dependencies") {
        bail!("polar-license has dependencies, which have to be counted with theirs: {dependencies}");
    }
    let ours = Row::ours("polar-license", 1.0);
    std::iter::once(Ok(ours)).chain(peers(setting, |peer| peer.packages)?).collect()
}

fn peers(setting: &Setting<'_>, value: fn(&Peer) -> u32) -> Result<impl Iterator<Item = Result<Row>>> {
    setting.install_npm_peers()?;
    let printed = cmd!(setting.sh, "node bench/js/sizes.mjs").quiet().read()?;
    let peers: Vec<Peer> = serde_json::from_str(&printed).context("sizes.mjs did not print a list of peers")?;
    Ok(peers.into_iter().map(move |peer| {
        let role = if peer.packages == 0 { Role::Baseline } else { Role::Peer };
        Ok(Row::new(&peer.name, role, value(&peer).into()))
    }))
}
