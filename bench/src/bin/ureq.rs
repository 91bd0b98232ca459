//! The baseline: a validate as an app's developer would write it by hand. It is one request, without storage, retries
//! or a grace period.

use polar_license_bench::{KEY, repeat, url};
use serde_json::{Value, json};

fn main() {
    let url = format!("{}/v1/customer-portal/license-keys/validate", url());
    repeat(|| {
        // each call opens a new connection, because an app validates only once an hour or less often
        let agent = ureq::Agent::new_with_defaults();
        let body = json!({ "key": KEY, "organization_id": "de300000-0000-4000-8000-000000000001" });
        let reply: Value = agent.post(&url).send_json(body).unwrap().body_mut().read_json().unwrap();
        assert_eq!(reply["status"], "granted");
    });
}
