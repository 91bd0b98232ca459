//! Runs an example of a feature gate against a mock server of Polar, with the same steps in every language. The app is
//! started without a key, with a mistyped key, with a key of another plan, and with a key of the right plan. Polar then
//! goes offline, and the app is started twice, without the key and with the key. Finally Polar is online again, and the
//! seat is released. Whenever the feature is off, the app tells the user why.

use crate::common::{NOT_INCLUDED, NOT_LICENSED, printed, repository};
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_KEY_BASIC, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::fs;
use std::process::{Command, Output};

pub fn gates(source: &str, start: impl Fn() -> Command) {
    let text = fs::read_to_string(repository().join(source)).unwrap();
    assert!(text.contains(DEMO_ORGANIZATION) && text.contains(DEMO_BENEFIT_PRO));
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| -> Output {
        let mut command = start();
        for variable in ["XDG_DATA_HOME", "HOME", "LOCALAPPDATA"] {
            command.env(variable, home.path());
        }
        command.args(arguments).env("POLAR", polar.url()).output().unwrap()
    };
    let prints = |arguments: &[&str], expected: &str| {
        let output = run(arguments);
        assert_eq!(printed(&output), expected, "{}", String::from_utf8_lossy(&output.stderr));
    };

    let closed = |arguments: &[&str], why: &str| {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(printed(&output).is_empty() && errors.lines().any(|line| line == why), "{output:?}");
    };

    closed(&[], NOT_LICENSED);
    let mistyped = run(&["MISTYPED"]);
    let errors = String::from_utf8_lossy(&mistyped.stderr);
    assert!(!mistyped.status.success() && errors.contains("typos"), "{errors}");
    closed(&[DEMO_KEY_BASIC], NOT_INCLUDED);
    prints(&[&key], "exporting\n");
    polar.stop();
    prints(&[], "exporting\n");
    // A start script may pass the key at each start. An active key stays active, even while Polar cannot be reached.
    prints(&[&key], "exporting\n");
    polar.restart().unwrap();
    assert_eq!(polar.activations(&key).len(), 1);
    prints(&["--deactivate"], "the seat is free\n");
    assert_eq!(polar.activations(&key).len(), 0);
}
