//! The engine's boundary as JSON, for drivers in other languages: operations and answers in, steps and outcomes out.
//! Member names are JavaScript's. Reading is lenient where a driver cannot be wrong by accident: what is missing is false
//! or absent.

use super::{Change, Deactivated, Engine, Host, Operation, Outcome, Pacer, Patience, Step};
use crate::config::ConfigBuilder;
use crate::device::DeviceId;
use crate::error::Error;
use crate::json::{Json, Writer};
use crate::store::Durability;
use crate::text::{hex, parse_uuid};
use crate::time::{Now, milliseconds};
use crate::transport::{Answer, Failure, Sent};

/// An engine that is asked in JSON, and its operations under way by number.
pub struct Session {
    engine: Box<Engine>,
    steps: Vec<(u32, Step)>,
    last_number: u32,
}

impl Session {
    /// An engine that remembers nothing yet: the operation `open` is the first. Of `parts`, `settings` is a text that
    /// [`ConfigBuilder::from_json`] reads; `device` identifies this device where the settings do not; `system` is such as
    /// `Windows 11`; `seed` is random, 32 hexadecimal digits; with `ownPace` it does not share `pacer`, for a clock that
    /// is not that of others. Returns too what [`Engine::record_tags`] does, as `{"product": …, "device": …}` in hexadecimal.
    ///
    /// # Errors
    /// `invalid_config` where a setting is wrong.
    pub fn start(parts: &[u8], pacer: &Pacer) -> Result<(Self, String), Error> {
        let json = Json::parse(parts);
        let text = |name| json.and_then(|json| json.text(name)).unwrap_or_default();
        let config = ConfigBuilder::from_json(&text("settings"))?.build()?;
        let organization = config.organization_id();
        let device = match config.device_id() {
            Some(own) => DeviceId::from_app(&organization, own),
            None => DeviceId::derive(&organization, &text("device")),
        };
        let seed = parse_uuid(&text("seed")).unwrap_or_default().into_bytes();
        let host = Host { device, system: text("system"), seed };
        let pacer = if json.is_some_and(|json| json.flag("ownPace")) { Pacer::new() } else { pacer.clone() };
        let engine = Box::new(Engine::new(config, host, pacer));
        let (product, device) = engine.record_tags();
        let tags = Writer::new().string("product", &hex(&product)).string("device", &hex(&device)).finish();
        Ok((Self { engine, steps: Vec::new(), last_number: 0 }, tags))
    }

    /// Answers a question in JSON, which bytes may follow after a NUL; so they may in the answer. `{"do": …}` is one of
    ///
    /// - `open`, `validate`, `refresh` (with `patience`: `short`, `full` or `woken`), `consume` (with `count`), `activate`
    ///   (with `key`, `replacePrevious`), `deactivate`, `forget`: the operation's first step, under the `number` to go on
    ///   with. A step is to `store`; to `send` what `url` and `body` say, at `notBefore`, within `timeoutMs`; to `join`,
    ///   until `until`; or `done`, with `decision`, `deactivated`, `changed` and `wakeAt`;
    /// - `resume`, with a step's `number`: the next step. After `store` with `problem`, in words, where the store could not
    ///   be locked, read or written; after `send` with `status`, `retryAfter` and the reply's body in bytes, or without a
    ///   reply with `failure` (`network`, `timeout`, `cancelled`), `sent` and `message`; after `join` perhaps with
    ///   `cancelled`: it is the same step once more where it has to wait longer;
    /// - `merge`, with a store step's `number`, and the stored record where there is one or `unreadable`: `{"change": …}`
    ///   with `keep`, `remove` or `put`, then `durable` and the record;
    /// - `current`: the decision at this instant.
    ///
    /// `None` for anything else.
    pub fn ask(&mut self, question: &[u8], now: Now) -> Option<Vec<u8>> {
        let nul = question.iter().position(|byte| *byte == 0);
        let (question, bytes) = match nul.and_then(|at| question.split_at_checked(at)) {
            Some((question, bytes)) => (question, bytes.get(1..)),
            None => (question, None),
        };
        let json = Json::parse(question)?;
        let answer = match json.text("do")?.as_str() {
            "current" => self.engine.current(now).to_json(),
            "merge" => return self.merge(json, bytes, now),
            "resume" => self.resume(json, bytes, now)?,
            _ => {
                let step = self.engine.begin(Operation::read(json)?, now);
                self.keep(step)
            }
        };
        Some(answer.into())
    }

