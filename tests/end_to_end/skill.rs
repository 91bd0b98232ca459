//! The Rust code of the guide for coding agents, and its test. The step `readme` compares this code with the guide.

use polar_license::blocking::{Client, Subscription};
use polar_license::{Config, ConfigBuilder, Error};

/// Tests add an `environment`, and open the client with a directory of their own.
fn settings() -> ConfigBuilder {
    Config::builder("de300000-0000-4000-8000-000000000001", "com.acme.app")
        .feature("export", ["de300000-0000-4000-8000-0000000000b1"])
        .purchase_url("https://acme.example/buy")
}

fn open() -> Result<Client, Error> {
    Client::open(settings().build()?)
}

fn export(client: &Client) -> Result<String, String> {
    let export = client.current().explain("export");
    if !export.allowed() {
        return Err(export.message().to_owned()); // show it, and offer the dialog for the key
    }
    Ok("exported".to_owned())
}

/// Returns the sentence to show. If activating fails, a license that is here stays.
fn enter_key(client: &Client, key: &str) -> String {
    match client.activate(key) {
        Ok(decision) => decision.explain("export").message().to_owned(), // the key may be for another plan
        Err(error) => error.message().to_owned(),
    }
}

/// For a program that runs for days. Dropping the result removes the listener.
fn watch(client: &Client, show: impl Fn(&str) + Send + Sync + 'static) -> Subscription {
    client.start_auto_refresh();
    client.on_change(move |decision, _| {
        if decision.notice() {
            show(decision.message());
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use mock_polar::{DEMO_KEY_ONE_DEVICE, MockPolar};
    use polar_license::clock::{Clock, ManualClock, SystemClock};

    use super::*;

    #[test]
    fn a_license_works_offline_after_a_restart_and_frees_its_seat() {
        let (polar, directory) = (MockPolar::start().unwrap(), tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::new(SystemClock::new().now().wall));
        let start = || {
            let config = settings().environment(polar.url()).device_id("laptop").build().unwrap();
            Client::builder(config).directory(directory.path()).clock(Arc::clone(&clock)).open().unwrap()
        };
        let first = start();
        assert_eq!(enter_key(&first, DEMO_KEY_ONE_DEVICE), "Your license includes this feature.");
        assert_eq!(export(&first).unwrap(), "exported");
        assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
        drop(first);

        polar.stop(); // to revoke the key: `polar.revoke(DEMO_KEY_ONE_DEVICE)`
        clock.advance(Duration::from_secs(13 * 24 * 60 * 60)); // for Polar's clock: `polar.advance_clock(…)`
        let second = start();
        assert!(second.validate().problem().is_some());
        assert_eq!(export(&second).unwrap(), "exported");
        clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
        assert!(export(&second).unwrap_err().contains("Go online once"));

        polar.restart().unwrap();
        second.deactivate().unwrap();
        assert!(export(&second).unwrap_err().contains("Enter a license key"));
        assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
    }
}

mod listener {
    use std::sync::mpsc;

    use mock_polar::{DEMO_KEY_PLAIN, MockPolar};
    use polar_license::blocking::Client;

    use super::{enter_key, settings, watch};
    use crate::support::Directory;

    #[test]
    fn the_guides_listener_shows_that_the_key_was_revoked() {
        let (polar, directory) = (MockPolar::start().unwrap(), Directory::new());
        // `open` is only compiled and not called, because it would use a directory of the user
        let _open = super::open;
        let config = settings().environment(polar.url()).build().unwrap();
        let client = Client::builder(config).directory(directory.path()).open().unwrap();
        enter_key(&client, DEMO_KEY_PLAIN);
        let (sender, shown) = mpsc::channel();
        let _watching = watch(&client, move |sentence| sender.send(sentence.to_owned()).unwrap());
        polar.revoke(DEMO_KEY_PLAIN);
        assert!(!client.validate().allowed());
        assert_eq!(shown.recv().unwrap(), "The license is no longer active. Contact the vendor.");
    }
}
