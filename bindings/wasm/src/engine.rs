//! The engines of this instance, by number.

use polar_license::Timestamp;
use polar_license::engine::{Pacer, Session};
use polar_license::time::Now;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    static ENGINES: RefCell<Engines> = const { RefCell::new(Engines { sessions: Vec::new(), pacer: None }) };
}

struct Engines {
    sessions: Vec<Session>,
    /// All licenses of a page or process leave from one address.
    pacer: Option<Pacer>,
}

impl Engines {
    fn answer(&mut self, engine: usize, question: &[u8], now: Now) -> Option<Vec<u8>> {
        if let Some(session) = self.sessions.get_mut(engine) {
            return session.ask(question, now);
        }
        Some(match Session::start(question, self.pacer.get_or_insert_default()) {
            Ok((session, tags)) => {
                self.sessions.push(session);
                tags.into()
            }
            Err(error) => error.to_json().into(),
        })
    }
}

/// Answers as [`Session::ask`] says, or with `{"error": …}`. Engines are numbered from 0. The first question to the next
/// number is its parts, as [`Session::start`] reads them, and is answered with the tags in the record's name; it stays as
/// long as the instance, which costs a page less than to free it. `wall` is the wall clock in ms since 1970, `mono` the
/// monotonic clock in ms since any moment.
#[wasm_bindgen]
pub fn ask(engine: usize, question: &[u8], wall: f64, mono: f64) -> Vec<u8> {
    // `as` saturates, and takes what is no number for 0
    let now = Now { wall: Timestamp::from_unix_ms(wall as i64), mono: mono as u64 };
    ENGINES.with_borrow_mut(|engines| engines.answer(engine, question, now)).unwrap_or_else(|| DEFECT.into())
}

/// What only a defect in this library or its driver brings about.
const DEFECT: &[u8] = br#"{"error":{"kind":"internal","message":"no operation waits for that","maybeApplied":false}}"#;
