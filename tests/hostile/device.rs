//! The devices that the README of the table describes. Each has a record that was made by a real activation at the
//! local Polar.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey, Timestamp as PolarTime};
use polar_license::blocking::{Client, Transport};
use polar_license::clock::{Clock, ManualClock};
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Request};
use polar_license::{ConfigBuilder, Timestamp};
use serde_json::{Value, json};

use super::server::ask;
use super::table::{Names, Reply};

/// The time at which each case begins, on the device's clock and on Polar's.
const START: &str = "2026-11-21T12:00:00Z";

pub(crate) struct Device<'a> {
    polar: &'a MockPolar,
    pub(crate) key: String,
    /// The configuration of every app on the device, except the time-out.
    settings: Value,
    stored: Bytes,
    clock: Arc<ManualClock>,
}

impl<'a> Device<'a> {
    /// Creates a device in the state `none`, `active`, `grace`, `denied` or `untrusted`. Its apps ask Polar at `url`.
    pub(crate) fn new(polar: &'a MockPolar, prior: &str, url: &str) -> Self {
        polar.freeze_clock(PolarTime::parse(START).unwrap());
        let settings = json!({
            "organizationId": DEMO_ORGANIZATION, "appId": "com.example.app", "environment": url,
            "deviceId": "a test machine", "label": "Till 7", "features": {"export": [DEMO_BENEFIT_PRO]},
        });
        let clock = Arc::new(ManualClock::new(Timestamp::parse(START).unwrap()));
        let device = Self { polar, key: new_key(polar), settings, stored: Bytes::default(), clock };
        if prior == "none" {
            return device;
        }
        let client = device.client(url);
        client.activate(&device.key).unwrap();
        match prior {
            "active" => {}
            "grace" => {
                let days = Duration::from_secs(2 * 24 * 60 * 60);
                device.clock.advance(days);
                polar.advance_clock(days);
            }
            "denied" => {
                polar.revoke(&device.key);
                assert!(!client.validate().allowed());
            }
            "untrusted" => {
                let mut stored = device.stored.0.lock().unwrap();
                *stored.as_mut().unwrap().last_mut().unwrap() ^= 1;
            }
            _ => panic!("unknown device `{prior}`"),
        }
        // after this time, the requests of the preparation no longer count for the pace
        device.clock.advance(Duration::from_secs(2));
        device
    }

    /// Returns a client whose requests reach the local Polar, whatever the configured address.
    fn client(&self, url: &str) -> Client {
        let config = ConfigBuilder::from_json(&self.settings.to_string()).unwrap().build().unwrap();
        let transport = Straight { from: url.to_owned(), polar: self.polar.url(), clock: Arc::clone(&self.clock) };
        let builder = Client::builder(config).store(self.stored.clone()).clock(Arc::clone(&self.clock));
        builder.transport(transport).open().unwrap()
    }
}

/// A case for an app, as the README describes it.
pub(crate) struct Case {
    pub(crate) json: Value,
    /// The key that the app's request is about.
    pub(crate) key: String,
}

/// The app's time-out in cases in which an answer comes.
const LONG_MS: u64 = 30_000;
/// The time that a save takes on the app's clock. This time is so long that the pace never delays an operation.
const SAVE_MS: u64 = 1_200;
/// The additional time for which an operation waits if it changes something at Polar.
const EXTRA_MS: u64 = 25_000;

impl Device<'_> {
    /// Returns the case in which an app on this device asks `question` and receives `reply`. If no answer comes, the
    /// app waits a little longer than `wait_ms`.
    pub(crate) fn case(&self, question: &str, reply: &Reply, wait_ms: u64) -> Case {
        let is_new = matches!(question, "question" | "activate");
        let key = if is_new { new_key(self.polar) } else { self.key.clone() };
        let mut settings = self.settings.clone();
        settings["timeoutMs"] = if reply.stalls() { wait_ms } else { LONG_MS }.into();
        // without an answer, loading or saving takes most of the available time, so that little is left for the next
        // request
        let taken = if reply.stalls() && question != "validate" { EXTRA_MS } else { 0 };
        let is_behind_a_save = matches!(question, "activate" | "deactivate");
        // a deactivation saves twice if processes take turns
        let [load_ms, save_ms] =
            if is_behind_a_save { [0, taken.saturating_sub(SAVE_MS).max(SAVE_MS)] } else { [taken, SAVE_MS] };
        let stored = self.stored.0.lock().unwrap().clone();
        let hex = |record: Vec<u8>| record.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let json = json!({
            "settings": settings,
            "record": stored.map(hex),
            "wallMs": self.clock.now().wall.unix_ms(),
            "firstLoadMs": load_ms,
            "firstSaveMs": save_ms,
            "saveMs": SAVE_MS,
            "ask": if question == "question" { "activate" } else { question },
            "key": key,
            "count": 3,
        });
        Case { json, key }
    }

    /// Returns the names that a reply to a question about this key may contain, with their values.
    pub(crate) fn names(&self, key: &str, question: &str, url: &str) -> Names {
        let now = self.clock.now().wall.to_string();
        let seat = self.polar.activations(&self.key).first().map(|seat| seat.id.clone());
        let id = self.polar.key(key).id;
        let asks_about_seat = matches!(question, "validate" | "consume" | "question");
        let license = json!({
            "id": id, "organization_id": DEMO_ORGANIZATION, "benefit_id": DEMO_BENEFIT_PRO, "key": key,
            "display_key": "****-000000", "status": "granted", "limit_activations": 2, "usage": 0, "limit_usage": 10,
            "expires_at": null, "last_validated_at": now, "created_at": now, "validations": 1,
            "customer": {"email": "ada@example.com", "name": "Ada Lovelace"},
            "activation": seat.filter(|_| asks_about_seat).map(|seat| json!({"id": seat})),
        });
        let outer = (question == "activate").then(|| {
            let seat = "de300000-0000-4000-8000-0000000000aa";
            json!({"id": seat, "license_key_id": id, "label": "Till 7", "created_at": now})
        });
        let values = vec![("$KEY", key.to_owned()), ("$key", key.to_lowercase()), ("$SELF", url.to_owned())];
        Names { values, license, outer }
    }
}

fn new_key(polar: &MockPolar) -> String {
    polar.add_key(NewKey::new("pro").limit_activations(2).limit_usage(10))
}

#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Option<Vec<u8>>>>);

impl Store for Bytes {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = Some(record.to_vec());
        Ok(())
    }

    fn remove(&self) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

/// A transport whose requests reach the local Polar, whatever address the app is configured with. Each request advances
/// the clock, so that the pace never delays a request.
struct Straight {
    from: String,
    polar: String,
    clock: Arc<ManualClock>,
}

impl Transport for Straight {
    fn send(&self, request: &Request) -> Answer {
        self.clock.advance(Duration::from_millis(600));
        let path = request.url.trim_start_matches(&self.from);
        let headers: String = Request::HEADERS.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = request.body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: polar\r\n{headers}content-length: {length}\r\n\r\n");
        let (status, body) = ask(&self.polar, &format!("{head}{}", request.body.as_str()));
        Answer::reply(status, body)
    }
}
