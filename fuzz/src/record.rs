//! Opens bytes that a store may contain: the record of this device, a changed record, or any other bytes.

use std::sync::OnceLock;

use polar_license::engine::{Change, Operation, Outcome, Step, Turn};
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license::{State, Timestamp};

use super::assert_printable;
use super::steps::{World, engine};

/// Opens a record. The first byte says what the rest is: the record itself, or changes to a record that this device
/// wrote.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let stored = if kind % 2 == 0 { rest.to_vec() } else { changed(genuine(), rest) };
    let is_genuine = stored == genuine();
    let mut device = Device { stored: Some(stored.clone()), engine: engine() };
    let opened = device.run(Operation::Open).result.expect("opening does not fail");
    assert_printable(&opened.to_json());
    assert_eq!(opened.allowed(), is_genuine, "only the record that this device wrote grants anything");
    assert!(is_genuine || opened.state() == State::Unlicensed);
    // an untrusted record must not be overwritten without an answer from Polar
    let validated = device.run(Operation::Validate).into_decision();
    assert_eq!(validated.allowed(), is_genuine);
    assert!(is_genuine || device.stored.as_ref() == Some(&stored), "an untrusted record was overwritten");
    // a user must be able to remove an untrusted record
    if device.run(Operation::Forget).result.is_ok() {
        let mut next = Device { stored: device.stored, engine: engine() };
        assert_eq!(next.run(Operation::Open).result.expect("opening does not fail").state(), State::Unlicensed);
    }
}

/// A device without a connection to Polar.
struct Device {
    stored: Option<Vec<u8>>,
    engine: polar_license::engine::Engine,
}

impl Device {
    fn run(&mut self, operation: Operation) -> Outcome {
        // the clock reads an hour after the record was written
        let now = Now { wall: Timestamp::from_unix_ms(1_795_266_000_000), mono: 1_000 };
        let mut step = self.engine.begin(operation, now);
        loop {
            step = match step {
                Step::Store(mut step) => {
                    match step.merge(&self.engine, Ok(self.stored.as_deref()), now) {
                        Change::Keep => {}
                        Change::Put(record, _) => self.stored = Some(record),
                        Change::Remove => self.stored = None,
                    }
                    step.resume(&mut self.engine, Ok(()), now)
                }
                Step::Send(step) => {
                    let (failure, sent) = (Failure::Network, Sent::No);
                    let answer = Answer::Failed { failure, sent, message: String::from("no network") };
                    step.resume(&mut self.engine, answer, now)
                }
                Step::Join(step) => step.resume(&mut self.engine, now),
                Step::Turn(step) => step.resume(&mut self.engine, Turn::Taken, now),
                Step::Done(outcome) => return outcome,
            };
        }
    }
}

/// Returns the record of a device with an active license.
fn genuine() -> &'static [u8] {
    static RECORD: OnceLock<Vec<u8>> = OnceLock::new();
    // these bytes choose: read the clock, activate, and no failure
    RECORD.get_or_init(|| {
        let mut world = World::new(&[0, 7, 0, 0, 0, 0, 0, 0]);
        world.act();
        world.stored.expect("the license is stored")
    })
}

/// Changes the record. Each change consists of a position (two bytes) and a value (one byte). The value is written at
/// the position. If the position is beyond the end, the value is the length to which the record is cut.
fn changed(record: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut record = record.to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(change[0]) << 8 | usize::from(change[1]);
        match record.get_mut(at % 512) {
            Some(byte) => *byte = change[2],
            None => record.truncate(usize::from(change[2])),
        }
    }
    record
}
