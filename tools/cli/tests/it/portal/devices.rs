//! Tests what a customer can do if a machine that no longer works holds the last seat, or if somebody else knows the
//! key.

use super::{Customer, EMAIL, Talk};
use crate::support::{Device, start_polar};
use mock_polar::{DEMO_LINK, MockPolar, NewKey, Status};
use polar_license::blocking::Client;
use polar_license::{Config, Decision};

const LAPTOP: &str = "The laptop that fell into the lake";

/// Activates the key on another machine.
fn active_elsewhere(polar: &MockPolar, key: &str) {
    let elsewhere = tempfile::tempdir().unwrap();
    let config = Config::builder(polar.organization(), "polar-license-cli").environment(polar.url());
    let config = config.device_id(LAPTOP).label(LAPTOP).build().unwrap();
    let client = Client::builder(config).directory(elsewhere.path()).open().unwrap();
    let _: Decision = client.activate(key).unwrap();
}

#[test]
fn a_dead_machines_seat_is_listed_released_and_taken() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(1));
    active_elsewhere(&polar, &key);
    let full = customer.runs(&device, &["restore"]);
    assert_eq!(full.status, 5, "{full:?}");
    assert!(
        full.stdout
            .starts_with("several devices: repeat the command with the label of the one to release as --release\n"),
        "{full:?}"
    );
    assert!(full.stdout.contains(LAPTOP) && full.stderr.contains("error: "), "{full:?}");
    let listed = customer.runs(&device, &["devices", "--json"]);
    let keys = listed.json()["keys"].as_array().unwrap().clone();
    let [seats] = keys.as_slice() else { panic!("{listed:?}") };
    let [laptop] = seats["devices"].as_array().unwrap().as_slice() else { panic!("{listed:?}") };
    assert_eq!((laptop["label"].as_str(), laptop["isThis"].as_bool()), (Some(LAPTOP), Some(false)));
    assert!(polar_license::Timestamp::parse(laptop["since"].as_str().unwrap()).is_some());
    // This command runs on a new device, because one device may request only a few codes in a minute.
    let unknown = customer.runs(&Device::new(&polar), &["release", "sea"]);
    assert!(
        unknown.status == 5 && unknown.stderr.contains("No device, or more than one, has a label like"),
        "{unknown:?}"
    );
    let device = Device::new(&polar);
    let released = customer.runs(&device, &["release", "lake", "--json"]);
    assert_eq!((released.status, released.json()["deactivated"].as_str()), (0, Some("released")), "{released:?}");
    assert!(polar.activations(&key).is_empty());
    let restored = customer.runs(&device, &["restore"]);
    assert_eq!(restored.status, 0, "{restored:?}");
}

#[test]
fn moments_are_shown_to_the_second() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    let ends = mock_polar::Timestamp::from_unix_micros(2_000_000_000_123_456);
    let keys = [2, 3].map(|seats| customer.bought(NewKey::new("pro").limit_activations(seats).expires_at(ends)));
    active_elsewhere(&polar, &keys[0]);
    let listed = customer.runs(&Device::new(&polar), &["restore"]).stdout;
    let devices = customer.runs(&Device::new(&polar), &["devices"]).stdout;
    let status = Device::licensed(&polar, &keys[1]).run(&["status"]).stdout;
    assert!(listed.contains(", expires 2033-05-18T03:33:20Z\n"), "{listed}");
    assert!(status.contains("  expires     2033-05-18T03:33:20Z\n"), "{status}");
    for (text, word) in [(&listed, " bought "), (&devices, " since ")] {
        let at = text.split(word).nth(1).and_then(|rest| rest.split([',', '\n']).next()).unwrap();
        assert_eq!(at.len(), "2033-05-18T03:33:20Z".len(), "{text}");
    }
}

