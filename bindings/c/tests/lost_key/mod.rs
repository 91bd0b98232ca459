//! Runs the examples of the customer portal against a local Polar, as a customer who has lost the key and whose device
//! no longer works.

use crate::common::repository;
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

const EMAIL: &str = "iona.larkspur@example.com";

pub fn finds_the_key(source: &str, start: impl Fn() -> Command) {
    let text = fs::read_to_string(repository().join(source)).unwrap();
    assert!(text.contains(DEMO_ORGANIZATION) && text.contains(DEMO_BENEFIT_PRO));
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1).email(EMAIL));
    // Runs the example twice, each time as if on another machine, because the customer's first machine no longer works.
    // Under Wine, the example runs only once, because Wine reads the user's folders from its registry, and two runs
    // would be on one machine.
    let is_wine = env::var("POLAR_LICENSE_C_RUNNER").is_ok_and(|runner| runner.contains("wine"));
    for machine in 0..if is_wine { 1 } else { 2 } {
        let home = tempfile::tempdir().unwrap();
        let mut command = start();
        for variable in ["XDG_DATA_HOME", "HOME", "LOCALAPPDATA"] {
            command.env(variable, home.path());
        }
        command.env("POLAR", polar.url()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut app = command.spawn().unwrap();
        let mut typed = app.stdin.take().unwrap();
        polar.clear_requests();
        writeln!(typed, "{EMAIL}").unwrap();
        // The mock server sends the e-mail before it counts the request. So once it has counted one request, the
        // e-mail is there.
        assert!(polar.wait_for_requests(1, Duration::from_secs(60)), "no code was requested");
        writeln!(typed, "{}\n1", polar.mails().last().unwrap().code.clone().unwrap()).unwrap();
        drop(typed);
        let output = app.wait_with_output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && (printed.ends_with("exporting\n") || printed.ends_with("exporting\r\n")),
            "{printed}"
        );
        assert!(printed.contains(&format!("If {EMAIL} bought it, a code is on its way")), "{printed}");
        assert_eq!(printed.contains("1: "), machine == 1, "the second one releases the first: {printed}");
        assert_eq!(polar.activations(&key).len(), 1);
    }
}
