//! Signs a release's programs and shared libraries for macOS and Windows, if the release workflow has installed a
//! certificate. Without a certificate, these files stay as they are, and the log says so.

use std::env;
use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::target::System;

/// The environment variable that identifies the certificate: on macOS by its name in the keychain, on Windows by its
/// thumbprint.
const CERTIFICATE: &str = "POLAR_LICENSE_CERTIFICATE";

/// The environment variables with which Apple's `notarytool` signs in: the keychain, and a profile in this keychain.
const KEYCHAIN: &str = "POLAR_LICENSE_NOTARY_KEYCHAIN";
const PROFILE: &str = "POLAR_LICENSE_NOTARY_PROFILE";

const TIMESTAMPS: &str = "http://timestamp.digicert.com";

/// Signs a program or a shared library. If it is for macOS, also sends it to Apple to be notarized.
pub(crate) fn sign(sh: &Shell, file: &Path, system: System) -> Result<()> {
    let Some(certificate) = variable(CERTIFICATE) else {
        if system != System::Linux {
            println!("NOT SIGNED: {}, because {CERTIFICATE} is not set", file.display());
        }
        return Ok(());
    };
    match system {
        System::Linux => Ok(()),
        System::MacOs => {
            cmd!(sh, "codesign --force --options runtime --timestamp --sign {certificate} {file}").run()?;
            notarize(sh, file)
        }
        System::WindowsGnu | System::WindowsMsvc => {
            Ok(cmd!(sh, "signtool sign /sha1 {certificate} /fd SHA256 /tr {TIMESTAMPS} /td SHA256 {file}").run()?)
        }
    }
}

/// Sends a signed file to Apple, and waits for the answer. A bare executable, unlike an app bundle, cannot contain
/// Apple's confirmation. So macOS asks Apple when a user starts the program.
fn notarize(sh: &Shell, file: &Path) -> Result<()> {
    let (Some(keychain), Some(profile)) = (variable(KEYCHAIN), variable(PROFILE)) else {
        println!("NOT NOTARIZED: {}, because {KEYCHAIN} or {PROFILE} is not set", file.display());
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("signed.zip");
    cmd!(sh, "ditto -c -k {file} {archive}").run()?;
    let submit = cmd!(sh, "xcrun notarytool submit {archive} --keychain {keychain}");
    Ok(submit.args(["--keychain-profile", &profile, "--wait"]).run()?)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
