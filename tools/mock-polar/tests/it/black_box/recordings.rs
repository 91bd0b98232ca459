//! Reads recordings of Polar's own server, and the seed with which that server was started.
//!
//! The recordings and the seed are not part of the repository. They are in `shared/polar` beside the checkout, or in
//! the folder that `POLAR_TRANSCRIPTS` names. Without these files, each test that needs them passes, and prints that it
//! was skipped.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mock_polar::ApiVersion;
use serde_json::{Map, Value, json};

/// The API versions of the server that was recorded. The first one was the current version of that server.
pub(crate) const VERSIONS: [ApiVersion; 2] = [ApiVersion::V2026_04, ApiVersion::V2026_10];

/// The fields that license keys got in version 2026-10 of Polar's API. Polar added these fields after the recordings
/// were made.
pub(crate) const ADDED_LATER: [&str; 2] = ["member_id", "member"];

pub(crate) struct Recordings {
    /// Recorded requests to the license endpoints, with their replies.
    pub(crate) license: Vec<Value>,
    /// Recorded requests to the customer portal, with their replies.
    pub(crate) portal: Vec<Value>,
    /// The names of the exchanges before which the recorded portal was reset.
    pub(crate) fresh_starts: Vec<String>,
    pub(crate) seed: Value,
}

impl Recordings {
    /// Reads the files of recordings and their seeds. If they do not exist, returns `None` and writes a note that
    /// `test` is skipped.
    pub(crate) fn read(test: &str) -> Option<Self> {
        let folder = match std::env::var_os("POLAR_TRANSCRIPTS") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/polar"),
        };
        if !folder.join("portal-transcripts.json").is_file() {
            // `eprintln!` is not used, because the test harness hides its output if the test passes.
            let note = format!("skipped {test}: no recordings; set POLAR_TRANSCRIPTS to their folder");
            writeln!(io::stderr(), "{note}").unwrap();
            return None;
        }
        let file =
            |name: &str| -> Value { serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap() };
        let (base, portal_seed) = (file("seed.json"), file("portal-seed.json"));
        let license = list(&file("transcripts.json"));
        let portal = list(&file("portal-transcripts.json"));
        let firsts = list(&portal_seed["recordings"]);
        let firsts = firsts.iter().filter_map(|recording| recording["first"].as_str().map(str::to_owned));
        // Polar's server was reset before each of these exchanges. There was one more reset, before an exchange that is
        // not in the file because the file contains equal exchanges only once. This line adds the exchange that came
        // next.
        let fresh_starts = firsts.chain(["cors/preflight: POST rotate, authorization".to_owned()]).collect();
        let people = people(license.iter().chain(&portal));
        Some(Self { license, portal, fresh_starts, seed: seed(&base, &portal_seed, &people) })
    }
}

/// Returns the headers of a recorded reply. If the request named no version, replaces the version in the headers with
/// `current`, because the local server may have another current version than the recorded server.
pub(crate) fn reply_headers(recorded: &Value, current: ApiVersion) -> Vec<(String, String)> {
    let mut headers = pairs(&recorded["response"]["headers"]);
    if recorded["request"]["headers"].get("Polar-Version").is_none() {
        let named = headers.iter_mut().filter(|(name, _)| name == "polar-version");
        named.for_each(|(_, version)| *version = current.to_string());
    }
    headers
}

pub(crate) fn request_body(request: &Value) -> Vec<u8> {
    if let Some(encoded) = request["body_base64"].as_str() {
        return BASE64_STANDARD.decode(encoded).unwrap();
    }
    let body = request["body"].as_str().unwrap_or_default();
    let Some(bytes) = request["body_truncated_from_bytes"].as_u64() else {
        return body.as_bytes().to_vec();
    };
    // Only one recorded body is truncated. Apart from the organization's id, it contains only a key of 100,000
    // characters, so the whole body can be restored.
    let organization = "a0010000-0000-4000-8000-000000000001";
    let whole = format!("{{\"key\": \"{}\", \"organization_id\": \"{organization}\"}}", "K".repeat(100_000));
    assert!(whole.starts_with(body) && whole.len() as u64 == bytes);
    whole.into_bytes()
}

pub(crate) fn pairs(headers: &Value) -> Vec<(String, String)> {
    let headers = headers.as_object().unwrap().iter();
    headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// Returns the customers in the recorded replies, by id. If several replies show a customer, the first one is used.
fn people<'a>(recorded: impl Iterator<Item = &'a Value>) -> HashMap<String, Value> {
    let mut people = HashMap::new();
    for body in recorded.filter_map(|e| serde_json::from_str::<Value>(e["response"]["body"].as_str()?).ok()) {
        let licenses = match body["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![body.get("license_key").unwrap_or(&body).clone()],
        };
        // replies show all of a customer's data only inside of a license, so all other objects are skipped
        for customer in licenses.iter().filter(|license| license["key"].is_string()).map(|it| &it["customer"]) {
            people.entry(customer["id"].as_str().unwrap().to_owned()).or_insert_with(|| customer.clone());
        }
    }
    people
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The tables of the portal's recorded seed. Each row has a name in the field `role`, by which other rows refer to it.
/// `id` returns the id of the row with a given name.
struct Rows<'a>(&'a Value);

