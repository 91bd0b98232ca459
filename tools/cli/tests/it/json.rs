//! Tests that the JSON object for scripts always has the same members in the same order.

use crate::support::{Device, start_polar};
use mock_polar::{DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;

/// Returns the members in the generated list `name`, in the list's order.
fn listed(name: &str) -> Vec<String> {
    let lists: Value = serde_json::from_str(include_str!("../../../../tests/scenarios/members.json")).unwrap();
    lists[name].as_array().unwrap().iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_operation_prints_the_decision() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let key = DEMO_KEY_TEN_USES;
    for args in [&["status"][..], &["activate", key], &["validate"], &["refresh"], &["status"], &["consume", "3"]] {
        assert_eq!(members(&device, args), listed("decision"), "{args:?}");
    }
    assert_eq!(members(&device, &["forget"]), [listed("decision"), vec!["takenSeat".into()]].concat());
}

#[test]
fn a_feature_and_a_deactivation_add_their_result() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TEN_USES);
    let feature = |args: &[&str]| {
        let run = device.run(&[args, &["--json"]].concat());
        let top = Members::of(&run.stdout);
        assert_eq!(top.0.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["feature", "license"], "{args:?}");
        assert_eq!(top.inside("license"), listed("decision"), "{args:?}");
        let explanation = ["name", "allowed", "reason", "nextStep", "nextUrl", "message", "detail"];
        assert_eq!(top.inside("feature"), explanation, "{args:?}");
        let feature = &run.json()["feature"];
        json!([feature["name"], feature["allowed"], feature["reason"], feature["nextStep"]])
    };
    assert_eq!(feature(&["allows", "export"]), json!(["export", true, null, "none"]));
    assert_eq!(feature(&["allows", "sync"]), json!(["sync", false, "not_included", "renew"]));
    let json = device.json(&["deactivate"]).1;
    assert_eq!(json["deactivated"], "not_needed");
    assert_eq!(feature(&["allows", "export"]), json!(["export", false, "not_licensed", "enter_key"]));
    let seated = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    assert_eq!(members(&seated, &["deactivate"]), [listed("decision"), vec!["deactivated".into()]].concat());
}

#[test]
fn a_failure_has_one_shape() {
    let polar = start_polar();
    let licensed = Device::licensed(&polar, DEMO_KEY_TEN_USES);
    let new = Device::new(&polar);
    for (device, args) in [
        (&licensed, &["activate", DEMO_KEY_REVOKED][..]),
        (&licensed, &["consume", "11"]),
        (&licensed, &["buy", "not a link"]),
        (&new, &["deactivate"]),
        (&new, &["restore"]),
        (&new, &["restore", "--bogus"]),
        (&new, &["status", "--app", "my app"]),
    ] {
        assert_eq!(members(device, args), ["error", "license"], "{args:?}");
        let run = device.run(&[args, &["--json"]].concat());
        assert_eq!(Members::of(&run.stdout).inside("error"), listed("error"), "{args:?}");
    }
    let run = licensed.run(&["activate", DEMO_KEY_REVOKED, "--json"]);
    assert_eq!(Members::of(&run.stdout).inside("license"), listed("decision"));
    assert!(run.stderr.contains(run.json()["error"]["message"].as_str().unwrap()), "{run:?}");
}

#[test]
fn wrong_usage_is_an_object_too() {
    let polar = start_polar();
    let device = Device::new(&polar);
    for (args, detail) in [
        (&["activate", "--bogus"][..], "unexpected argument '--bogus' found"),
        (&["valdiate"], "unrecognized subcommand 'valdiate'"),
        (&["consume", "none"], "invalid value 'none' for '<N>': invalid digit found in string"),
        (&["consume"], "the following required arguments were not provided: <N>"),
        (&["allows", "import"], "no feature `import` is configured; add `--feature import=BENEFIT`"),
        (&[], "'polar-license' requires a subcommand but one was not provided"),
        (&["status", "--app", "my app"], "the app id `my app` "),
    ] {
        let (status, printed) = device.json(args);
        assert_eq!((status, &printed["error"]["kind"]), (2, &"invalid_config".into()), "{args:?}: {printed}");
        let text = printed["error"]["detail"].as_str().unwrap();
        assert!(text.starts_with(detail), "{args:?}: {printed}");
        assert!(printed["error"]["message"].as_str().unwrap().ends_with('.'), "{printed}");
    }
    assert_eq!(device.run(&["--help", "--json"]).status, 0);
}

#[test]
fn the_values_are_those_of_polars_answer() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.stop();
    let run = device.run(&["validate", "--json"]);
    let problem = ["kind", "message", "detail", "retryAfterMs", "maybeApplied"];
    assert_eq!(Members::of(&run.stdout).inside("problem"), problem);
    let decision = run.json();
    let [seat] = &polar.activations(DEMO_KEY_TWO_DEVICES)[..] else { panic!("one seat is taken") };
    for (member, value) in [
        ("allowed", Value::from(true)),
        ("state", "active".into()),
        ("reason", Value::Null),
        ("displayKey", "****-EVICES".into()),
        ("benefitId", mock_polar::DEMO_BENEFIT_PRO.into()),
        ("activationId", seat.id.clone().into()),
        ("activationLabel", seat.label.clone().into()),
        ("expiresAt", Value::Null),
        ("usage", 0.into()),
        ("limitUsage", Value::Null),
        ("limitActivations", 2.into()),
        ("features", serde_json::json!({ "export": true, "sync": false })),
        ("nextStep", "none".into()),
    ] {
        assert_eq!(decision[member], value, "{member}");
    }
    for member in ["confirmedAt", "refreshAt", "graceEndsAt", "noticeAt"] {
        let at = decision[member].as_str().unwrap();
        assert!(at.ends_with('Z') && polar_license::Timestamp::parse(at).is_some(), "{member} {at}");
    }
}

fn members(device: &Device<'_>, args: &[&str]) -> Vec<String> {
    let run = device.run(&[args, &["--json"]].concat());
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    Members::of(&run.stdout).0.into_iter().map(|(name, _)| name).collect()
}

/// The members of an object, in the order in which they were written.
struct Members(Vec<(String, Box<serde_json::value::RawValue>)>);

impl Members {
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    /// Returns the names of the members inside the member `name`.
    fn inside(&self, name: &str) -> Vec<String> {
        let (_, object) = self.0.iter().find(|(member, _)| member == name).unwrap();
        Self::of(object.get()).0.into_iter().map(|(name, _)| name).collect()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
