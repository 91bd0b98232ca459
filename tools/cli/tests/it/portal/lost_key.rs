//! Tests what a customer who has lost the license key can do.

use super::{Customer, EMAIL, Talk};
use crate::support::{Device, LONG, start_polar};
use mock_polar::{Endpoint, Fault, MockPolar, NewKey, RecordedRequest, Seed};

#[test]
fn a_lost_key_on_a_new_machine_takes_an_address_a_code_and_five_requests() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let key = customer.bought(NewKey::new("pro").limit_activations(2));
    let restored = customer.runs(&device, &["restore"]);
    assert_eq!(restored.status, 0, "{restored:?}");
    assert!(restored.stdout.starts_with("active: The license is active."), "{restored:?}");
    assert!(restored.stderr.contains("If this address bought it, a code is on its way to it."), "{restored:?}");
    assert!(polar.requests().len() <= 5, "{:?}", polar.requests());
    assert_eq!(polar.activations(&key).len(), 1);
    assert_eq!(device.run(&["allows", "export"]).status, 0);
}

#[test]
fn the_address_may_be_an_argument_and_the_result_is_the_decision() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    customer.bought(NewKey::new("pro"));
    let mut talk = Talk::begin(&device, &["restore", EMAIL, "--json"]);
    talk.say(&customer.code(0).to_lowercase());
    let restored = talk.end();
    assert_eq!((restored.status, restored.json()["state"].as_str()), (0, Some("active")), "{restored:?}");
    assert_eq!(restored.json(), device.json(&["status"]).1);
}

#[test]
fn a_code_that_was_mailed_already_is_enough() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    customer.bought(NewKey::new("pro"));
    // the customer closes the terminal before the mail arrives
    let talk = Talk::begin(&device, &["restore", EMAIL, "--json"]);
    assert!(polar.wait_for_mails(1, LONG));
    let early = talk.end();
    assert_eq!((early.status, early.json()["error"]["kind"].as_str()), (2, Some("invalid_config")), "{early:?}");
    assert!(
        early.stderr.contains(
            "error: no code on standard input; once the mail is there, run `polar-license restore --code-sent`"
        ),
        "{early:?}"
    );
    let mut talk = Talk::begin(&device, &["restore", "--code-sent"]);
    talk.say(&customer.code(0));
    assert_eq!(talk.end().status, 0);
    let asked = |request: &RecordedRequest| request.endpoint() == Some(Endpoint::RequestCode);
    assert_eq!(polar.requests().iter().filter(|request| asked(request)).count(), 1);
}

#[test]
fn a_code_without_polars_answer_can_be_used_again() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    customer.bought(NewKey::new("pro"));
    polar.fault(Fault::drop_connection().on(Endpoint::Authenticate).once());
    let early = customer.runs(&device, &["restore"]);
    assert_eq!(early.status, 4, "{early:?}");
    assert!(early.stderr.contains("the code may still be good: `restore --code-sent` takes it again"), "{early:?}");
    let mut talk = Talk::begin(&device, &["restore", "--code-sent"]);
    talk.say(&customer.code(0));
    assert_eq!(talk.end().status, 0);
    let mut talk = Talk::begin(&device, &["restore", "--code-sent"]);
    talk.say("ABCDEF");
    let wrong = talk.end();
    assert!(wrong.status != 0 && !wrong.stderr.contains("may still be good"), "{wrong:?}");
}