#[test]
fn restore_releases_the_named_device() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(1));
    active_elsewhere(&polar, &key);
    let full = customer.runs(&device, &["restore", "--release", "somebody else's", "--json"]);
    let json = full.json();
    assert_eq!((full.status, json["choose"]["devices"][0]["label"].as_str()), (5, Some(LAPTOP)), "{json}");
    assert_eq!(
        (json["error"]["reason"].as_str(), json["license"]["state"].as_str()),
        (Some("activation_limit"), Some("unlicensed"))
    );
    assert_eq!(polar.activations(&key).len(), 1);
    let restored = customer.runs(&device, &["restore", "--release", LAPTOP, "--json"]);
    assert_eq!((restored.status, restored.json()["state"].as_str()), (0, Some("active")), "{restored:?}");
}

#[test]
fn an_unknown_label_lists_the_existing_devices() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    let key = customer.bought(NewKey::new("pro").limit_activations(2));
    active_elsewhere(&polar, &key);
    for words in [&["release", "desktop"][..], &["release"], &["release", ""]] {
        let device = Device::new(&polar);
        let run = customer.runs(&device, words);
        assert!(run.status == 5 && run.stdout.contains(LAPTOP), "{words:?}: {run:?}");
    }
    assert_eq!(polar.activations(&key).len(), 1);
}

#[test]
fn restore_says_why_no_key_can_be_used() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    // deletes the customer's only key, so that there is no key to restore
    polar.delete(&customer.bought(NewKey::new("pro")));
    let says = |reason: &str| {
        for words in
            [&["restore"][..], &["restore", "--key", "ABCDEF"], &["devices"], &["release"], &["rotate", "--yes"]]
        {
            let run = customer.runs(&Device::new(&polar), &[words, &["--json"]].concat());
            let json = run.json();
            assert_eq!((run.status, json["error"]["reason"].as_str()), (3, Some(reason)), "{words:?}: {run:?}");
        }
    };
    says("not_found");
    customer.bought(NewKey::new("pro").status(Status::Revoked));
    says("inactive");
    let revoked = customer.runs(&Device::new(&polar), &["devices"]);
    assert_eq!((revoked.status, revoked.stdout.as_str()), (3, ""), "{revoked:?}");
    assert!(
        revoked.stderr.ends_with("\nerror: This license key is no longer active. Contact the vendor.\n"),
        "{revoked:?}"
    );
}

#[test]
fn an_end_of_no_key_lists_the_existing_keys() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    let key = customer.bought(NewKey::new("pro").limit_activations(2));
    customer.bought(NewKey::new("pro").key("REVOKED").status(Status::Revoked));
    for words in [&["restore"][..], &["devices"], &["release"], &["rotate", "--yes"]] {
        for end in ["ABCDEF", "REVOKED"] {
            let run = customer.runs(&Device::new(&polar), &[words, &["--key", end, "--json"]].concat());
            let json = run.json();
            assert_eq!((run.status, json["choose"]["option"].as_str()), (5, Some("--key")), "{words:?}: {run:?}");
            let keys = json["choose"]["keys"].as_array().unwrap();
            assert_eq!((keys.len(), keys[0]["limitActivations"].as_u64()), (1, Some(2)), "{json}");
        }
    }
    let run = customer.runs(&Device::new(&polar), &["devices", "--key", "ABCDEF"]);
    assert!(
        run.stdout.starts_with(
            "several license keys: repeat the command with `--key` and the last characters of one\n  ****-"
        ),
        "{run:?}"
    );
    assert!(polar.activations(&key).is_empty());
}

#[test]
fn hidden_devices_are_reported_with_their_page() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = bought_by_link(&polar);
    polar.set_limit_activations(&key, 1);
    active_elsewhere(&polar, &key);
    polar.show_activations("pro", false);
    let page = format!("{}/demo/portal", polar.url());
    let words = "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.";
    let run = customer.runs(&device, &["restore"]);
    assert_eq!((run.status, run.stdout), (3, format!("{words}\n  see {page}\n")));
    let run = customer.runs(&device, &["restore", "--json"]);
    let json = run.json();
    assert_eq!(
        (json["hidden"]["page"].as_str(), json["hidden"]["isCertain"].as_bool()),
        (Some(page.as_str()), Some(true))
    );
    assert_eq!(json["error"]["reason"].as_str(), Some("activation_limit"), "{json}");
    let device = Device::new(&polar);
    let run = customer.runs(&device, &["release", LAPTOP]);
    assert!(run.status == 3 && run.stdout.contains(&page), "{run:?}");
}

