//! The code of the book's page about replacing a hand-written check, and a test of it. The step `book` compares this
//! code with the page.

use polar_license::{Reason, blocking::Client};

/// Takes over the key that earlier versions of the app have stored. Returns whether the app may run. If you sell several
/// plans, ask `allows` for each feature.
fn take_over(client: &Client, old_key: &str, was_allowed: bool, remove_old_key: impl FnOnce()) -> bool {
    if client.current().reason() != Some(Reason::NoLicense) {
        return client.refresh().allowed(); // a license is here already
    }
    match client.activate(old_key) {
        Ok(_) => {
            remove_old_key();
            true
        }
        Err(error) => {
            eprintln!("{}", error.message());
            // Polar did not answer: the old check decides once more, and the next start tries again
            was_allowed && error.kind().is_unreachable()
        }
    }
}

mod test {
    use super::take_over;
    use crate::support::{Directory, TestClock, app, open};
    use mock_polar::{MockPolar, NewKey};
    use std::cell::Cell;

    #[test]
    fn the_guides_update_locks_nobody_out_while_polar_is_down() {
        let polar = MockPolar::start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(1));
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let is_kept = Cell::new(true);
        let start = |old_key: &str, was_allowed| {
            let client = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
            take_over(&client, old_key, was_allowed, || is_kept.set(false))
        };
        polar.stop();
        assert!(start(&key, true) && is_kept.get(), "the update's first start, offline");
        assert!(!start(&key, false), "a customer whom the old check has refused");
        polar.restart().unwrap();
        assert!(!start("NO-SUCH-KEY", true) && is_kept.get(), "a key that Polar does not know");
        assert!(start(&key, true) && !is_kept.get());
        polar.stop();
        assert!(start(&key, false), "offline, with a license of its own");
        polar.restart().unwrap();
        assert_eq!(polar.activations(&key).len(), 1);
    }
}
