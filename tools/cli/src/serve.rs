//! Runs the local Polar as a process, for tests in other languages and for trying out the library.

use crate::args::Serve;
use crate::exit::Exit;
use crate::output;
use mock_polar::{Builder, DEMO_EMAIL, DEMO_INVITATION, DEMO_LINK, KeyInfo, MockPolar, Seed};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc;
use std::{env, fs, io};

/// Runs the local Polar until the user interrupts it. Prints its address and its keys first.
pub(crate) fn run(options: &Serve, as_json: bool) -> io::Result<Exit> {
    // The handler is set before the address is printed, because a program that reads the address may interrupt this
    // process at once.
    let (end, ended) = mpsc::channel();
    ctrlc::set_handler(move || {
        // an error is ignored, because it means that the process is already ending after an earlier interruption
        let _ = end.send(());
    })
    .map_err(io::Error::other)?;
    let polar = builder(options)?.start().map_err(io::Error::other)?;
    let is_demo = options.seed.is_none();
    output::print(&if as_json { json(&polar, is_demo).to_string() } else { table(&polar, is_demo) })?;
    // receiving cannot fail, because the handler keeps the sender
    let _ = ended.recv();
    polar.stop();
    Ok(Exit::Allowed)
}

/// Returns the builder of the local Polar that the options describe.
pub(crate) fn builder(options: &Serve) -> io::Result<Builder> {
    let builder = MockPolar::builder().port(options.port).show_mails(true);
    let builder = builder.rate_limit(options.rate_limit).api_version(options.api_version);
    let Some(path) = &options.seed else { return Ok(builder) };
    let unreadable = |error| io::Error::other(format!("the seed `{}` cannot be read: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(unreadable)?;
    Ok(builder.seed(Seed::from_json(&text).map_err(io::Error::other)?))
}

/// Returns a JSON object that describes a local Polar to programs.
pub(crate) fn json(polar: &MockPolar, is_demo: bool) -> Value {
    let keys = polar.keys();
    let each = keys.iter().map(|key| {
        json!({
            "key": key.key,
            "benefit": key.benefit,
            "status": key.shown_status,
            "limitActivations": key.limit_activations,
            "activations": key.activations.len(),
            "limitUsage": key.limit_usage,
            "usage": key.usage,
            "expiresAt": key.expires_at.map(|at| at.to_string()),
        })
    });
    json!({
        "url": polar.url(),
        "organization": polar.organization(),
        "apiVersion": polar.api_version(),
        "benefits": benefits(&keys),
        "email": is_demo.then_some(DEMO_EMAIL),
        "keys": each.collect::<Vec<_>>(),
    })
}

fn table(polar: &MockPolar, is_demo: bool) -> String {
    let (url, organization, keys) = (polar.url(), polar.organization(), polar.keys());
    let mut text = format!("A local Polar is at {url} until interrupted.\n\norganization  {organization}\n");
    let _ = writeln!(text, "API version   {}", polar.api_version());
    for (name, id) in benefits(&keys) {
        // the result is ignored, because writing to a string cannot fail
        let _ = writeln!(text, "benefit       {id}  {name}");
    }
    if is_demo {
        let _ = writeln!(text, "customer      {DEMO_EMAIL}");
    }
    let widest = keys.iter().map(|key| key.key.chars().count()).max().unwrap_or_default().max(3);
    let _ = writeln!(text, "\n{:<widest$}  {:<9} {:<10} {:<9} uses", "key", "benefit", "status", "devices");
    for key in &keys {
        let limit = |most: Option<u32>| most.map_or_else(|| String::from("any"), |most| most.to_string());
        let (devices, uses) = (limit(key.limit_activations), limit(key.limit_usage));
        let status = key.shown_status;
        let _ = writeln!(text, "{:<widest$}  {:<9} {status:<10} {devices:<9} {uses}", key.key, key.benefit);
    }
    let program = program();
    let _ = write!(
        text,
        "\nTry it in another terminal:\n  export POLAR_LICENSE_ENVIRONMENT={url} POLAR_LICENSE_ORGANIZATION={organization}"
    );
    if let Some(key) = keys.iter().find(|key| key.limit_activations.is_some()) {
        let (key, benefit) = (&key.key, &key.benefit_id);
        let _ = write!(text, "\n  {program} activate {key} --feature export={benefit}\n  {program} deactivate");
    }
    if is_demo {
        let _ = write!(
            text,
            "\nAs a customer; the code of each mail is shown here:\n  {program} restore {DEMO_EMAIL}\n  \
             {program} buy {DEMO_LINK}\n  {program} claim {DEMO_INVITATION}"
        );
    }
    text
}

/// Returns the name with which this program was called. Not every developer has installed it as `polar-license`.
fn program() -> String {
    env::args_os().next().map_or_else(|| String::from("polar-license"), |name| name.to_string_lossy().into_owned())
}

/// Maps the name of each benefit that has keys to the benefit's id.
fn benefits(keys: &[KeyInfo]) -> BTreeMap<&str, &str> {
    keys.iter().map(|key| (key.benefit.as_str(), key.benefit_id.as_str())).collect()
}
