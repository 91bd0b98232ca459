//! The self-test that a support desk asks for. It runs the library's checks, and adds some checks that the library
//! cannot make. Its output can be pasted into a public bug report. It takes no seat and changes no license.
//!
//! ```text
//! versions · configuration ─┬─ library: device · storage · license
//!                           └─ library: polar · proxy · certificates · clock · key
//! ```

pub(crate) mod report;

use crate::args::Common;
use crate::exit::Exit;
use crate::license;
use crate::show;
use polar_license::blocking::diagnosis::{self, Check, Fault, Finding, Outcome, shown_path};
use polar_license::blocking::{Client, default_directory, system_name};
use polar_license::{Config, Decision, Environment, Error, ErrorKind, Key, Reason, State};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io};

/// The time limit for a request, unless a valid configuration sets a limit of its own.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs all checks, and prints their findings.
pub(crate) fn run(common: &Common, key: Option<String>) -> io::Result<Exit> {
    let key = match key.map(license::read_key).transpose() {
        Ok(key) => key,
        Err(error) => return license::fail(&error, common.json),
    };
    let findings = examine(common, key.as_deref());
    report::print(&findings, common.json)?;
    let faulty = |finding: &&Finding| finding.outcome() == Outcome::Fault;
    Ok(match findings.iter().find(faulty).map(Finding::check) {
        Some(Check::Configuration) => Exit::Usage,
        Some(_) => Exit::Failed,
        None => Exit::Allowed,
    })
}

/// Runs all checks. Prints nothing.
pub(crate) fn examine(common: &Common, key: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![versions()];
    let key = key.map(Key::parse).transpose();
    if let Err(error) = &key {
        findings.push(Finding::faulty(Check::Key, Fault::UnknownKey, error.detail()));
    }
    let config = common.config();
    findings.push(configuration(common, &config));
    match config {
        Ok(config) => {
            findings.extend(storage(&config, common.app.data_dir.as_deref()));
            findings.extend(match key {
                Ok(Some(key)) => diagnosis::network_with_key(&config, &key),
                Ok(None) | Err(_) => diagnosis::network(config.environment(), config.timeout()),
            });
        }
        // the configuration is not valid, but the network can be checked
        Err(_) => findings.extend(environment(common).iter().flat_map(|it| diagnosis::network(it, TIMEOUT))),
    }
    // a wrong proxy address is reported first, because it keeps every request from leaving this computer
    findings.sort_by_key(|finding| finding.fault() != Some(Fault::ProxyAddress));
    findings
}

fn versions() -> Finding {
    let (version, system) = (env!("CARGO_PKG_VERSION"), system_name());
    Finding::good(Check::Versions, format!("polar-license {version}, {system}, {}", env::consts::ARCH))
}

/// Returns the environment, even if something else in the configuration is wrong. Returns `None` if the environment
/// itself is wrong.
fn environment(common: &Common) -> Option<Environment> {
    const ANY_ORGANIZATION: &str = "5e1f7e57-0000-4000-8000-000000000000";
    let environment = common.app.environment.as_deref().map_or(Environment::Production, Environment::from);
    let config = Config::builder(ANY_ORGANIZATION, "doctor").environment(environment).build().ok()?;
    Some(config.environment().clone())
}

fn configuration(common: &Common, config: &Result<Config, Error>) -> Finding {
    match config {
        Ok(config) => {
            let environment = config.environment();
            let (organization, app) = (config.organization_id(), config.app_id());
            let mut detail = format!("organization {organization}, app {app}, environment {environment}");
            let variables = variables();
            if !variables.is_empty() {
                detail.push_str(&format!("; set by variables: {}", variables.join(", ")));
            }
            Finding::good(Check::Configuration, detail)
        }
        Err(_) if common.app.organization.is_none() => {
            let detail = "no organization is given; add `--organization`, or set POLAR_LICENSE_ORGANIZATION";
            Finding::faulty(Check::Configuration, Fault::Configuration, detail)
        }
        Err(error) => Finding::faulty(Check::Configuration, Fault::Configuration, without_values(error.detail())),
    }
}

/// Masks the texts in backticks, because they are input of the user, such as a license key in the wrong place or an
/// address with a password. Does not mask the values that the advice suggests.
fn without_values(detail: &str) -> String {
    const ADVISED: [&str; 3] = ["production", "sandbox", "com.acme.app"];
    let parts = detail.split('`').enumerate();
    let shown = parts.map(|(index, part)| match index % 2 {
        0 => part.to_owned(),
        _ if ADVISED.contains(&part) => format!("`{part}`"),
        _ => String::from("`…`"),
    });
    shown.collect()
}

/// Returns the names of the command's variables that are set. Never returns their values.
fn variables() -> Vec<String> {
    let names = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = names.filter(|(name, value)| name.starts_with("POLAR_LICENSE_") && !value.is_empty());
    let mut names: Vec<String> = ours.map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

fn storage(config: &Config, directory: Option<&Path>) -> Vec<Finding> {
    let mut findings = diagnosis::storage(config, directory);
    findings.extend(directory.map(Path::to_owned).or_else(default_directory).and_then(|directory| space(&directory)));
    // Opening the client creates a device id if the device has none. So the client is opened only if the device has an
    // id, and if the checks above have found no fault of the store.
    let prevents = |it: &Finding| it.outcome() == Outcome::Fault || it.fault() == Some(Fault::NoDeviceId);
    if !findings.iter().any(prevents) {
        findings.push(stored_license(config, directory));
    }
    findings
}

/// Returns the free disk space, or `None` if the system does not report it.
fn space(directory: &Path) -> Option<Finding> {
    let existing = directory.ancestors().find(|path| path.exists()).map(PathBuf::from)?;
    let free = fs4::available_space(&existing).ok()?;
    let mib = free.checked_div(1024 * 1024).unwrap_or_default();
    Some(Finding::good(Check::Space, format!("{mib} MiB free in {}", shown_path(&existing))))
}

fn stored_license(config: &Config, directory: Option<&Path>) -> Finding {
    let mut client = Client::builder(config.clone());
    if let Some(directory) = directory {
        client = client.directory(directory);
    }
    match client.open() {
        Ok(client) => of_decision(&client.current()),
        Err(error) => Finding::faulty(Check::License, Fault::LicenseUnusable, error.detail()),
    }
}

/// Reports the license that is stored. Does not ask Polar.
fn of_decision(decision: &Decision) -> Finding {
    let license = decision.license();
    let mut detail = decision.state().to_string();
    if let Some(reason) = decision.reason().filter(|reason| *reason != Reason::NoLicense) {
        detail.push_str(&format!(", {reason}"));
    }
    if let Some(license) = license {
        let seat = license.activation_id.map_or_else(|| String::from("none"), |id| id.to_string());
        detail.push_str(&format!("; benefit {}, seat {seat}, confirmed {}", license.benefit_id, license.confirmed_at));
    }
    let has_storage_problem = decision.problem().is_some_and(|problem| problem.kind == ErrorKind::Storage);
    let is_unusable = !decision.allowed() && decision.reason() != Some(Reason::NoLicense) || has_storage_problem;
    if is_unusable {
        if let Some(step) = show::next_step(decision.next_step()) {
            detail.push_str(&format!("; next step: {step}"));
        }
        let is_lapsed = decision.state() == State::Lapsed;
        let fault = if is_lapsed { Fault::LicenseLapsed } else { Fault::LicenseUnusable };
        Finding::faulty(Check::License, fault, detail)
    } else {
        Finding::good(Check::License, detail)
    }
}
