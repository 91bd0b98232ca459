//! The customer portal over real `fetch`. More stories are in `tests/portal.rs`.

use std::ops::ControlFlow::Continue;

use polar_license::portal::{CodeRequest, ConfirmedByUser, Devices, Restored};
use polar_license::{Deactivated, ErrorKind};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::server::{TestClock, app, control, open, seats};

#[wasm_bindgen_test]
async fn a_lost_key_of_a_dead_machine_is_restored_in_a_page() {
    let clock = TestClock::new().await;
    // a new address for each run, because the tests run several times against the same Polar
    let email = format!("iona.{}@example.com", control("/keys", None).await.as_array().unwrap().len());
    let key = control("/keys", Some(json!({ "benefit": "pro", "limit_activations": 1, "email": email }))).await;
    let key = key["key"].as_str().unwrap().to_owned();
    let dead = open(app().device_id("dead").label("A dead machine"), &clock).await;
    dead.activate(&key).await.unwrap();
    let client = open(app(), &clock).await;
    let portal = client.portal();
    assert!(matches!(portal.request_code(&email).await.unwrap(), CodeRequest::Sent(_)));
    let mails = control("/mails", None).await;
    let code = mails.as_array().unwrap().last().unwrap()["code"].as_str().unwrap().to_owned();
    assert_eq!(portal.authenticate("AAAAAA").await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let session = portal.authenticate(&code).await.unwrap();
    let Restored::NoSeat(full) = session.restore().await.unwrap() else { panic!("there is one seat, and it is taken") };
    let Devices::Listed(devices) = &full.devices else { panic!("they are shown") };
    assert_eq!(devices[0].label(), "A dead machine");
    assert_eq!(session.release(&full.key, &devices[0]).await.unwrap(), Deactivated::Released);
    let restored = session.restore_when_granted(|_| Continue(())).await.unwrap();
    assert!(matches!(restored, Restored::Licensed(license) if license.allowed()));
    assert_eq!(seats(&key).await, 1);
    let keys = session.license_keys().await.unwrap();
    let new = session.rotate(&keys[0], ConfirmedByUser).await.unwrap();
    assert_ne!(new.masked(), keys[0].masked());
    assert!(client.validate().await.problem().is_none() && client.current().allowed());
    let requests = control("/requests", None).await;
    assert!(!requests.to_string().to_lowercase().contains("polar-version"), "a request names a version: {requests}");
}
