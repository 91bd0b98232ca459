//! Makes a record with many seats that are still to be released, as if no deactivation had ever reached Polar.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use polar_license::Now;
use polar_license::blocking::Client;
use polar_license::clock::{Clock, SystemClock};
use polar_license::transport::{Answer, Failure, Request, Sent, Transport};
use serde_json::{Value, json};

use crate::{ORGANIZATION, PRO};

/// Activates one key after the other. Each activation replaces the previous key, and leaves a seat that is still to be
/// released.
pub fn leave(client: &Client, releases: usize) {
    client.forget().unwrap();
    for number in 0..=releases {
        assert!(client.activate(&format!("KEY-{number}")).unwrap().allowed());
    }
}

/// A connection to a Polar that activates every key. No deactivation reaches it.
pub struct HalfReachable;

impl Transport for HalfReachable {
    fn send(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let (_, number) = body["key"].as_str().unwrap().rsplit_once('-').unwrap();
        let (seat, at) = (format!("ac700000-0000-4000-8000-{number:0>12}"), SystemClock::new().now().wall.to_string());
        let asks_about_seat = body.get("activation_id");
        let license = json!({
            "id": PRO, "organization_id": ORGANIZATION, "benefit_id": PRO, "key": body["key"], "status": "granted",
            "limit_activations": 1, "usage": 0, "limit_usage": null, "expires_at": null, "last_validated_at": at,
            "activation": asks_about_seat.map(|id| json!({ "id": id })),
        });
        let activated = json!({ "id": seat, "license_key_id": PRO, "created_at": at, "license_key": license });
        match request.url.rsplit('/').next() {
            Some("activate") => Answer::reply(200, activated.to_string()),
            Some("validate") if asks_about_seat.is_none_or(|id| *id == seat) => Answer::reply(200, license.to_string()),
            Some("validate") => Answer::reply(404, r#"{"error":"ResourceNotFound","detail":"Not found"}"#),
            _ => Answer::failed(Failure::Network, Sent::No, "unreachable"),
        }
    }
}

/// A clock that advances by half a second whenever it is read, so that no request has to wait for another.
#[derive(Default)]
pub struct FastClock {
    reads: AtomicU64,
}

impl Clock for FastClock {
    fn now(&self) -> Now {
        let ahead = self.reads.fetch_add(1, Ordering::Relaxed) * 500;
        let now = SystemClock::new().now();
        Now { wall: now.wall.plus(Duration::from_millis(ahead)), mono: now.mono + ahead }
    }
}
