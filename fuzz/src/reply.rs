//! Reads any reply to each kind of request, as if a foreign server had answered in Polar's place.

use polar_license::transport::{Answer, Failure, Sent};
use polar_license::wire::{Activate, Cause, Confirmed, Deactivate, Rejection, Validate};
use polar_license::{Timestamp, Values};

use super::{KEY, LICENSE, ORGANIZATION, assert_printable, key, value};

const STATUSES: [u16; 16] = [200, 204, 400, 403, 404, 422, 429, 500, 503, 511, 201, 302, 401, 407, 418, 0];

/// Reads a reply. The first byte chooses the request, the second byte the status; the following bytes are the body.
pub fn run(data: &[u8]) {
    let [request, status, body @ ..] = data else { return };
    let status = STATUSES[usize::from(status % 16)];
    let answer = if *request & 0x80 == 0 {
        Answer::Reply {
            status,
            retry_after: Some(u32::from(*request) << 8),
            location: None,
            body: body.to_vec().into(),
        }
    } else {
        let message = String::from_utf8_lossy(body).replace(KEY, "");
        Answer::Failed { failure: Failure::Network, sent: Sent::Maybe, message }
    };
    let organization_id = ORGANIZATION.parse().expect("a valid id");
    let seat = LICENSE.parse().expect("a valid id");
    let (key, values) = (key(), Values::default());
    match request % 4 {
        0 => check(status, body, Validate::new(&key, organization_id).read(&answer), ""),
        1 => {
            let increment_usage = Some(3);
            let activation_id = Some(seat);
            let request = Validate { activation_id, increment_usage, ..Validate::new(&key, organization_id) };
            check(status, body, request.read(&answer), "");
        }
        2 => {
            let (label, conditions) = (String::from("Till 7"), values.clone());
            let request = Activate { key, organization_id, label, conditions, meta: values };
            check(status, body, request.read(&answer), "/license_key");
        }
        _ => match (Deactivate { key, organization_id, activation_id: seat }).read(&answer) {
            Ok(()) => assert!(status == 204 && body.is_empty()),
            Err(rejection) => check_rejection(status, body, &rejection),
        },
    }
}

/// Checks that another JSON reader finds the same confirmation.
fn check(status: u16, body: &[u8], result: Result<Confirmed, Rejection>, license: &str) {
    match result {
        Ok(confirmed) => {
            assert_eq!(status, 200);
            let Some(document) = value(body) else { return };
            let license = document.pointer(license).expect("a confirmation has a license");
            assert_eq!(license["key"], KEY);
            assert_eq!(license["organization_id"].as_str().map(plain), Some(plain(ORGANIZATION)));
            assert_eq!(license["status"], "granted");
            let ends = license["expires_at"].as_str();
            assert_eq!(confirmed.terms.expires_at, ends.and_then(Timestamp::parse));
        }
        Err(rejection) => check_rejection(status, body, &rejection),
    }
}

fn check_rejection(status: u16, body: &[u8], rejection: &Rejection) {
    assert_printable(&rejection.to_string());
    if matches!(rejection, Rejection::Denied(_) | Rejection::NotAnswered(Cause::UsageExhausted)) {
        assert!(matches!(status, 400 | 403 | 404), "status {status} was read as a denial");
        let Some(document) = value(body) else { return };
        assert!(document["error"].is_string() && document["detail"].is_string());
    }
}

/// Removes the hyphens of a UUID and converts it to lower case. All texts that differ only in this are the same id.
fn plain(id: &str) -> String {
    id.replace('-', "").to_ascii_lowercase()
}
