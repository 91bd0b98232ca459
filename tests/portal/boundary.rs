//! The portal as bindings call it: requests and replies in JSON.

use crate::{EMAIL, Story};
use mock_polar::NewKey;
use polar_license::portal::boundary::operations::OPERATIONS;
use polar_license::portal::boundary::{Handles, Reply, Request};
use polar_license::{Error, ErrorKind};
use serde_json::{Value, json};
use std::ops::ControlFlow::Continue;

impl Story {
    fn call(&self, handles: &Handles, request: &Value) -> Result<Reply, Error> {
        self.client.portal().call(&request.to_string(), handles, |_| Continue(()))
    }
}

fn value(reply: &Reply) -> Value {
    serde_json::from_str(reply.json()).unwrap()
}

#[test]
fn a_dead_machine_is_replaced_by_calls_and_no_reply_has_a_secret() {
    let (story, handles) = (Story::begin(), Handles::default());
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    let call = |request: Value| story.call(&handles, &request).unwrap();

    let request = Request::new("requestCode").text("email", &format!(" {EMAIL}\n")).json();
    let sent = story.client.portal().call(&request, &handles, |_| Continue(())).unwrap();
    assert_eq!(value(&sent)["kind"], "sent");
    assert_eq!(sent.text("/email").as_deref(), Some(EMAIL));
    let session = call(json!({ "call": "authenticate", "code": story.code() }));
    let of_session = session.number("/handle").unwrap();
    assert_eq!(value(&session), json!({ "handle": of_session }));

    let full = call(json!({ "call": "restore", "session": of_session }));
    assert_eq!(value(&full)["kind"], "no_seat");
    assert_eq!(value(&full)["error"]["reason"], "activation_limit");
    assert_eq!(full.count("/devices/devices"), 1);
    assert_eq!(full.text("/devices/devices/0/label").as_deref(), Some("The laptop that fell into the lake"));
    assert_eq!(full.number("/devices/devices/0/isThis"), Some(0));
    let (device, of_key) = (full.number("/devices/devices/0/handle").unwrap(), full.number("/key/handle").unwrap());
    let released = call(json!({ "call": "release", "session": of_session, "device": device }));
    assert_eq!(value(&released), json!({ "deactivated": "released" }));
    let restored = call(json!({ "call": "activate", "session": of_session, "key": of_key }));
    assert_eq!(value(&restored), json!({ "kind": "licensed" }));
    assert!(story.client.allows("export"));
    let opened = call(json!({ "call": "checkout", "link": "polar_cl_DEMO" }));
    let secret = opened.address().unwrap().rsplit('/').next().unwrap().to_owned();

    let tokens: Vec<String> = story
        .polar
        .requests()
        .iter()
        .filter_map(|request| Some(request.header("authorization")?.replace("Bearer ", "")))
        .collect();
    assert!(!tokens.is_empty());
    let secrets = [&[key, story.code(), secret], &tokens[..]].concat();
    let replies = [sent, session, full, released, restored, opened];
    for secret in secrets {
        assert!(!replies.iter().any(|reply| reply.json().contains(&secret) || format!("{reply:?}").contains(&secret)));
    }
    assert_eq!(handles.count(), 4, "a session, a key, a device and a checkout");
    drop(replies);
    assert_eq!(handles.count(), 0);
}

#[test]
fn a_handle_is_not_valid_after_its_reply_was_dropped() {
    let (story, handles) = (Story::begin(), Handles::default());
    let session = story.call(&handles, &json!({ "call": "sessionFromToken", "token": "polar_cst_abc" })).unwrap();
    let request = json!({ "call": "restore", "session": session.number("/handle") });
    drop(session);
    let error = story.call(&handles, &request).unwrap_err();
    assert_eq!(
        (error.kind(), error.detail()),
        (ErrorKind::InvalidArgument, "`session` must be the handle of a session")
    );
    assert!(story.polar.requests().is_empty());
}

#[test]
fn an_argument_that_is_missing_or_of_another_type_is_refused_and_not_repeated() {
    let (story, handles) = (Story::begin(), Handles::default());
    for operation in OPERATIONS {
        for wrong in [Value::Null, json!(["SECRET"]), json!(-1), json!(4_000_000_000_u32), json!({ "handle": 1 })] {
            let mut request = json!({ "call": operation.name });
            for (argument, _) in operation.arguments {
                request[argument] = wrong.clone();
            }
            let error = story.call(&handles, &request).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{request}: {error}");
            assert!(!error.to_json().contains("SECRET"), "{error}");
        }
    }
    for request in [json!({}), json!("restore"), json!({ "call": "nothing" }), json!({ "call": 7 })] {
        assert_eq!(story.call(&handles, &request).unwrap_err().kind(), ErrorKind::InvalidArgument, "{request}");
    }
    let unknown = json!({ "call": "requestCode", "email": EMAIL, "mail": "SECRET" });
    let error = story.call(&handles, &unknown).unwrap_err();
    assert_eq!(error.detail(), "`requestCode` has no such argument as one of this request");
    assert!(story.polar.requests().is_empty());
}