#[test]
fn no_active_device_is_reported_only_if_it_is_certain() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    bought_by_link(&polar);
    let none = customer.runs(&Device::new(&polar), &["devices"]);
    assert_eq!(none.status, 0, "{none:?}");
    assert!(none.stdout.ends_with(": This license key is active on no device.\n"), "{none:?}");
    let none = customer.runs(&Device::new(&polar), &["release"]);
    assert!(none.status == 3 && none.stdout.ends_with(": This license key is active on no device.\n"), "{none:?}");
    polar.show_activations("pro", false);
    let unknown = customer.runs(&Device::new(&polar), &["devices"]);
    assert!(unknown.stdout.contains(": This license shows no devices to its customers."), "{unknown:?}");
}

#[test]
fn an_address_or_a_code_in_the_place_of_a_label_is_not_repeated() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    let key = customer.bought(NewKey::new("pro").limit_activations(1));
    active_elsewhere(&polar, &key);
    // `release` also accepts an address alone, because other commands take the address as their first argument
    let device = Device::new(&polar);
    let mut talk = Talk::begin(&device, &["release", EMAIL]);
    talk.say(&customer.code(0));
    let listed = talk.end();
    assert!(listed.status == 5 && listed.stdout.contains(LAPTOP), "{listed:?}");
    let run = customer.runs(&Device::new(&polar), &["release", "K7Q2MX"]);
    assert!(run.status == 5 && !run.stderr.contains("K7Q2MX") && !run.stdout.contains("K7Q2MX"), "{run:?}");
    assert_eq!(polar.activations(&key).len(), 1);
}

#[test]
fn a_key_without_seats_has_none_to_release() {
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    customer.bought(NewKey::new("pro"));
    let run = customer.runs(&Device::new(&polar), &["release"]);
    assert!(run.status == 3 && run.stdout.ends_with(": any number of devices\n"), "{run:?}");
}

/// Buys a license key through a checkout link, and returns the key.
fn bought_by_link(polar: &MockPolar) -> String {
    let config = Config::builder(polar.organization(), "com.example.browser").environment(polar.url()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let browser = Client::builder(config).directory(directory.path()).open().unwrap();
    let checkout = browser.portal().checkout(DEMO_LINK).unwrap();
    drop(polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
    polar.run_worker();
    polar.keys().pop().unwrap().key
}

#[test]
fn a_key_that_somebody_else_knows_is_replaced_once_it_is_confirmed() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(2));
    assert_eq!(customer.runs(&device, &["restore"]).status, 0);
    let unconfirmed = device.run(&["rotate", "--json"]);
    assert_eq!((unconfirmed.status, unconfirmed.json()["error"]["kind"].as_str()), (2, Some("invalid_config")));
    assert!(unconfirmed.stderr.contains("--yes"), "{unconfirmed:?}");
    let rotated = customer.runs(&device, &["rotate", "--yes", "--json"]);
    let json = rotated.json();
    assert_eq!((rotated.status, json["newKey"].as_str()), (0, json["displayKey"].as_str()), "{rotated:?}");
    assert!(polar.keys().iter().all(|known| known.key != key), "the old one is unknown");
    assert_eq!(device.run(&["validate"]).status, 0, "the license here goes on");
    let again = customer.runs(&Device::new(&polar), &["rotate", "--yes"]);
    let headline = format!("replaced: {} by ****-", json["newKey"].as_str().unwrap());
    assert!(again.status == 0 && again.stdout.starts_with(&headline), "{again:?}");
}