impl Rows<'_> {
    fn of(&self, name: &str, change: impl Fn(&mut Value)) -> Vec<Value> {
        let mut rows = list(&self.0[name]);
        rows.iter_mut().for_each(change);
        rows
    }

    fn id(&self, table: &str, role: &Value) -> Value {
        let rows = list(&self.0[table]);
        rows.into_iter().find(|row| row["role"] == *role).map(|row| row["id"].clone()).unwrap_or_default()
    }
}

/// Combines both seed files into one seed for the local Polar. The data of the customers comes from the recorded
/// replies.
fn seed(base: &Value, portal: &Value, people: &HashMap<String, Value>) -> Value {
    let rows = Rows(portal);
    let token = |prefix: &str, name: &Value| Value::from(format!("{prefix}{}", name.as_str().unwrap()));
    let organizations = organizations(base, portal);
    let mut benefits = base["benefits"].as_object().unwrap().clone();
    benefits.insert("other_org".to_owned(), json!({ "id": base["benefits"]["other_org"], "organization": "other" }));
    let of_portal = list(&portal["benefits"]).into_iter();
    benefits.extend(of_portal.map(|row| (row["role"].as_str().unwrap().to_owned(), row.clone())));
    let keys = rows.of("keys", |key| {
        key["member_id"] = rows.id("members", &key["member"]);
        key["organization_id"] = organizations[key["organization"].as_str().unwrap()]["id"].clone();
    });
    json!({
        "organizations": organizations,
        "benefits": benefits,
        "customers": customers(base, portal, people),
        "keys": Value::from([list(&base["keys"]), keys].concat()),
        "activations": Value::from([list(&base["activations"]), list(&portal["activations"])].concat()),
        "members": rows.of("members", |row| {
            row["customer_id"] = rows.id("customers", &row["customer"]);
            row["role"] = row["member_role"].clone();
        }),
        "products": portal["products"],
        "orders": rows.of("orders", |row| {
            row["product_id"] = rows.id("products", &row["product"]);
            row["checkout_id"] = rows.id("checkouts", &row["checkout"]);
        }),
        "benefit_grants": rows.of("benefit_grants", |row| {
            row["order_id"] = rows.id("orders", &row["order"]);
            row["member_id"] = rows.id("members", &row["member"]);
        }),
        "seats": rows.of("seats", |row| {
            row["order_id"] = rows.id("orders", &row["order"]);
            row["member_id"] = rows.id("members", &row["member"]);
        }),
        "checkouts": rows.of("checkouts", |row| {
            row["client_secret"] = token("polar_c_", &row["client_secret"]);
            row["product_id"] = rows.id("products", &row["product"]);
            row["expires"] = row["expires_at"].clone();
        }),
        "checkout_links": rows.of("checkout_links", |row| {
            row["client_secret"] = token("polar_cl_", &row["client_secret"]);
            row["product_id"] = rows.id("products", &row["product"]);
        }),
        "sessions": rows.of("sessions", |row| {
            let of_member = row["kind"] == "member";
            row["token"] = token(if of_member { "polar_mst_" } else { "polar_cst_" }, &row["token"]);
            row[if of_member { "member_id" } else { "customer_id" }] = row["subject"].clone();
        }),
        "codes": portal["codes"],
        "vendor_token": token("polar_oat_", &portal["vendor_token"]["token"]),
    })
}

fn organizations(base: &Value, portal: &Value) -> Map<String, Value> {
    let of_base = base["organizations"].as_object().unwrap().iter().map(|(name, id)| (name, json!({ "id": id })));
    let of_portal = portal["organizations"].as_object().unwrap().iter().map(|(name, row)| (name, row.clone()));
    let mut all: Map<String, Value> = of_base.chain(of_portal).map(|(name, row)| (name.clone(), row)).collect();
    for (name, organization) in &mut all {
        let update = &portal["organization_updates"][name];
        let row = if update.is_null() { &portal["organizations"][name] } else { update };
        let features = &row["feature_settings"];
        organization["members"] = (features["member_model_enabled"] == true).into();
        organization["seats"] = (features["seat_based_pricing_enabled"] == true).into();
    }
    all
}

/// Returns all customers. For most of them, the seed files contain only the ids, and the recorded replies contain the
/// data.
fn customers(base: &Value, portal: &Value, people: &HashMap<String, Value>) -> Map<String, Value> {
    let of_base = base["customers"].as_object().unwrap().iter();
    let of_base = of_base.map(|(name, id)| (name.clone(), people[id.as_str().unwrap()].clone()));
    let of_portal = list(&portal["customers"]).into_iter().map(|row| {
        let recorded = people.get(row["id"].as_str().unwrap());
        (row["role"].as_str().unwrap().to_owned(), recorded.unwrap_or(&row).clone())
    });
    let mut all: Map<String, Value> = of_base.chain(of_portal).collect();
    all.values_mut().for_each(|customer| customer["modified_at"] = Value::Null);
    all
}
