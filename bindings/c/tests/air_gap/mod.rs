//! Runs the examples of a computer that is never online (A), and of one that has a network (B), against a local Polar.

use crate::common::printed;
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::process::Command;

/// Moves a license to computer A and back. Runs the example once for each step, as a user does. Checks that the example
/// never writes the license key.
pub fn goes_and_returns(start: impl Fn() -> Command) {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let directory = tempfile::tempdir().unwrap();
    let step = |computer: &str, step: &[&str]| {
        let mut app = start();
        app.env("POLAR_LICENSE_ORGANIZATION", DEMO_ORGANIZATION).env("POLAR_LICENSE_APP", "com.acme.app");
        app.env("POLAR_LICENSE_ENVIRONMENT", polar.url()).env("POLAR_LICENSE_DEVICE_ID", computer);
        app.env("POLAR_LICENSE_APP_SECRET", "hush").env("POLAR_LICENSE_AIR_GAP_DAYS", "365");
        app.env("POLAR_LICENSE_FEATURES", format!("export={DEMO_BENEFIT_PRO}"));
        app.env("POLAR_LICENSE_DATA_DIR", directory.path().join(computer));
        let output = app.args(step).output().unwrap();
        let (shown, error) = (printed(&output), String::from_utf8_lossy(&output.stderr).into_owned());
        assert!(!shown.contains(&key) && !error.contains(&key), "{computer} {step:?}: {shown}{error}");
        if output.status.success() { Ok(shown.trim_end().to_owned()) } else { Err(error) }
    };
    let request = step("A", &["request"]).unwrap();
    assert_eq!(step("A", &["request"]).unwrap(), request, "the request waits for its answer");
    let swapped = step("B", &["return", &request]).unwrap_err();
    assert!(swapped.starts_with("This text is a request"), "{swapped}");
    let answer = step("B", &["answer", &request, &key]).unwrap();
    assert_eq!(polar.activations(&key).len(), 1);

    let before = polar.requests().len();
    step("A", &["allows", "export"]).unwrap_err();
    assert_eq!(step("A", &["import", &answer]).unwrap(), "The license is active.");
    step("A", &["allows", "export"]).unwrap();
    let returned = step("A", &["return"]).unwrap();
    assert_eq!(step("A", &["return"]).unwrap(), returned, "again, because the text was lost");
    step("A", &["allows", "export"]).unwrap_err();
    assert_eq!(polar.requests().len(), before, "A has sent nothing");

    assert_eq!(step("B", &["return", &returned]).unwrap(), "released");
    assert!(polar.activations(&key).is_empty());
    let plain = polar.add_key(NewKey::new("pro"));
    let answer = step("B", &["answer", &step("C", &["request"]).unwrap(), &plain]).unwrap();
    step("C", &["import", &answer]).unwrap();
    assert_eq!(step("C", &["return"]).unwrap(), "There is nothing else to do.", "the license took no seat");
}