    fn merge(&mut self, json: Json<'_>, stored: Option<&[u8]>, now: Now) -> Option<Vec<u8>> {
        let at = self.position(json)?;
        let (_, Step::Store(step)) = self.steps.get_mut(at)? else { return None };
        let stored = if json.flag("unreadable") { Err(()) } else { Ok(stored) };
        let change = step.merge(&self.engine, stored, now);
        let mut object = Writer::new();
        Some(match change {
            Change::Keep => object.string("change", "keep").finish().into(),
            Change::Remove => object.string("change", "remove").finish().into(),
            Change::Put(record, durability) => {
                object.string("change", "put").bool("durable", durability == Durability::Synced);
                [object.finish().as_bytes(), &record].join(&0)
            }
        })
    }

    fn resume(&mut self, json: Json<'_>, body: Option<&[u8]>, now: Now) -> Option<String> {
        let at = self.position(json)?;
        if let (number, step @ Step::Join(join)) = self.steps.get(at)?
            && self.engine.is_running(join.waits_for)
            && now.mono < join.until
            && !json.flag("cancelled")
        {
            return Some(step.to_json(*number));
        }
        let (_, step) = self.steps.swap_remove(at);
        let step = step.go_on(&mut self.engine, json, body.unwrap_or_default().into(), now)?;
        Some(self.keep(step))
    }

    fn position(&self, json: Json<'_>) -> Option<usize> {
        let number = json.get("number")?.integer()?;
        self.steps.iter().position(|(kept, _)| i64::from(*kept) == number)
    }

    /// The step as the driver sees it, with the number to go on with.
    fn keep(&mut self, step: Step) -> String {
        self.last_number = self.last_number.wrapping_add(1);
        let shown = step.to_json(self.last_number);
        if !matches!(step, Step::Done(_)) {
            self.steps.push((self.last_number, step));
        }
        shown
    }
}

impl Operation {
    fn read(json: Json<'_>) -> Option<Self> {
        let patience = || match json.text("patience")?.as_str() {
            "full" => Some(Patience::Full),
            "woken" => Some(Patience::Woken),
            _ => None,
        };
        // 0, which stands for what is no whole number, is refused like every other count that is none
        let count = || u32::try_from(json.get("count")?.integer()?.max(0)).ok().or(Some(u32::MAX));
        Some(match json.text("do")?.as_str() {
            "open" => Self::Open,
            "validate" => Self::Validate,
            "refresh" => Self::Refresh(patience().unwrap_or(Patience::Short)),
            "consume" => Self::Consume(count().unwrap_or(0)),
            "activate" => Self::Activate { key: given(json, "key"), replace_previous: json.flag("replacePrevious") },
            "deactivate" => Self::Deactivate,
            "forget" => Self::Forget,
            _ => return None,
        })
    }
}

impl Step {
    /// As [`Session::ask`] describes it.
    fn to_json(&self, number: u32) -> String {
        let what = match self {
            Self::Store(_) => "store",
            Self::Send(_) => "send",
            Self::Join(_) => "join",
            Self::Done(_) => "done",
        };
        let mut object = Writer::new();
        object.string("do", what).number("number", number.into());
        match self {
            Self::Store(_) => {}
            Self::Send(step) => {
                object
                    .number("notBefore", step.not_before)
                    .string("url", &step.request.url)
                    .string("body", &step.request.body)
                    .number("timeoutMs", milliseconds(step.request.timeout));
            }
            Self::Join(step) => {
                object.number("until", step.until);
            }
            Self::Done(outcome) => outcome.put(&mut object),
        }
        object.finish()
    }

    /// After what the driver did.
    fn go_on(self, engine: &mut Engine, json: Json<'_>, body: Vec<u8>, now: Now) -> Option<Self> {
        Some(match self {
            Self::Store(step) => step.resume(engine, given(json, "problem").map_or(Ok(()), Err), now),
            Self::Send(step) => step.resume(engine, read_answer(json, body), now),
            Self::Join(step) if json.flag("cancelled") => step.cancel(engine, now),
            Self::Join(step) => step.resume(engine, now),
            Self::Done(_) => return None,
        })
    }
}

impl Outcome {
    fn put(&self, object: &mut Writer) {
        let decision = match &self.result {
            Ok(decision) => decision.to_json(),
            Err(error) => error.to_json(),
        };
        let deactivated = self.deactivated.map(|deactivated| match deactivated {
            Deactivated::Released => "released",
            Deactivated::Unknown => "unknown",
            Deactivated::NotNeeded => "not_needed",
        });
        object
            .raw("decision", &decision)
            .opt_string("deactivated", deactivated)
            .bool("changed", self.changed)
            .opt_number("wakeAt", self.wake_at);
    }
}

/// A text that may be absent. One that is no text in UTF-8 is there all the same, and empty.
fn given(json: Json<'_>, name: &str) -> Option<String> {
    json.get(name).filter(|value| !value.is_null()).map(|value| value.string().unwrap_or_default())
}

