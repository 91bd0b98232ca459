//! Every scenario with each later version of Polar's API. The confirmations of these versions have additional members,
//! whose values are taken from the local Polar.

use mock_polar::{ApiVersion, KeyOrder, KeySubscription, MockPolar, NewKey};
use polar_license::blocking::{HttpTransport, Transport};
use polar_license::transport::{Answer, Request};
use serde_json::{Value, json};

use super::format::{Common, Members};
use super::world::run;

#[test]
fn every_scenario_goes_as_it_says_in_each_version() {
    let [oldest, later @ ..] = ApiVersion::KNOWN;
    let oldest = confirmation(oldest);
    for version in later {
        let mut common = Common::load();
        let mut added = confirmation(version);
        added.retain(|name, _| !oldest.contains_key(name));
        assert!(!added.is_empty(), "{version}");
        common.license_key.extend(added);
        let files = common.files();
        let scenarios = files.iter().flat_map(|file| file.scenarios.iter().map(|scenario| (&file.name, scenario)));
        let sound = scenarios.filter(|(_, scenario)| scenario.broken.is_none());
        let failures: Vec<String> = sound.flat_map(|(file, scenario)| run(&common, file, scenario)).collect();
        assert!(failures.is_empty(), "in {version}:\n{}", failures.join("\n"));
    }
}

/// Returns the members of the confirmation of a key that was sold by a subscription and an order.
fn confirmation(version: ApiVersion) -> Members {
    let polar = MockPolar::builder().api_version(version).start().unwrap();
    let sold = NewKey::new("pro").subscription(KeySubscription::new("past_due")).order(KeyOrder::new("refunded", true));
    let key = polar.add_key(sold);
    let url = format!("{}/v1/customer-portal/license-keys/validate", polar.url());
    let body = json!({ "key": key, "organization_id": polar.organization() }).to_string();
    match HttpTransport::new().send(&Request::post(url, body, std::time::Duration::from_secs(60))) {
        Answer::Reply { status: 200, body, .. } => match serde_json::from_slice(&body).unwrap() {
            Value::Object(members) => members,
            other => panic!("{other}"),
        },
        answer @ (Answer::Reply { .. } | Answer::Failed { .. }) => panic!("{answer:?}"),
    }
}
