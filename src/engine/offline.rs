//! Licenses for computers without a network. The computer without a network (A) writes a request. Another computer (B),
//! which has a network and the same app, turns the request and a key into an answer, and A imports the answer.
//!
//! ```text
//! A   read, save a number ─► request ───────────────┐
//! B     the ordinary activation, for A's device id ◄┘ ─► answer ─┐
//! A   is it for the latest request? save ◄───────────────────────┘
//!
//! A   remove the license, keep its seat on the list of seats to release ─► return ─┐
//! B     put the seats on the list of A's record ─► release them ◄──────────────────┘
//! ```
//!
//! B keeps a record for A's device id. So B can lose power at any moment, and still knows the attempts and the seats
//! of A. `offline_text.rs` writes and reads the three texts.

use super::edit::Edit;
use super::task::{AfterStore, Ending, Next, Success};
use super::{Engine, policy, timeline};
use crate::codes::{ErrorKind, Reason, State};
use crate::decision::Decision;
use crate::error::Error;
use crate::key::{Key, TypedKey};
use crate::offline::{OfflineRequest, ReturnedSeats};
use crate::offline_text::{Fault, Kind, OfflineText};
use crate::record::{Answered, Identity, Record, RequestedOffline, Seat, StoredLicense, Tag, Verdict};
use crate::texts::Text;
use crate::time::{Now, Timestamp};

/// The request that the operation in progress answers.
#[derive(Clone, Copy)]
pub(super) struct Answering {
    secret: Tag,
    number: u64,
}

impl Engine {
    pub(super) fn begin_offline_request(&mut self, now: Now) -> Next {
        let air_gap = match self.check_air_gap() {
            Ok(air_gap) => air_gap,
            Err(error) => return Next::fail(error),
        };
        let number = u64::from(self.random.next()) << 32 | u64::from(self.random.next());
        let request = RequestedOffline { number, wall: now.wall };
        // A request that is older than this no longer waits for its answer. Without this limit, a request could block
        // all later ones for ever: if the wall clock was far ahead when the request was made, and is right again, every
        // answer is refused as too late.
        let oldest = now.wall.plus_ms(air_gap.saturating_neg());
        Next::Store(vec![Edit::OfflineRequested { request, oldest }], AfterStore::OfflineRequested)
    }

    /// Returns the request, after its number was saved. If an earlier request still waits for its answer, the new
    /// request has the same number, so that the answer to the earlier request can still be imported.
    pub(super) fn offline_requested(&self) -> Next {
        let Some(request) = self.record.offline_request.filter(|_| !self.is_newer) else {
            return Next::fail(self.refused(Reason::NewerFormat));
        };
        let request = OfflineRequest {
            device: self.host.device.clone(),
            secret: self.sealer.secret_tag(),
            number: request.number,
            seat: self.record.seat_to_keep(self.config.bind_device()),
            system: self.host.system.get().into_owned(),
        };
        Next::End(Vec::new(), Ending::text(Some(request.write(self.record_tags().0))))
    }

    /// Activates the key for the device that wrote the request. This engine was created for that device.
    pub(super) fn begin_offline_answer(&mut self, request: OfflineRequest, key: &TypedKey) -> Next {
        self.running.answering = Some(Answering { secret: request.secret, number: request.number });
        let key = self.check_air_gap().and_then(|_| Key::parse_worded(self.config.texts(), key.as_str()));
        let then = match key {
            // this engine has not read the record of the other device yet, and the error reports its license
            Err(error) => AfterStore::End(Ending { failure: Some(error), ..Ending::default() }),
            Ok(key) => AfterStore::Activate { key: Some(key), replace_previous: false, known_seat: request.seat },
        };
        Next::Store(Vec::new(), then)
    }

    /// Adds the answer to the ending of an operation that has activated a key for another device.
    pub(super) fn with_offline_answer(&self, ending: Ending) -> Ending {
        let Some(answering) = self.running.answering.filter(|_| ending.failure.is_none()) else { return ending };
        let text = self.offline_answer(answering);
        let message = "another process removed the license of the other computer meanwhile; make the answer again";
        let failure = text.is_none().then(|| self.error(ErrorKind::NotActivated, message));
        Ending { text, failure, ..ending }
    }

    /// Returns the decision that an operation reports at its end. An operation that answers another computer reports
    /// the decision that the other computer will have after the import.
    pub(super) fn decision_to_report(&mut self, ending: &Ending, now: Now) -> Decision {
        let answering = self.running.answering.filter(|_| ending.text.is_some());
        let Some(Answering { number, .. }) = answering else { return self.current(now) };
        let license = self.record.license.as_deref();
        let imported = license.map(|license| StoredLicense { imported: Some(number), ..license.clone() });
        let record = Record { license: imported.map(Box::new), ..Record::default() };
        let estimate = self.estimate(now);
        self.decide(&record, estimate, now)
    }

    fn offline_answer(&self, Answering { secret, number }: Answering) -> Option<OfflineText> {
        let license = self.record.license.as_deref().filter(|license| license.verdict == Verdict::Confirmed)?;
        let license = StoredLicense { imported: None, ..license.clone() };
        Some(Kind::Answer.write(&self.sealer.seal_answer(secret, number, license)?))
    }

