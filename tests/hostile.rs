//! A hostile server: everything that something in Polar's place may answer, to every question, on every device. What must
//! come of it is in `tests/hostile/table.json`, for every language that runs it.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers fail by panicking")]

#[path = "hostile/server.rs"]
mod server;
mod support;
#[path = "hostile/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use polar_license::blocking::{Client, HttpTransport, Transport};
use polar_license::clock::{Clock, SystemClock};
use polar_license::transport::{Answer, Request};
use polar_license::{Decision, Error};
use serde_json::{Value, json};
use server::Server;
use support::{Bytes, Hand, app};
use table::{Names, Reply, Table};

/// The test runs in a process with these set: nothing here is TLS, and to read a system's root certificates for every
/// request takes ten times as long as all the rest.
const NO_CERTIFICATES: [(&str, &str); 2] = [("SSL_CERT_DIR", "/nonexistent"), ("SSL_CERT_FILE", "/dev/null")];

const APP: &str = "com.example.app";
/// How long a request may take here; far more than a reply that comes.
const PATIENCE: Duration = Duration::from_millis(400);
/// Far longer than any operation takes, and than this machine makes of it when it is busy.
const LONGEST_MS: u64 = 20_000;
/// No message is longer than a few lines, whatever a server said.
const LONGEST_TEXT: usize = 600;

/// What is asked, and the request that the hostile server answers; all others reach the local Polar.
const QUESTIONS: [(&str, &str); 5] = [
    ("validate", "validate"),
    ("consume", "validate"),
    // what an activation of another key begins with: about the seat that is known here, or else about the key
    ("question", "validate"),
    ("activate", "activate"),
    ("deactivate", "deactivate"),
];

/// Sends the first request to one endpoint to the hostile server, and all others on.
struct Diverted {
    hand: Hand,
    endpoint: &'static str,
    hostile: Option<String>,
    diverted: Arc<AtomicUsize>,
}

impl Transport for Diverted {
    fn post(&self, request: &Request) -> Answer {
        self.hand.advance(Duration::from_millis(600));
        let mut request = request.clone();
        if let Some(hostile) = &self.hostile
            && request.url.ends_with(self.endpoint)
            && self.diverted.fetch_add(1, Ordering::SeqCst) == 0
        {
            let path = request.url.find("/v1/").unwrap();
            request.url.replace_range(..path, hostile);
            request.timeout = PATIENCE;
        }
        HttpTransport::new().post(&request)
    }
}

/// A device with what is stored on it.
struct Device<'a> {
    polar: &'a MockPolar,
    key: String,
    store: Bytes,
    hand: Hand,
}

impl<'a> Device<'a> {
    /// `none`, `active`, `grace`, `denied` or `untrusted`.
    fn new(polar: &'a MockPolar, prior: &str) -> Self {
        let hand = Hand::with(polar);
        let device = Self { polar, key: new_key(polar), store: Bytes::default(), hand };
        if prior == "none" {
            return device;
        }
        let client = device.client("", None).0;
        client.activate(&device.key).unwrap();
        match prior {
            "active" => {}
            "grace" => {
                let days = Duration::from_secs(2 * 24 * 60 * 60);
                device.hand.advance(days);
                polar.advance_clock(days);
            }
            "denied" => {
                polar.revoke(&device.key);
                assert!(!client.validate().allowed());
            }
            "untrusted" => {
                let mut stored = device.store.0.lock().unwrap();
                *stored.as_mut().unwrap().last_mut().unwrap() ^= 1;
            }
            _ => panic!("no device is `{prior}`"),
        }
        device
    }

    fn client(&self, endpoint: &'static str, hostile: Option<String>) -> (Client, Arc<AtomicUsize>) {
        let diverted = Arc::new(AtomicUsize::new(0));
        let transport = Diverted { hand: self.hand.clone(), endpoint, hostile, diverted: Arc::clone(&diverted) };
        let builder = Client::builder(app(&self.polar.url(), APP).build().unwrap()).store(self.store.clone());
        (builder.transport(transport).clock(self.hand.clone()).open().unwrap(), diverted)
    }
}

fn new_key(polar: &MockPolar) -> String {
    polar.add_key(NewKey::new("pro").limit_activations(2).limit_usage(10))
}

/// What an app or a user gets to see of an operation.
struct Seen {
    outcome: Value,
    texts: Vec<String>,
}

impl Seen {
    fn of(result: Result<Decision, Error>, deactivated: Option<&str>) -> Self {
        match result {
            Ok(decision) => {
                let mut outcome = outcome_of(&decision);
                if let Some(deactivated) = deactivated {
                    outcome["deactivated"] = deactivated.into();
                }
                Self { outcome, texts: vec![decision.to_json(), format!("{decision:?}")] }
            }
            Err(error) => {
                let mut outcome = outcome_of(error.decision().unwrap());
                let reason = error.reason().map(|reason| reason.to_string());
                outcome["error"] =
                    json!({"kind": error.kind().as_str(), "reason": reason, "maybeApplied": error.maybe_applied()});
                let texts = vec![error.to_string(), error.to_json(), format!("{error:?}")];
                Self { outcome, texts }
            }
        }
    }
}