#[test]
fn several_keys_are_listed_and_one_is_selected_by_its_end() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let keys = [2, 3].map(|seats| customer.bought(NewKey::new("pro").limit_activations(seats)));
    let listed = customer.runs(&device, &["restore"]);
    assert_eq!(listed.status, 5, "{listed:?}");
    assert!(
        listed.stdout.starts_with(
            "several license keys: repeat the command with `--key` and the last characters of one\n  ****-"
        ),
        "{listed:?}"
    );
    let listed = customer.runs(&device, &["restore", "--json"]);
    let json = listed.json();
    assert_eq!((listed.status, json["choose"]["option"].as_str()), (5, Some("--key")), "{json}");
    let three = json["choose"]["keys"].as_array().unwrap().iter().find(|key| key["limitActivations"] == 3).unwrap();
    let end = three["key"].as_str().unwrap().trim_start_matches("****-");
    // This command runs on a new device, because each command requests a code, and one device may request only a few in
    // a minute.
    let later = Device::new(&polar);
    let restored = customer.runs(&later, &["restore", "--key", end]);
    assert_eq!(restored.status, 0, "{restored:?}");
    let taken = keys.map(|key| polar.activations(&key).len());
    assert_eq!(taken, [0, 1]);
    let listed = customer.runs(&later, &["devices", "--key", "ABCDEF"]);
    let here: Vec<_> = listed.stdout.lines().filter(|line| line.ends_with("  (used on this device)")).collect();
    assert!(matches!(here[..], [line] if line.contains(end)), "{listed:?}");
}

#[test]
fn an_address_of_several_customers_is_a_choice() {
    let seed = include_str!("../../../../../tests/portal/two-customers.json");
    let polar = MockPolar::builder().seed(Seed::from_json(seed).unwrap()).start().unwrap();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    let mut talk = Talk::begin(&device, &["restore", "--json"]);
    talk.say(EMAIL);
    assert!(polar.wait_for_requests(1, LONG));
    // `end` checks that the output contains no personal data. This output must show the names of the customers, so that
    // the user can choose one.
    let listed = talk.end_unchecked().1;
    let choose = &listed.json()["choose"];
    assert_eq!((listed.status, choose["option"].as_str()), (5, Some("--customer")), "{listed:?}");
    let expected = serde_json::json!([{ "number": 1, "name": "Studio Nord" }, { "number": 2, "name": null }]);
    assert_eq!(choose["customers"], expected);
    assert!(polar.mails().is_empty());
    for chosen in ["Studio Nord", "2"] {
        let device = Device::new(&polar);
        let nothing = customer.runs(&device, &["restore", "--customer", chosen]);
        assert_eq!(nothing.status, 3, "{nothing:?}");
        assert!(nothing.stderr.contains("the customer has no license key of this organization"), "{nothing:?}");
    }
    polar.clear_requests();
    let mut talk = Talk::begin(&device, &["devices", "--customer", "3"]);
    talk.say(EMAIL);
    assert!(polar.wait_for_requests(1, LONG));
    assert_eq!(talk.end_unchecked().1.status, 5);
}

#[test]
fn an_unknown_address_looks_the_same_and_wrong_ones_say_so() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let mut talk = Talk::begin(&device, &["restore"]);
    talk.say("nobody.at.all@example.com");
    assert!(polar.wait_for_requests(1, LONG));
    let unknown = talk.end_unchecked().1;
    assert!(unknown.stderr.contains("If this address bought it, a code is on its way to it."), "{unknown:?}");
    assert!(!unknown.stderr.contains("nobody"), "{unknown:?}");
    // the address is refused before a code can be typed
    let mut talk = Talk::begin(&device, &["restore"]);
    talk.say("iona larkspur");
    let (run, _stdin) = talk.end_by_itself();
    device.assert_nothing_leaked(&run);
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run:?}");
    assert_eq!(
        run.stderr,
        "error: This is not an e-mail address. Check it for typos.\ndetail: not an e-mail address\n"
    );
    let run = device.run_with_input(&["devices", "--code-sent", "--json"], "K7Q-2MX\n");
    assert_eq!((run.status, run.json()["error"]["kind"].as_str()), (1, Some("invalid_argument")), "{run:?}");
    let run = device.run_with_input(&["restore", "--code-sent"], "K7Q2MX\n");
    assert!(run.status == 1 && run.stderr.contains("it is wrong, was used, or is older"), "{run:?}");
    assert!(!run.stderr.contains("K7Q2MX"), "{run:?}");
}