    pub(super) fn begin_offline_import(&self, text: &str) -> Next {
        let open = || self.sealer.open_answer(&Kind::Answer.read(text)?);
        let answered = self.check_air_gap().and_then(|_| open().map_err(|fault| fault.into_error(self.config.texts())));
        match answered {
            Err(error) => Next::fail(error),
            Ok(answered) => Next::Store(Vec::new(), AfterStore::OfflineImport(answered)),
        }
    }

    /// Imports an answer, after the stored record was read.
    pub(super) fn offline_import(&mut self, answered: Answered, now: Now) -> Next {
        let number = answered.number;
        let Some(request) = self.record.offline_request.filter(|request| request.number == number) else {
            return self.imported_before(&answered, now).map_or_else(Next::fail, |()| Next::end());
        };
        let time = timeline::imported(answered.license.time.confirmed, request.wall, now.wall);
        let license = StoredLicense { time, imported: Some(number), ..*answered.license };
        let at = now.wall.plus_ms(license.time.offset).max(license.time.confirmed);
        match self.check_import(&license, Some(at)) {
            Err(error) => Next::fail(error),
            Ok(()) => Next::save(vec![Edit::Imported(Box::new(license))], Success::Imported),
        }
    }

    /// Returns `Ok` if this answer was imported before, its license still allows access, and no newer request waits. A
    /// second answer to the same request is not the same answer, because it has another key or a later confirmation.
    fn imported_before(&mut self, answered: &Answered, now: Now) -> Result<(), Error> {
        let estimate = self.estimate(now);
        let Answered { number, license } = answered;
        let here = self.record.license.as_deref().filter(|here| {
            here.imported == Some(*number)
                && here.verdict == Verdict::Confirmed
                && here.identity == license.identity
                && here.time.confirmed == license.time.confirmed
        });
        match here.filter(|_| self.record.offline_request.is_none()) {
            Some(here) => self.check_import(here, estimate),
            None => Err(Fault::OtherRequest.into_error(self.config.texts())),
        }
    }

    /// Returns an error if the license does not allow access on this device at the time `at`, or if `at` is `None`
    /// because no clock can be trusted.
    fn check_import(&self, license: &StoredLicense, at: Option<Timestamp>) -> Result<(), Error> {
        policy::fits(&self.config, license).map_err(|reason| self.refused(reason))?;
        if let Some(until) = policy::updates_ended(&self.config, &license.terms) {
            return Err(self.updates_ended(Text::KeyUpdatesEnded, until));
        }
        match policy::license_state(&self.config, license, at) {
            State::Active | State::Grace => Ok(()),
            State::Expired => Err(self.refused(Reason::Expired)),
            State::Lapsed | State::ClockSuspect => Err(Fault::Late.into_error(self.config.texts())),
            State::Denied | State::Unlicensed | State::Trial => Err(self.refused(Reason::Refused)),
        }
    }

    /// Removes the license, after the stored record was read.
    pub(super) fn offline_return(&self) -> Next {
        match self.record.identity() {
            Some(identity) => Next::Store(vec![Edit::GivenUp(identity.clone())], AfterStore::OfflineReturned),
            None if self.record.releases.is_empty() => Next::fail(self.nothing_to_remove()),
            None => self.offline_returned(),
        }
    }

    /// Returns the text that gives up all seats that this device no longer uses.
    pub(super) fn offline_returned(&self) -> Next {
        let bound = self.config.bind_device();
        let releases = self.record.releases.iter().rev();
        let seats = releases.map(|release| {
            let seat = Some(Seat { id: release.activation_id, bound });
            Identity { key: release.key.clone(), seat }
        });
        let given_up = ReturnedSeats { device: self.host.device.clone(), seats: seats.collect() };
        let text = (!given_up.seats.is_empty()).then(|| given_up.write(self.record_tags().0));
        Next::End(Vec::new(), Ending::text(text))
    }

    /// Releases the seats that another device has given up. `written` is the result of saving these seats in the record
    /// of this device, which comes first.
    pub(super) fn offline_release(&self, written: Result<(), String>) -> Next {
        match written {
            Err(message) => Next::fail(self.not_released(&message)),
            Ok(()) if self.is_newer => Next::fail(self.refused(Reason::NewerFormat)),
            Ok(()) => Next::Release(Ending { must_release: true, ..Ending::default() }),
        }
    }

    /// Returns `true` if the license was imported and allows access. In that case Polar is asked only if the app calls
    /// `validate`.
    pub(super) fn works_offline(&mut self, now: Now) -> bool {
        self.is_air_gapped() && self.state(now).is_allowed()
    }

    /// Returns how long an imported license is valid, in ms.
    fn check_air_gap(&self) -> Result<i64, Error> {
        self.config.air_gap_ms().ok_or_else(|| {
            self.error(
                ErrorKind::InvalidConfig,
                "the app does not permit licenses for computers without a network; set `air_gap_days`",
            )
        })
    }
}