fn outcome_of(decision: &Decision) -> Value {
    json!({
        "state": decision.state().as_str(),
        "allowed": decision.allowed(),
        "reason": decision.reason().map(|reason| reason.to_string()),
        "problem": decision.problem().map(|problem| problem.kind.as_str()),
    })
}

/// Asks, with the hostile server in Polar's place for one request.
fn ask(question: &str, client: &Client, key: &str) -> Seen {
    match question {
        "validate" => Seen::of(Ok(client.validate()), None),
        "consume" => Seen::of(client.consume(3), None),
        "question" | "activate" => Seen::of(client.activate(key), None),
        "deactivate" => match client.deactivate() {
            Ok(done) => Seen::of(Ok(done.decision), Some(done.deactivated.as_str())),
            Err(error) => Seen::of(Err(error), None),
        },
        _ => panic!("no question is `{question}`"),
    }
}

/// What is wrong with the outcome of one reply; `expected` by the table.
fn try_reply(
    polar: &MockPolar,
    server: &Server,
    reply: &Reply,
    prior: &str,
    (question, endpoint): (&str, &'static str),
    expected: &Value,
) -> Result<(), String> {
    let device = Device::new(polar, prior);
    let is_new = matches!(question, "question" | "activate");
    let key = if is_new { new_key(polar) } else { device.key.clone() };
    let names = names(&device, &key, question, server);
    server.answer(reply.parts(&names), reply.stalls());
    let (client, diverted) = device.client(endpoint, Some(server.url()));
    let clock = SystemClock::new();
    let begun = clock.now().mono;
    let seen = ask(question, &client, &key);
    let took = clock.now().mono - begun;
    drop(client);
    let next = device.client("", None).0.current();

    let found = json!({"now": seen.outcome, "next": outcome_of(&next)});
    let reason = reply.reason.as_deref().unwrap_or_default();
    let expected: Value = serde_json::from_str(&expected.to_string().replace("$reason", reason)).unwrap();
    if found != expected {
        return Err(format!("the outcome is\n    {found}\n  instead of\n    {expected}"));
    }
    let ensure = |holds, wrong: String| if holds { Ok(()) } else { Err(wrong) };
    ensure(diverted.load(Ordering::SeqCst) >= 1, String::from("the server was never asked"))?;
    ensure(server.requests() == 1, format!("the server was asked {} times", server.requests()))?;
    ensure(!server.was_followed(), String::from("a redirect was followed"))?;
    ensure(took < LONGEST_MS, format!("it took {took} ms"))?;
    for text in seen.texts.iter().chain([&next.to_json()]) {
        ensure(!text.contains(&key) && !text.contains(&device.key), format!("the key is in `{text}`"))?;
        let strange = text.chars().find(|c| c.is_control() || is_bidirectional(*c));
        ensure(strange.is_none(), format!("{strange:?} is in `{text}`"))?;
        ensure(text.len() < LONGEST_TEXT + next.to_json().len() * 2, format!("{} bytes of text", text.len()))?;
    }
    Ok(())
}

fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn names(device: &Device, key: &str, question: &str, server: &Server) -> Names {
    let now = device.hand.now().wall.to_string();
    let seat = device.polar.activations(&device.key).first().map(|seat| seat.id.clone());
    let id = device.polar.key(key).id;
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
    let values = vec![("$KEY", key.to_owned()), ("$key", key.to_lowercase()), ("$SELF", server.url())];
    Names { values, license, outer }
}

#[test]
fn every_answer_to_every_question_on_every_device_comes_to_what_the_table_says() {
    if std::env::var(NO_CERTIFICATES[0].0).as_deref() != Ok(NO_CERTIFICATES[0].1) {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", thread::current().name().unwrap(), "--nocapture"]).envs(NO_CERTIFICATES);
        assert!(again.status().unwrap().success());
        return;
    }
    try_all(&Table::read());
}

fn try_all(table: &Table) {
    const AT_A_TIME: usize = 8;
    let mut cases = Vec::new();
    let mut unused: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for (prior, questions) in &table.outcomes {
        for (question, outcomes) in questions {
            let asked = *QUESTIONS.iter().find(|(name, _)| name == question).unwrap();
            unused.extend(outcomes.keys().map(|class| (prior.as_str(), question.as_str(), class.as_str())));
            for reply in &table.answers {
                let Some(class) = reply.is(question) else { continue };
                unused.remove(&(prior.as_str(), question.as_str(), class));
                let expected = outcomes.get(class);
                let expected =
                    expected.unwrap_or_else(|| panic!("no outcome for `{class}` of `{question}` on `{prior}`"));
                cases.push((reply, prior.as_str(), asked, expected));
            }
        }
    }
    let count = cases.len();
    let cases = Mutex::new(cases.into_iter());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let (server, polar) = (Server::start(), MockPolar::start().unwrap());
                let next = || cases.lock().unwrap().next();
                while let Some((reply, prior, asked, expected)) = next() {
                    if let Err(text) = try_reply(&polar, &server, reply, prior, asked, expected) {
                        wrong.lock().unwrap().push(format!("{} → {} on {prior}: {text}", reply.name, asked.0));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("hostile server: {count} outcomes of {} answers", table.answers.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
