//! Tests that every common option can be set by its variable, and that an option wins over its variable.

use crate::support::{command, run, start_polar};
use mock_polar::{
    DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, MockPolar,
};
use polar_license::blocking::Client;
use polar_license::{Config, State};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Returns a command whose options are all set by variables.
fn configured(polar: &MockPolar, directory: &Path) -> Command {
    let mut command = command();
    command.envs([
        ("POLAR_LICENSE_ORGANIZATION", DEMO_ORGANIZATION),
        ("POLAR_LICENSE_APP", "com.acme.app"),
        ("POLAR_LICENSE_ENVIRONMENT", &polar.url()),
        ("POLAR_LICENSE_FEATURES", &format!("export={DEMO_BENEFIT_PRO},sync={DEMO_BENEFIT_BASIC}")),
        ("POLAR_LICENSE_BENEFITS", &format!("{DEMO_BENEFIT_PRO},{DEMO_BENEFIT_BASIC}")),
        ("POLAR_LICENSE_CONDITIONS", "edition=2,region=eu,beta=true,build=\"7\""),
        ("POLAR_LICENSE_APP_SECRET", "a secret of the app"),
        ("POLAR_LICENSE_DEVICE_ID", "rack 7"),
        ("POLAR_LICENSE_OFFLINE_GRACE", "30d"),
        ("POLAR_LICENSE_REFRESH_INTERVAL", "2d"),
        ("POLAR_LICENSE_TIMEOUT", "5s"),
    ]);
    command.env("POLAR_LICENSE_DATA_DIR", directory);
    command
}

/// Opens the app with the configuration that these variables describe.
fn app(polar: &MockPolar, directory: &Path) -> Client {
    let config = Config::builder(DEMO_ORGANIZATION, "com.acme.app").environment(polar.url()).device_id("rack 7");
    let config =
        config.condition("edition", 2).condition("region", "eu").condition("beta", true).condition("build", "7");
    let config = config.app_secret("a secret of the app").build().unwrap();
    Client::builder(config).directory(directory).open().unwrap()
}

#[test]
fn variables_alone_select_the_license_of_an_app() {
    let (polar, directory) = (start_polar(), tempfile::tempdir().unwrap());
    app(&polar, directory.path()).activate(DEMO_KEY_TWO_DEVICES).unwrap();

    let mut validate = configured(&polar, directory.path());
    validate.args(["validate", "--json"]);
    let decision = run(validate, "").json();
    assert_eq!(decision["state"], "active", "{decision}");
    assert_eq!(decision["features"], json!({ "export": true, "sync": false }));
    let seats = polar.activations(DEMO_KEY_TWO_DEVICES);
    assert_eq!(seats.len(), 1, "Polar compares the conditions as a whole, and found the same");

    let mut unsealed = configured(&polar, directory.path());
    unsealed.env_remove("POLAR_LICENSE_APP_SECRET").args(["status", "--json"]);
    assert_eq!(run(unsealed, "").json()["reason"], "tampered", "without the app's secret");
}

#[test]
fn a_license_that_the_command_activates_is_the_apps() {
    let (polar, directory) = (start_polar(), tempfile::tempdir().unwrap());
    let mut activate = configured(&polar, directory.path());
    activate.args(["activate", DEMO_KEY_TWO_DEVICES]);
    assert_eq!(run(activate, "").status, 0);
    let decision = app(&polar, directory.path()).validate();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
}

#[test]
fn an_option_wins_over_its_variable_on_either_side_of_the_subcommand() {
    let (polar, directory) = (start_polar(), tempfile::tempdir().unwrap());
    let mut activate = configured(&polar, directory.path());
    activate.args(["activate", DEMO_KEY_PLAIN]);
    assert_eq!(run(activate, "").status, 0);
    let features = format!("import={DEMO_BENEFIT_PRO}");
    for words in [&["--feature", &features, "status", "--json"][..], &["status", "--json", "--feature", &features]] {
        let mut status = configured(&polar, directory.path());
        let decision = run(std::mem::replace(status.args(words), command()), "").json();
        assert_eq!(decision["features"], json!({ "import": true }), "a list is replaced: {words:?}");
    }
    for words in
        [&["--app", "com.acme.other", "status", "--json"][..], &["status", "--json", "--app", "com.acme.other"]]
    {
        let mut status = configured(&polar, directory.path());
        status.args(words);
        assert_eq!(run(status, "").json()["state"], "unlicensed", "{words:?}");
    }
}

#[test]
fn a_variable_that_is_empty_counts_as_absent() {
    let (polar, directory) = (start_polar(), tempfile::tempdir().unwrap());
    let mut status = configured(&polar, directory.path());
    for name in
        ["POLAR_LICENSE_TIMEOUT", "POLAR_LICENSE_BENEFITS", "POLAR_LICENSE_FEATURES", "POLAR_LICENSE_CONDITIONS"]
    {
        status.env(name, "");
    }
    status.args(["status", "--json"]);
    let status = run(status, "");
    assert_eq!((status.status, status.json()["features"].clone()), (3, json!({})), "{status:?}");
}