fn read_answer(json: Json<'_>, body: Vec<u8>) -> Answer {
    let number = |name| json.get(name).and_then(Json::integer);
    if let Some(status) = number("status") {
        let retry_after = number("retryAfter").and_then(|seconds| u32::try_from(seconds).ok());
        return Answer::Reply { status: u16::try_from(status).unwrap_or(0), retry_after, body };
    }
    let failure = match json.text("failure").unwrap_or_default().as_str() {
        "timeout" => Failure::Timeout,
        "cancelled" => Failure::Cancelled,
        _ => Failure::Network,
    };
    let sent = if json.flag("sent") { Sent::Maybe } else { Sent::No };
    Answer::Failed { failure, sent, message: json.text("message").unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::device::DeviceId;
    use crate::engine::{Host, Pacer};
    use crate::time::Timestamp;

    fn engine() -> Engine {
        let config = Config::new("a0010000-0000-4000-8000-000000000001", "com.acme.app").build().unwrap();
        let device = DeviceId::derive(&config.organization_id(), "here");
        Engine::new(config, Host { device, system: "Web".into(), seed: [7; 16] }, Pacer::new())
    }

    fn now() -> Now {
        Now { wall: Timestamp::from_unix_ms(1_800_000_000_000), mono: 5 }
    }

    #[test]
    fn operations_are_read() {
        let activate =
            |key: Option<&str>, replace_previous| Operation::Activate { key: key.map(str::to_owned), replace_previous };
        let cases = [
            (r#"{"do":"open"}"#, Some(Operation::Open)),
            (r#"{"do":"refresh"}"#, Some(Operation::Refresh(Patience::Short))),
            (r#"{"do":"refresh","patience":"woken"}"#, Some(Operation::Refresh(Patience::Woken))),
            (r#"{"do":"consume","count":4294967296}"#, Some(Operation::Consume(u32::MAX))),
            (r#"{"do":"consume","count":1.5}"#, Some(Operation::Consume(0))),
            (r#"{"do":"activate","key":null}"#, Some(activate(None, false))),
            (r#"{"do":"activate","key":"K","replacePrevious":true}"#, Some(activate(Some("K"), true))),
            (r#"{"do":"activate","key":"\ud800"}"#, Some(activate(Some(""), false))),
            (r#"{"do":"steal"}"#, None),
            ("", None),
        ];
        for (text, operation) in cases {
            assert_eq!(Json::parse(text.as_bytes()).and_then(Operation::read), operation, "{text}");
        }
    }

    fn session(parts: &str) -> Result<(Session, String), Error> {
        Session::start(parts.as_bytes(), &Pacer::new())
    }

    const PARTS: &str = r#"{
        "settings": "{\"organizationId\":\"a0010000-0000-4000-8000-000000000001\",\"appId\":\"com.acme.app\"}",
        "device": "here", "system": "Web", "seed": "07070707070707070707070707070707", "ownPace": true
    }"#;

    #[test]
    fn a_session_is_asked_by_numbers() {
        let (mut session, tags) = session(PARTS).unwrap();
        let (product, device) = engine().record_tags();
        assert_eq!(tags, format!(r#"{{"product":"{}","device":"{}"}}"#, hex(&product), hex(&device)));
        let mut ask = |question: &str| String::from_utf8(session.ask(question.as_bytes(), now())?).ok();
        let store = |number: u32| format!(r#"{{"do":"store","number":{number}}}"#);
        let keep = Some(r#"{"change":"keep"}"#.to_owned());
        assert_eq!(ask(r#"{"do":"open"}"#), Some(store(1)));
        assert_eq!(ask(r#"{"do":"merge","number":1}"#), keep);
        let waiting = ask(r#"{"do":"forget"}"#).unwrap();
        assert!(waiting.starts_with(r#"{"do":"join","number":2,"until":"#), "{waiting}");
        assert_eq!(ask(r#"{"do":"resume","number":2}"#), Some(waiting), "it waits longer");
        for unknown in [r#"{"do":"resume","number":7}"#, r#"{"do":"merge","number":2}"#, r#"{"do":"steal"}"#, ""] {
            assert_eq!(ask(unknown), None, "{unknown}");
        }
        let done = ask(r#"{"do":"resume","number":1}"#).unwrap();
        assert!(done.starts_with(r#"{"do":"done","number":3,"#), "{done}");
        assert_eq!(ask(r#"{"do":"resume","number":1}"#), None, "answered twice");
        assert_eq!(ask(r#"{"do":"resume","number":2}"#), Some(store(4)), "its turn");
        assert_eq!(ask("{\"do\":\"merge\",\"number\":4}\0record"), Some(r#"{"change":"remove"}"#.into()));
        assert_eq!(ask(r#"{"do":"merge","number":4,"unreadable":true}"#), keep);
        assert!(ask(r#"{"do":"current"}"#).unwrap().starts_with(r#"{"allowed":false,"#));
    }

    #[test]
    fn a_join_that_is_late_or_cancelled_ends() {
        let (mut session, _) = session(PARTS).unwrap();
        let mut ask =
            |question: &str, mono| String::from_utf8(session.ask(question.as_bytes(), Now { mono, ..now() })?).ok();
        ask(r#"{"do":"open"}"#, 5).unwrap();
        ask(r#"{"do":"forget"}"#, 5).unwrap();
        let done = ask(r#"{"do":"resume","number":2}"#, 1_000_000).unwrap();
        assert!(done.starts_with(r#"{"do":"done","#) && done.contains(r#""error":{"kind":"timeout""#), "{done}");
        ask(r#"{"do":"forget"}"#, 5).unwrap();
        let done = ask(r#"{"do":"resume","number":4,"cancelled":true}"#, 5).unwrap();
        assert!(done.starts_with(r#"{"do":"done","#) && done.contains(r#""error":{"kind":"cancelled""#), "{done}");
    }

    #[test]
    fn who_joined_a_question_that_was_cancelled_asks() {
        let (mut session, _) = session(PARTS).unwrap();
        let mut ask = |question: &str| String::from_utf8(session.ask(question.as_bytes(), now())?).ok();
        let license = r#"{"id":"c0010000-0000-4000-8000-000000000001","status":"granted","key":"KEY-1",
            "organization_id":"a0010000-0000-4000-8000-000000000001","benefit_id":"b0010000-0000-4000-8000-000000000001",
            "limit_activations":null,"limit_usage":null,"usage":0,"expires_at":null,"activation":null,
            "last_validated_at":"2027-01-15T08:00:00Z"}"#;
        let activation = [
            r#"{"do":"activate","key":"KEY-1"}"#,
            r#"{"do":"resume","number":1}"#,
            &format!("{{\"do\":\"resume\",\"number\":2,\"status\":200}}\0{license}"),
            r#"{"do":"resume","number":3}"#,
        ];
        let activated = activation.map(|question| ask(question).unwrap()).into_iter().next_back().unwrap();
        assert!(activated.contains(r#""state":"active""#), "{activated}");
        ask(r#"{"do":"validate"}"#).unwrap();
        ask(r#"{"do":"resume","number":5}"#).unwrap();
        ask(r#"{"do":"validate"}"#).unwrap();
        ask(r#"{"do":"resume","number":6,"failure":"cancelled","sent":false}"#).unwrap();
        assert_eq!(ask(r#"{"do":"resume","number":7}"#), Some(r#"{"do":"store","number":9}"#.into()));
    }

    #[test]
    fn a_session_says_which_setting_is_wrong() {
        for parts in ["", "{}", r#"{"settings":"{}"}"#] {
            assert_eq!(session(parts).err().unwrap().kind(), crate::ErrorKind::InvalidConfig, "{parts}");
        }
    }

    #[test]
    fn a_store_that_failed_shows_in_the_outcome() {
        for (answer, shown) in [(r#"{"problem":null}"#, false), (r#"{"problem":"full"}"#, true), ("{}", false)] {
            let mut engine = engine();
            let step = engine.begin(Operation::Open, now());
            assert_eq!(step.to_json(3), r#"{"do":"store","number":3}"#);
            let step = step.go_on(&mut engine, Json::parse(answer.as_bytes()).unwrap(), vec![], now()).unwrap();
            let done = step.to_json(4);
            assert!(done.starts_with(r#"{"do":"done","number":4,"decision":{"allowed":false,"#), "{done}");
            assert_eq!(done.contains(r#""kind":"storage","message":"full""#), shown, "{done}");
            assert!(step.go_on(&mut engine, Json::parse(answer.as_bytes()).unwrap(), vec![], now()).is_none());
        }
    }

    #[test]
    fn answers_are_read() {
        let read = |text: &str| read_answer(Json::parse(text.as_bytes()).unwrap(), vec![1]);
        let reply = |retry_after| Answer::Reply { status: 429, retry_after, body: vec![1] };
        assert_eq!(read(r#"{"status":429,"retryAfter":7}"#), reply(Some(7)));
        assert_eq!(read(r#"{"status":429}"#), reply(None));
        let failed = |failure, sent| Answer::Failed { failure, sent, message: "slow".into() };
        let timeout = read(r#"{"failure":"timeout","sent":true,"message":"slow"}"#);
        assert_eq!(timeout, failed(Failure::Timeout, Sent::Maybe));
        let cancelled = read(r#"{"failure":"cancelled","sent":false,"message":"slow"}"#);
        assert_eq!(cancelled, failed(Failure::Cancelled, Sent::No));
    }
}
