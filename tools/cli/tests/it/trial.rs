//! Tests the trial before the purchase.

use crate::support::{Device, run, start_polar};
use mock_polar::DEMO_KEY_PLAIN;

#[test]
fn a_trial_is_started_once_and_shown() {
    let polar = start_polar();
    let device = Device::new(&polar);
    assert_eq!(device.run(&["status"]).status, 3);
    let started = device.run(&["start-trial", "--trial-days", "14"]);
    assert!(started.status == 0 && started.stdout.starts_with("trial: This is a trial. It ends on "), "{started:?}");
    let status = device.run(&["status", "--trial-days", "14"]);
    assert!(status.status == 0 && status.stdout.contains("trial ends  20"), "{status:?}");
    assert_eq!(device.run(&["start-trial", "--trial-days", "14"]).stdout, started.stdout);
    assert_eq!(polar.requests().len(), 0, "Polar knows nothing of a trial");

    assert_eq!(device.run(&["activate", DEMO_KEY_PLAIN]).status, 0);
    assert_eq!(device.run(&["deactivate", "--trial-days", "14"]).status, 0);
    assert_eq!(device.run(&["status", "--trial-days", "14"]).status, 0, "the trial goes on");
    assert_eq!(device.run(&["status"]).status, 3, "without the setting there is no trial");
}

#[test]
fn without_the_setting_there_is_no_trial() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let refused = device.run(&["start-trial"]);
    assert!(refused.status == 2 && refused.stderr.contains("trial_days"), "{refused:?}");
}

#[test]
fn a_trial_has_the_features_and_the_page_of_the_app() {
    let polar = start_polar();
    let (by_option, by_variable) = (Device::new(&polar), Device::new(&polar));
    let page = "https://acme.example/buy";
    let options = ["--trial-days", "2", "--trial-feature", "export", "--purchase-url", page];
    let mut variables = by_variable.command(&["start-trial"]);
    variables.envs([("POLAR_LICENSE_TRIAL_DAYS", "2"), ("POLAR_LICENSE_TRIAL_FEATURES", "export")]);
    variables.env("POLAR_LICENSE_PURCHASE_URL", page);
    for started in [by_option.run(&[&["start-trial"], &options[..]].concat()), run(variables, "")] {
        assert!(started.stdout.contains("features    export on, sync off\n"), "{started:?}");
        assert!(started.stdout.contains(&format!("see         {page}\n")), "{started:?}");
    }
}
