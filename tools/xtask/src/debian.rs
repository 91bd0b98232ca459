//! Installing packages of Debian, or saying which.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// The command that installs `packages`, for people.
pub(crate) fn command_for(packages: &[&str]) -> String {
    format!("apt-get update && apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Installs what is missing of `packages`. Needs Debian, and root unless nothing is missing.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if !Path::new("/etc/debian_version").exists() {
        bail!("this is not Debian");
    }
    if packages.iter().all(|package| is_installed(package)) {
        return Ok(());
    }
    if process::read(process::command("id").arg("-u"))?.trim() != "0" {
        bail!("installing them needs root");
    }
    // a list of packages that is a little old is good enough if the new one cannot be had
    let update = apt_get(&["update"]);
    apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
        .or_else(|error| update.and(Err(error)))
        .with_context(|| format!("cannot install {}", packages.join(", ")))
}

fn is_installed(package: &str) -> bool {
    process::read(process::command("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_ok_and(|status| status == "install ok installed")
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = process::command("apt-get");
    command.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::http::Timeout=30"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    process::quietly(&mut command, Duration::from_secs(900))
}
