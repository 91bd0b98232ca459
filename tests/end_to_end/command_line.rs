//! The code of the book's guide for command line tools, and a test of it. The step `book` compares this code with the
//! guide.

use polar_license::blocking::Client;
use std::process::ExitCode;

/// Runs before each command that needs the feature `export`. `key` comes from a variable, such as `ACME_LICENSE` on a
/// CI machine.
fn gate(client: &Client, key: Option<&str>) -> Result<(), ExitCode> {
    let export = client.refresh().explain("export"); // returns at once while the last answer is fresh; never fails
    if export.allowed() {
        return Ok(()); // also while Polar cannot be reached
    }
    let message = match key.map(|key| client.activate(key)) {
        Some(Ok(decision)) if decision.allows("export") => return Ok(()),
        Some(Ok(decision)) => decision.explain("export").message().to_owned(), // the key is for another plan
        Some(Err(error)) => error.message().to_owned(),
        None => export.message().to_owned(),
    };
    eprintln!("{message}");
    Err(ExitCode::from(3))
}

/// `acme activate`, which reads the key from standard input
fn activate(client: &Client, key: &str) -> ExitCode {
    match client.activate(key) {
        Ok(decision) => {
            eprintln!("{}", decision.explain("export").message()); // the key may be for another plan
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", error.message()); // says what to do; a license that is here stays
            ExitCode::FAILURE
        }
    }
}

mod test {
    use super::{activate, gate};
    use crate::support::{Directory, TestClock, app, open};
    use mock_polar::{DEMO_KEY_BASIC, MockPolar, NewKey};
    use std::process::ExitCode;
    use std::time::Duration;

    #[test]
    fn the_guides_tool_works_if_polar_stops_at_any_line() {
        let polar = MockPolar::start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(1));
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let start = || open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
        polar.stop();
        assert_eq!(activate(&start(), &key), ExitCode::FAILURE);
        assert_eq!(gate(&start(), Some(&key)), Err(ExitCode::from(3)));
        polar.restart().unwrap();
        assert_eq!(gate(&start(), None), Err(ExitCode::from(3)));
        assert_eq!(gate(&start(), Some(&key)), Ok(()));

        polar.stop();
        clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
        assert_eq!(gate(&start(), Some(&key)), Ok(()));
        assert_eq!(activate(&start(), &key), ExitCode::FAILURE);
        assert_eq!(gate(&start(), None), Ok(()));
        polar.restart().unwrap();
        assert_eq!(polar.activations(&key).len(), 1);
    }

    #[test]
    fn the_guides_gate_stays_closed_for_a_key_of_another_plan() {
        let polar = MockPolar::start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(1));
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let start = || open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
        assert_eq!(gate(&start(), Some(DEMO_KEY_BASIC)), Err(ExitCode::from(3)));
        assert!(start().current().allowed(), "the key is valid, and was activated");
        assert_eq!(gate(&start(), None), Err(ExitCode::from(3)), "the next run");
        assert_eq!(gate(&start(), Some(&key)), Ok(()), "the customer has upgraded");
    }
}
