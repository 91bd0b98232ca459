//! Devices, disks, clocks and processes, all in memory: carries the real engine's steps out, one at a time, and lets
//! everything go wrong between them. Judges nothing; that is `invariants.rs`.

use super::invariants;
use super::polar::{DAY, Deed, Endpoint, Meaning, ORGANIZATION, PERSONAL, PRO, Polar, TEAM, Terms, Why, id};
use super::story::{Ask, Climate, Event, Fault, HOUR, Trouble, Typed, Vandalism, Who};
use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, JoinStep, Operation, Outcome, Pacer, SendStep, Step, StoreStep};
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license::{Config, Decision, ErrorKind, Timestamp};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// The rule that was broken, and how.
pub(crate) type Check = Result<(), String>;

pub(crate) struct World {
    pub(crate) climate: Climate,
    /// The true time, which is Polar's.
    pub(crate) now: i64,
    pub(crate) polar: Polar,
    pub(crate) devices: Vec<Device>,
    pub(crate) errands: Vec<Errand>,
    pub(crate) words: Vec<Word>,
    pub(crate) seats: Vec<TakenSeat>,
    pub(crate) pacers: Vec<PacerBook>,
    /// What happened, for people.
    pub(crate) tale: Vec<String>,
    /// Counts everything that happens, to tell before from after.
    pub(crate) tick: u64,
    /// Steps of the engine carried out.
    pub(crate) steps: u64,
    births: u64,
}

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    /// Wall clock less the true time.
    pub(crate) wall_error: i64,
    mono: u64,
    pub(crate) bytes: Option<Vec<u8>>,
    /// Counts the writes.
    pub(crate) version: u64,
    /// What the last probe found, and in which version.
    probed: RefCell<Option<(u64, Probe)>>,
    pub(crate) trouble: Trouble,
    offline: bool,
    copies: Vec<Vec<u8>>,
    pub(crate) processes: [Option<Process>; 2],
    shared_pacer: (Pacer, usize),
    /// The tick since which a license is certainly stored.
    pub(crate) licensed_since: Option<u64>,
    /// Whether a process of it ever gave a license up and could not write that.
    pub(crate) parted: bool,
    /// Whether an attempt was ever left without a certain result.
    pub(crate) may_alarm: bool,
    /// Whether somebody ever edited the record.
    pub(crate) edited: bool,
    /// The last no that was certainly stored, and when.
    pub(crate) no: Option<(HeardNo, u64)>,
    /// What the stored `high` is at least, by confirmation, and the tick since when.
    pub(crate) high: BTreeMap<i64, (i64, u64)>,
    /// The wall time until which a saved pause binds every process, and since which tick; while the clock is not set.
    pub(crate) saved_pause: Option<(i64, u64)>,
    /// Whether an operation that began before that pause was saved has written since.
    pub(crate) pause_overwritten: bool,
}

pub(crate) struct Process {
    pub(crate) engine: Engine,
    pub(crate) app: App,
    pub(crate) pacer: usize,
    /// The tick at which it last read the store.
    pub(crate) last_read: Option<u64>,
    /// Whether a write of its ever failed, so that it may know more than the store.
    pub(crate) dirty: bool,
    /// Whether what it could not write is that the license is gone.
    pub(crate) parted: bool,
    pub(crate) seen: Option<Seen>,
    pub(crate) no: Option<HeardNo>,
}

/// What a process has shown, and so has judged the time for: its estimate only grows from there.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) confirmed: i64,
    /// Then, on the monotonic clock.
    pub(crate) mono: u64,
    /// The least that its estimate can have been.
    pub(crate) earliest: i64,
}

/// How the app is configured, as the test understands it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) refresh: i64,
    pub(crate) grace: i64,
    pub(crate) benefits: Vec<Uuid>,
    pub(crate) bind: bool,
    pub(crate) version: Option<i64>,
}

/// A no of Polar's about a license that was held.
#[derive(Clone, Debug)]
pub(crate) struct HeardNo {
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) at: i64,
    /// Whether it was the answer to counting usage.
    pub(crate) to_consume: bool,
    /// Whether Polar was asked again after it, and gave no answer.
    pub(crate) asked_again: bool,
}

/// An operation under way.
pub(crate) struct Errand {
    pub(crate) id: u64,
    pub(crate) who: Who,
    /// `None` for opening.
    pub(crate) ask: Option<Ask>,
    pub(crate) typed: Option<String>,
    pub(crate) log: Vec<Exchange>,
    pending: Option<Pending>,
    faults: std::vec::IntoIter<Fault>,
    /// What the process said right after it had read the store.
    pub(crate) baseline: Option<Decision>,
    pub(crate) begun: u64,
    /// On the true clock.
    pub(crate) began_at: i64,
    version_seen: u64,
    /// Whether somebody else wrote meanwhile.
    pub(crate) interfered: bool,
    /// Whether the disk failed meanwhile, or had failed this process before.
    pub(crate) troubled: bool,
    pub(crate) joined: bool,
    /// Whether the user forgot, or a vandal came, while it ran.
    pub(crate) excused: bool,
    /// Whether a deactivation removed the record while it ran.
    pub(crate) wiped: bool,
    /// The wall time until which Polar wants no request, as received last.
    pause: Option<i64>,
    /// What the stored `high` can count on if the errand ends well: by confirmation.
    lower_at_start: Option<(i64, i64)>,
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) endpoint: Endpoint,
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) uses: u64,
    /// When it was sent.
    pub(crate) at: i64,
    /// What Polar did, whether or not the device learned of it.
    pub(crate) done: Option<Meaning>,
    /// What the device received; `None` while it waits.
    pub(crate) received: Option<Meaning>,
}

enum Pending {
    Store { step: StoreStep, peeked: Option<u64> },
    Send(SendStep),
    Flight { step: SendStep, answer: Answer, meaning: Meaning, sent: u64 },
    Join(JoinStep),
}

/// A word of Polar's that a device received.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) device: usize,
    pub(crate) at: i64,
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) verdict: Result<Terms, Why>,
    /// Polar's clock less the wall clock when it was received.
    pub(crate) offset: i64,
    /// The latest that the device can take the time for, after this word.
    pub(crate) upper: i64,
}

pub(crate) struct TakenSeat {
    /// On the true clock.
    pub(crate) at: i64,
    pub(crate) id: Uuid,
    pub(crate) device: usize,
    errand: u64,
    /// Whether the user was told that it may be lost.
    pub(crate) told: bool,
    /// Whether the user or a vandal lost track of it.
    pub(crate) excused: bool,
    /// Whether a deactivation removed the record while it was on its way.
    pub(crate) wiped: bool,
    /// Whether the device certainly knows it, and by which key.
    pub(crate) known_as: Option<String>,
}

#[derive(Default)]
pub(crate) struct PacerBook {
    pub(crate) let_go: Vec<u64>,
    pub(crate) paused_until: u64,
}

/// What a new process would find in a store.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) seats: Vec<Uuid>,
    pub(crate) uncertain: bool,
}

/// How many ways there are to configure the app.
pub(crate) const SETUPS: usize = 6;

fn setup(number: usize) -> (Config, App) {
    let mut app = App { refresh: DAY, grace: 14 * DAY, benefits: vec![], bind: true, version: None };
    match number {
        1 => app.benefits = vec![id(PRO)],
        2 => app.benefits = vec![id(TEAM)],
        3 => app.bind = false,
        4 => app.version = Some(2),
        5 => (app.refresh, app.grace) = (HOUR, 3 * DAY),
        _ => {}
    }
    let span = |ms: i64| Duration::from_millis(ms.unsigned_abs());
    let mut config = Config::builder(ORGANIZATION, "com.acme.app")
        .feature("export", [PRO])
        .bind_device(app.bind)
        .refresh_interval(span(app.refresh))
        .offline_grace(span(app.grace));
    if !app.benefits.is_empty() {
        config = config.benefits(app.benefits.iter().map(Uuid::to_string));
    }
    if let Some(version) = app.version {
        config = config.condition("version", version);
    }
    (config.build().expect("a valid configuration"), app)
}

impl World {
    pub(crate) fn new(climate: Climate) -> Self {
        let now = 1_795_000_000_000;
        let organization = id(ORGANIZATION);
        let mut pacers = Vec::new();
        let devices = ["desk", "lap"].map(|name| {
            pacers.push(PacerBook::default());
            Device {
                id: DeviceId::derive(&organization, name),
                wall_error: 0,
                mono: 5_000,
                bytes: None,
                version: 0,
                probed: RefCell::default(),
                trouble: Trouble::None,
                offline: false,
                copies: Vec::new(),
                processes: [None, None],
                shared_pacer: (Pacer::new(), pacers.len() - 1),
                licensed_since: None,
                parted: false,
                may_alarm: false,
                edited: false,
                no: None,
                high: BTreeMap::new(),
                saved_pause: None,
                pause_overwritten: false,
            }
        });
        Self {
            climate,
            now,
            polar: Polar::new(now),
            devices: devices.into(),
            errands: Vec::new(),
            words: Vec::new(),
            seats: Vec::new(),
            pacers,
            tale: Vec::new(),
            tick: 0,
            steps: 0,
            births: 0,
        }
    }

    pub(crate) fn tell(&mut self, line: impl Into<String>) {
        self.tale.push(line.into());
    }

    pub(crate) fn clocks(&self, device: usize) -> Now {
        let device = &self.devices[device];
        Now { wall: Timestamp::from_unix_ms(self.now + device.wall_error), mono: device.mono }
    }

    pub(crate) fn process(&mut self, who: Who) -> Option<&mut Process> {
        self.devices[who.device].processes[who.slot].as_mut()
    }

    pub(crate) fn decision(&mut self, who: Who) -> Option<Decision> {
        let now = self.clocks(who.device);
        Some(self.process(who)?.engine.current(now))
    }

    /// Something happens.
    pub(crate) fn happen(&mut self, event: Event) -> Check {
        self.tick += 1;
        match event {
            Event::Do { who, ask, faults } => {
                if let Some(errand) = self.begin(who, ask, faults)? {
                    self.finish(errand)?;
                }
            }
            Event::Begin { who, ask } => drop(self.begin(who, ask, vec![])?),
            Event::Overtake { who, ask, request, sent, deed, other, then } => {
                let mut faults = vec![Fault::None; request + 1];
                faults.push(then);
                let Some(errand) = self.begin(who, ask, faults)? else { return Ok(()) };
                self.carry_on_until_request(errand, request, sent)?;
                let other_process = Who { slot: 1 - who.slot, ..who };
                if sent {
                    self.merchant(deed);
                }
                if let Some(other) = self.begin(other_process, other, vec![])? {
                    self.finish(other)?;
                }
                if !sent {
                    self.merchant(deed);
                }
                if self.index(errand).is_some() {
                    self.finish(errand)?;
                }
            }
            Event::Step { pick, fault } => {
                if let Some(at) = self.pick(pick) {
                    self.advance(at, Some(fault))?;
                }
            }
            Event::Peek { pick } => {
                if let Some(at) = self.pick(pick) {
                    self.peek(at);
                }
            }
            Event::Cancel { pick, dropped } => {
                if let Some(at) = self.pick(pick) {
                    self.cancel(at, dropped)?;
                }
            }
            Event::Crash { pick } => {
                if let Some(at) = self.pick(pick) {
                    self.crash(at)?;
                }
            }
            Event::Stop { who } => self.stop(who)?,
            Event::Start { who, setup, shared_pacer } => self.start(who, setup, shared_pacer)?,
            Event::Pass { ms } => self.pass(ms, None)?,
            Event::Sleep { device, ms } => self.pass(ms, Some(device))?,
            Event::SetClock { device, error } => {
                self.tell(format!("{}'s clock is set {} off the truth", name(device), span(error)));
                self.devices[device].wall_error = error;
                self.devices[device].saved_pause = None;
                self.clocks_moved(device, 0);
            }
            Event::Polar { key, deed } => self.merchant(Some((key, deed))),
            Event::Network { device, down } => {
                self.tell(format!("{} goes {}", name(device), if down { "offline" } else { "online" }));
                self.devices[device].offline = down;
            }
            Event::Disk { device, trouble } => {
                self.tell(format!("{}'s disk: {trouble:?}", name(device)));
                self.devices[device].trouble = trouble;
            }
            Event::Vandal { device, edit } => self.vandalize(device, edit),
        }
        self.look_everywhere()
    }

    fn look_everywhere(&mut self) -> Check {
        for device in 0..self.devices.len() {
            for slot in 0..2 {
                invariants::every_decision(self, Who { device, slot })?;
            }
            invariants::no_seat_is_lost_in_silence(self, device)?;
        }
        Ok(())
    }

    fn pick(&self, pick: usize) -> Option<usize> {
        (!self.errands.is_empty()).then(|| pick % self.errands.len())
    }

    pub(crate) fn index(&self, errand: u64) -> Option<usize> {
        self.errands.iter().position(|other| other.id == errand)
    }

    // ---- time ----

    /// Time passes; what waits for its moment to be sent is sent at its moment.
    pub(crate) fn pass(&mut self, ms: i64, asleep: Option<usize>) -> Check {
        match asleep {
            None => self.tell(format!("{} pass", span(ms))),
            Some(device) => self.tell(format!("{} sleeps for {}", name(device), span(ms))),
        }
        let mut left = ms;
        loop {
            let due = self.errands.iter().filter_map(|errand| match &errand.pending {
                Some(Pending::Send(step)) if asleep != Some(errand.who.device) => {
                    let mono = self.devices[errand.who.device].mono;
                    Some((i64::try_from(step.not_before.saturating_sub(mono)).expect("near"), errand.id))
                }
                _ => None,
            });
            let Some((wait, errand)) = due.min().filter(|(wait, _)| *wait <= left) else { break };
            self.tick_clocks(wait, asleep);
            left -= wait;
            let at = self.index(errand).expect("it waits");
            self.advance(at, None)?;
        }
        self.tick_clocks(left, asleep);
        Ok(())
    }

    fn tick_clocks(&mut self, ms: i64, asleep: Option<usize>) {
        self.now += ms;
        for device in 0..self.devices.len() {
            let passed = if asleep == Some(device) { 0 } else { ms };
            self.devices[device].mono += passed.unsigned_abs();
            self.clocks_moved(device, passed);
        }
    }

    /// Keeps the books of how late it may seem to a device.
    fn clocks_moved(&mut self, device: usize, passed: i64) {
        let wall = self.now + self.devices[device].wall_error;
        for word in self.words.iter_mut().filter(|word| word.device == device) {
            word.upper = invariants::latest_estimate(word, wall, passed);
        }
    }

    // ---- processes ----

    pub(crate) fn start(&mut self, who: Who, number: usize, shared_pacer: bool) -> Check {
        self.stop(who)?;
        let (config, app) = setup(number);
        let (pacer, book) = if shared_pacer {
            self.devices[who.device].shared_pacer.clone()
        } else {
            self.pacers.push(PacerBook::default());
            (Pacer::new(), self.pacers.len() - 1)
        };
        self.births += 1;
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.births.to_le_bytes());
        let host =
            Host { device: self.devices[who.device].id.clone(), system: "Debian 12".into(), seed, takes_turns: false };
        self.tell(format!("{who} starts, configured as {number}"));
        let engine = Engine::new(config, host, pacer);
        let process =
            Process { engine, app, pacer: book, last_read: None, dirty: false, parted: false, seen: None, no: None };
        self.devices[who.device].processes[who.slot] = Some(process);
        let errand = self.launch(who, None, None, Operation::Open, vec![])?;
        self.finish(errand)
    }

    fn stop(&mut self, who: Who) -> Check {
        if self.process(who).is_none() {
            return Ok(());
        }
        self.tell(format!("{who} ends"));
        self.devices[who.device].may_alarm |= self.is_activating(who.device);
        self.errands.retain(|errand| errand.who != who);
        self.devices[who.device].processes[who.slot] = None;
        invariants::no_seat_is_lost_in_silence(self, who.device)
    }

    fn crash(&mut self, at: usize) -> Check {
        let who = self.errands[at].who;
        match self.errands[at].pending.take() {
            Some(Pending::Store { mut step, .. }) => {
                self.tell(format!("{who} crashes while it stores"));
                // written for certain, and never learned of by the process
                let _ = self.carry_out_store(at, &mut step);
            }
            Some(Pending::Send(step)) => {
                self.tell(format!("{who} crashes once it has sent"));
                self.wait_for(at, &step)?;
                self.let_go(at, step, Fault::None)?;
            }
            _ => {}
        }
        self.stop(who)
    }

    // ---- operations ----

    pub(crate) fn begin(&mut self, who: Who, ask: Ask, faults: Vec<Fault>) -> Result<Option<u64>, String> {
        if self.process(who).is_none() {
            self.start(who, 0, false)?;
        }
        if self.errands.iter().filter(|errand| errand.who == who).count() >= 3 {
            return Ok(None);
        }
        let mut typed = None;
        let operation = match ask {
            Ask::Validate => Operation::Validate,
            Ask::Refresh(patience) => Operation::Refresh(patience),
            Ask::Consume(count) => Operation::Consume(count),
            Ask::Deactivate => Operation::Deactivate,
            Ask::Forget => Operation::Forget,
            Ask::Activate { key, replace } => {
                typed = match key {
                    Typed::Stored => None,
                    Typed::Key(place) => Some(self.polar.keys[place].text.clone()),
                    Typed::FirstText(place) => Some(self.polar.keys[place].first_text.clone()),
                    Typed::Typo => Some(String::from("MODEL-D1E50002-AAAA-4BBB-8CCC-DDDD00TYPO00")),
                    Typed::Blank => Some(String::from(" \u{200b} ")),
                };
                let key = typed.clone().map(|key| format!(" {key}\n").into());
                Operation::Activate { key, replace_previous: replace }
            }
        };
        self.tell(format!("{who}: {ask:?}"));
        self.launch(who, Some(ask), typed, operation, faults).map(Some)
    }

    fn launch(
        &mut self,
        who: Who,
        ask: Option<Ask>,
        typed: Option<String>,
        operation: Operation,
        faults: Vec<Fault>,
    ) -> Result<u64, String> {
        self.births += 1;
        let id = self.births;
        let now = self.clocks(who.device);
        let lower_at_start = invariants::shown_and_earliest(self, who);
        if matches!(ask, Some(Ask::Forget | Ask::Deactivate)) {
            self.devices[who.device].licensed_since = None;
        }
        let Some(process) = self.process(who) else { return Ok(id) };
        let troubled = process.dirty;
        let step = process.engine.begin(operation, now);
        let errand = Errand {
            id,
            who,
            ask,
            typed,
            log: Vec::new(),
            pending: None,
            faults: faults.into_iter(),
            baseline: None,
            begun: self.tick,
            began_at: self.now,
            version_seen: self.devices[who.device].version,
            interfered: false,
            troubled,
            joined: matches!(step, Step::Join(_)),
            excused: false,
            wiped: false,
            pause: None,
            lower_at_start,
        };
        self.errands.push(errand);
        self.go_on(id, step)?;
        Ok(id)
    }

    /// Carries an operation out to its end, and first whatever it waits for.
    pub(crate) fn finish(&mut self, errand: u64) -> Check {
        while let Some(at) = self.index(errand) {
            let Errand { who, pending, .. } = &self.errands[at];
            let who = *who;
            let blocker = match pending {
                Some(Pending::Join(step)) => {
                    let waits_for = step.waits_for;
                    let running = self.process(who).is_some_and(|process| process.engine.is_running(waits_for));
                    let is_it = |other: &Errand| other.who == who && !matches!(other.pending, Some(Pending::Join(_)));
                    running.then(|| self.errands.iter().position(is_it)).flatten()
                }
                _ => None,
            };
            self.advance(blocker.unwrap_or(at), None)?;
        }
        Ok(())
    }

    fn merchant(&mut self, deed: Option<(usize, Deed)>) {
        if let Some((key, deed)) = deed {
            self.tell(format!("at polar.sh, key {key}: {deed:?}"));
            self.polar.deed(key, deed, self.now);
        }
    }

    /// Carries an operation on until it is about to send this request, or has sent it; or waits for another, or ended.
    fn carry_on_until_request(&mut self, errand: u64, request: usize, sent: bool) -> Check {
        while let Some(at) = self.index(errand) {
            let earlier = self.errands[at].log.len();
            match &self.errands[at].pending {
                Some(Pending::Join(_)) => return Ok(()),
                Some(Pending::Send(_)) if !sent && earlier == request => return Ok(()),
                Some(Pending::Flight { .. }) if earlier > request => return Ok(()),
                _ => self.advance(at, None)?,
            }
        }
        Ok(())
    }

    /// One step of one operation. Without a fault, the next of those that were planned for it.
    fn advance(&mut self, at: usize, fault: Option<Fault>) -> Check {
        self.steps += 1;
        self.tick += 1;
        match self.errands[at].pending.take() {
            Some(Pending::Store { step, peeked }) => self.store(at, step, peeked),
            Some(Pending::Send(step)) => {
                let fault = fault.or_else(|| self.errands[at].faults.next()).unwrap_or(Fault::None);
                let offline = self.devices[self.errands[at].who.device].offline;
                let fault = if offline { Fault::Offline } else { fault };
                self.wait_for(at, &step)?;
                self.let_go(at, step, fault)
            }
            Some(Pending::Flight { step, answer, meaning, sent }) => self.deliver(at, step, answer, meaning, sent),
            Some(Pending::Join(step)) => {
                let (id, who) = (self.errands[at].id, self.errands[at].who);
                let now = self.clocks(who.device);
                let Some(process) = self.process(who) else { return Ok(()) };
                if process.engine.is_running(step.waits_for) && now.mono < step.until {
                    self.errands[at].pending = Some(Pending::Join(step));
                    return Ok(());
                }
                let next = step.resume(&mut process.engine, now);
                self.go_on(id, next)
            }
            None => Ok(()),
        }
    }

    fn go_on(&mut self, errand: u64, step: Step) -> Check {
        let at = self.index(errand).expect("it is under way");
        let who = self.errands[at].who;
        invariants::keeps_secrets(self, "a step's Debug", &format!("{step:?}"))?;
        match step {
            Step::Store(step) => self.errands[at].pending = Some(Pending::Store { step, peeked: None }),
            Step::Send(step) => self.errands[at].pending = Some(Pending::Send(step)),
            Step::Turn(_) => return Err(String::from("a turn, although the host takes none")),
            Step::Join(step) => {
                self.errands[at].joined = true;
                self.errands[at].pending = Some(Pending::Join(step));
            }
            Step::Done(outcome) => {
                let mut errand = self.errands.remove(at);
                errand.interfered |= errand.version_seen != self.devices[who.device].version;
                self.end(errand, &outcome)?;
            }
        }
        invariants::every_decision(self, who)
    }

    fn end(&mut self, errand: Errand, outcome: &Outcome) -> Check {
        let who = errand.who;
        let said = match &outcome.result {
            Ok(decision) => summary(decision),
            Err(error) => format!("{}{}: {error}", error.kind(), if error.maybe_applied() { " (maybe)" } else { "" }),
        };
        self.tell(format!("{who}: {:?} ended: {said}", errand.ask));
        invariants::every_outcome(self, &errand, outcome)?;
        self.remember(&errand, outcome);
        invariants::no_seat_is_lost_in_silence(self, who.device)
    }

    /// Keeps the books after an operation.
    fn remember(&mut self, errand: &Errand, outcome: &Outcome) {
        let Who { device, .. } = errand.who;
        let (decision, told) = match &outcome.result {
            Ok(decision) => (Some(decision), false),
            Err(error) => (error.decision(), error.maybe_applied()),
        };
        let uncertain =
            |decision: &Decision| decision.problem().is_some_and(|problem| problem.kind == ErrorKind::SeatUncertain);
        let all_told = decision.is_some_and(uncertain);
        let given_up = errand.ask == Some(Ask::Deactivate) && outcome.result.is_ok();
        for seat in self.seats.iter_mut().filter(|seat| seat.device == device) {
            seat.told |= all_told || (told && seat.errand == errand.id);
            seat.excused |= given_up && seat.told;
        }
        if matches!(errand.ask, Some(Ask::Forget | Ask::Deactivate))
            && errand.troubled
            && let Some(process) = self.process(errand.who)
        {
            process.parted = true;
            self.devices[device].parted = true;
            self.devices[device].licensed_since = None;
        }
        let unknown = |exchange: &Exchange| {
            exchange.endpoint == Endpoint::Activate && matches!(exchange.received, Some(Meaning::Nothing { .. }))
        };
        self.devices[device].may_alarm |= errand.log.iter().any(unknown) || errand.troubled || errand.excused;
        let sound = errand.baseline.is_some() && !errand.troubled && !errand.interfered && !errand.excused;
        if let Some(no) = invariants::no_heard(errand).filter(|_| !errand.excused) {
            if sound {
                self.devices[device].no = Some((no.clone(), self.tick));
            }
            if let Some(process) = self.process(errand.who) {
                process.no = Some(no);
            }
        }
        if sound && let Some(license) = decision.and_then(Decision::license) {
            let others =
                |other: &Errand| other.who.device == device && matches!(other.ask, Some(Ask::Forget | Ask::Deactivate));
            let mut processes = self.devices[device].processes.iter().flatten();
            if !self.errands.iter().any(others) && !processes.any(|process| process.parted) {
                self.devices[device].licensed_since.get_or_insert(self.tick);
            }
            let confirmed = license.confirmed_at.unix_ms();
            if let Some((at, lower)) = errand.lower_at_start.filter(|(at, _)| *at == confirmed) {
                let tick = self.tick;
                let high = self.devices[device].high.entry(at).or_insert((lower - HOUR, tick));
                if lower - HOUR > high.0 {
                    *high = (lower - HOUR, tick);
                }
            }
            if let Some(until) = errand.pause {
                self.devices[device].saved_pause = Some((until, self.tick));
                self.devices[device].pause_overwritten = false;
            }
            for exchange in &errand.log {
                if let Some(Meaning::Seat(terms)) = &exchange.received {
                    let own = |seat: &&mut TakenSeat| Some(seat.id) == terms.activation;
                    if let Some(seat) = self.seats.iter_mut().find(own) {
                        seat.known_as = Some(terms.key.clone());
                    }
                }
            }
        }
    }

    // ---- storing ----

    fn store(&mut self, at: usize, mut step: StoreStep, peeked: Option<u64>) -> Check {
        let (id, who) = (self.errands[at].id, self.errands[at].who);
        let wait = step.not_before.saturating_sub(self.devices[who.device].mono);
        self.pass(i64::try_from(wait).expect("near"), None)?;
        // others may have ended meanwhile
        let at = self.index(id).expect("it is under way");
        let was_read = self.devices[who.device].trouble != Trouble::Unreadable;
        let (read_at, written) = match peeked {
            Some(tick) => (Some(tick), Ok(())),
            None => (was_read.then_some(self.tick), self.carry_out_store(at, &mut step)),
        };
        if let (Some(tick), Some(process)) = (read_at, self.process(who)) {
            process.last_read = Some(tick);
        }
        if written.is_err() {
            self.errands[at].troubled = true;
            if let Some(process) = self.process(who) {
                process.dirty = true;
            }
        }
        let now = self.clocks(who.device);
        let Some(process) = self.process(who) else { return Ok(()) };
        let next = step.resume(&mut process.engine, written, now);
        let decision = process.engine.current(now);
        self.errands[at].baseline.get_or_insert(decision);
        self.go_on(id, next)
    }

    /// What `blocking/driver.rs` does: look, and if there is something to write, lock, look again, write.
    fn carry_out_store(&mut self, at: usize, step: &mut StoreStep) -> Result<(), String> {
        let who = self.errands[at].who;
        if self.errands[at].ask == Some(Ask::Forget) {
            self.lose_track(who.device);
        }
        let now = self.clocks(who.device);
        if self.errands[at].version_seen != self.devices[who.device].version {
            // reading for the first time is no interference
            self.errands[at].interfered |= self.errands[at].baseline.is_some();
            self.errands[at].version_seen = self.devices[who.device].version;
        }
        let device = &mut self.devices[who.device];
        let Some(process) = &mut device.processes[who.slot] else { return Ok(()) };
        if device.trouble == Trouble::Unreadable {
            step.merge(&process.engine, Err(()), now);
            return Err(String::from("the disk cannot be read"));
        }
        let change = step.merge(&process.engine, Ok(device.bytes.as_deref()), now);
        if change == Change::Keep {
            return Ok(());
        }
        if device.trouble == Trouble::Locked {
            return Err(String::from("the lock is not to be had"));
        }
        let change = step.merge(&process.engine, Ok(device.bytes.as_deref()), now);
        match change {
            Change::Keep => return Ok(()),
            Change::Put(..) if device.trouble == Trouble::Full => return Err(String::from("the disk is full")),
            Change::Put(bytes, _) => {
                device.copies.push(bytes.clone());
                device.bytes = Some(bytes);
            }
            Change::Remove => {
                device.bytes = None;
                // nothing is left that could hold it
                device.saved_pause = None;
            }
        }
        device.version += 1;
        self.errands[at].version_seen = device.version;
        if self.errands[at].ask == Some(Ask::Deactivate) {
            let on_its_way = |errand: &&mut Errand| errand.who.device == who.device;
            self.errands.iter_mut().filter(on_its_way).for_each(|errand| errand.wiped = true);
            let unknown = |seat: &&mut TakenSeat| seat.device == who.device && seat.known_as.is_none();
            self.seats.iter_mut().filter(unknown).for_each(|seat| seat.wiped = true);
        }
        let saved = self.devices[who.device].saved_pause.is_some_and(|(_, since)| since > self.errands[at].begun);
        self.devices[who.device].pause_overwritten |= saved;
        Ok(())
    }

    /// The driver's look without the lock: if there is nothing to write, it goes on with what it saw.
    fn peek(&mut self, at: usize) {
        let who = self.errands[at].who;
        let now = self.clocks(who.device);
        let device = &mut self.devices[who.device];
        let Some(process) = &mut device.processes[who.slot] else { return };
        if device.trouble == Trouble::Unreadable {
            return;
        }
        if let Some(Pending::Store { step, peeked }) = &mut self.errands[at].pending
            && peeked.is_none()
            && step.merge(&process.engine, Ok(device.bytes.as_deref()), now) == Change::Keep
        {
            *peeked = Some(self.tick);
            self.errands[at].interfered |=
                self.errands[at].baseline.is_some() && self.errands[at].version_seen != device.version;
            self.errands[at].version_seen = device.version;
            self.tale.push(format!("{who} looks at the store"));
        }
    }

    fn vandalize(&mut self, device: usize, edit: Vandalism) {
        let other = self.devices[1 - device].bytes.clone();
        let this = &mut self.devices[device];
        let edited = match (edit, this.bytes.clone()) {
            (Vandalism::FlipByte(at), Some(mut bytes)) if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes[at] ^= 1 << (at % 8);
                Some(bytes)
            }
            (Vandalism::Truncate(at), Some(mut bytes)) => {
                bytes.truncate(at % (bytes.len() + 1));
                Some(bytes)
            }
            (Vandalism::CopyFromOther, _) if other.is_some() => other,
            (Vandalism::Restore(at), _) if !this.copies.is_empty() => {
                let at = at % this.copies.len();
                Some(this.copies[at].clone())
            }
            (Vandalism::Delete, Some(_)) => None,
            _ => return,
        };
        this.bytes = edited;
        this.version += 1;
        this.edited = true;
        self.tell(format!("somebody edits {}'s record: {edit:?}", name(device)));
        self.lose_track(device);
    }

    /// From here on nobody can expect this device to know what it knew.
    fn lose_track(&mut self, device: usize) {
        self.seats.iter_mut().filter(|seat| seat.device == device).for_each(|seat| seat.excused = true);
        self.errands.iter_mut().filter(|errand| errand.who.device == device).for_each(|errand| errand.excused = true);
        let this = &mut self.devices[device];
        this.may_alarm = true;
        this.licensed_since = None;
        this.no = None;
        this.high.clear();
        this.saved_pause = None;
    }

    // ---- sending ----

    fn wait_for(&mut self, at: usize, step: &SendStep) -> Check {
        let mono = self.devices[self.errands[at].who.device].mono;
        let wait = step.not_before.saturating_sub(mono);
        if wait == 0 { Ok(()) } else { self.pass(i64::try_from(wait).expect("near"), None) }
    }

    fn let_go(&mut self, at: usize, step: SendStep, fault: Fault) -> Check {
        let who = self.errands[at].who;
        if fault == Fault::CancelledBefore {
            self.tell(format!("{who}: cancelled before it sent"));
            return self.answer(at, step, failed(Failure::Cancelled, Sent::No), nothing(false, "cancelled"));
        }
        self.tick_clocks(3, None);
        let sent = self.devices[who.device].mono;
        let endpoint = Endpoint::of(&step.request.url).ok_or_else(|| format!("not Polar's: {}", step.request.url))?;
        let body: Value = serde_json::from_str(&step.request.body).map_err(|error| error.to_string())?;
        let activation = body["activation_id"].as_str().map(id);
        let exchange = Exchange {
            endpoint,
            key: body["key"].as_str().unwrap_or_default().to_owned(),
            activation,
            uses: body["increment_usage"].as_u64().unwrap_or(0),
            at: self.now,
            done: None,
            received: None,
        };
        invariants::every_request(self, at, &exchange, &body, sent)?;
        let applied = match fault {
            Fault::Offline | Fault::LostRequest | Fault::Portal(_) | Fault::Foreign(_) | Fault::Busy(_) => false,
            Fault::ServerError { applied } | Fault::CancelledAfter { applied } => applied,
            _ => true,
        };
        let reply = if applied { Some(self.polar.handle(endpoint, &body, self.now)?) } else { None };
        let done = reply.as_ref().map(|reply| reply.meaning.clone());
        if let Some(Meaning::Seat(Terms { activation: Some(seat), .. })) = done {
            let Errand { id, excused, wiped, .. } = self.errands[at];
            let device = who.device;
            let at = self.now;
            let known_as = None;
            self.seats.push(TakenSeat { id: seat, device, errand: id, at, told: false, excused, wiped, known_as });
        }
        self.tell(format!("{who}: {endpoint:?} {} {} ~ {fault:?}", tail(&exchange.key), short(activation)));
        self.errands[at].log.push(Exchange { done, ..exchange });
        let (answer, meaning) = disturb(fault, reply, endpoint, activation);
        self.errands[at].pending = Some(Pending::Flight { step, answer, meaning, sent });
        Ok(())
    }

    fn deliver(&mut self, at: usize, step: SendStep, answer: Answer, meaning: Meaning, sent: u64) -> Check {
        self.tick_clocks(4, None);
        let device = self.errands[at].who.device;
        let now = self.clocks(device);
        let timeout = u64::try_from(step.request.timeout.as_millis()).expect("near") + 250;
        let failed_before_sending = matches!(&answer, Answer::Failed { sent: Sent::No, .. });
        if now.mono - sent > timeout && !failed_before_sending {
            return self.answer(at, step, failed(Failure::Timeout, Sent::Maybe), nothing(true, "timeout"));
        }
        self.answer(at, step, answer, meaning)
    }

    fn answer(&mut self, at: usize, step: SendStep, answer: Answer, meaning: Meaning) -> Check {
        let Errand { id, who, .. } = self.errands[at];
        let now = self.clocks(who.device);
        if let Some(exchange) = self.errands[at].log.last_mut().filter(|exchange| exchange.received.is_none()) {
            exchange.received = Some(meaning.clone());
            let (key, activation, asked_at) = (exchange.key.clone(), exchange.activation, exchange.at);
            let wall = now.wall.unix_ms();
            let verdict = match &meaning {
                Meaning::Yes(terms) | Meaning::Seat(terms) => Some(Ok(terms.clone())),
                Meaning::No(why) => Some(Err(*why)),
                _ => None,
            };
            if let Some(verdict) = verdict {
                let (at, activation) =
                    verdict.as_ref().map_or((asked_at, activation), |terms| (terms.at, terms.activation));
                let device = who.device;
                self.words.push(Word { device, at, key, activation, verdict, offset: at - wall, upper: at });
            }
        }
        if let Meaning::Wait(seconds) = meaning {
            self.errands[at].pause = Some(now.wall.unix_ms() + i64::from(seconds) * 1000);
        }
        let before = self.decision(who);
        let Some(process) = self.process(who) else { return Ok(()) };
        let next = step.resume(&mut process.engine, answer, now);
        let after = process.engine.current(now);
        let pacer = process.pacer;
        if let Meaning::Wait(seconds) = meaning {
            let book = &mut self.pacers[pacer];
            book.paused_until = book.paused_until.max(now.mono + u64::from(seconds) * 1000);
        }
        if let (Meaning::Nothing { .. } | Meaning::Wait(_), Some(before)) = (&meaning, before) {
            invariants::only_polar_can_deny(&before, &after)?;
        }
        self.go_on(id, next)
    }

    fn cancel(&mut self, at: usize, dropped: bool) -> Check {
        let Errand { id, who, .. } = self.errands[at];
        self.tell(format!("{who}: {:?} is cancelled", self.errands[at].ask));
        match self.errands[at].pending.take() {
            Some(Pending::Flight { step, .. }) => {
                self.answer(at, step, failed(Failure::Cancelled, Sent::Maybe), nothing(true, "cancelled"))
            }
            Some(Pending::Send(step)) if !dropped => {
                self.answer(at, step, failed(Failure::Cancelled, Sent::No), nothing(false, "cancelled"))
            }
            Some(Pending::Join(step)) => {
                let now = self.clocks(who.device);
                let Some(process) = self.process(who) else { return Ok(()) };
                let next = step.cancel(&mut process.engine, now);
                self.go_on(id, next)
            }
            _ => {
                self.devices[who.device].may_alarm |= self.is_activating(who.device);
                self.errands.remove(at);
                Ok(())
            }
        }
    }

    // ---- looking ----

    /// Whether a seat may be on its way to a device.
    pub(crate) fn is_activating(&self, device: usize) -> bool {
        let is_it = |errand: &Errand| errand.who.device == device && matches!(errand.ask, Some(Ask::Activate { .. }));
        self.errands.iter().any(is_it)
    }

    /// What a new process would find: every seat that the record knows, and whether it says that one is uncertain.
    /// Finds out by activating another key on a copy, at another Polar, and watching what is given up for it.
    pub(crate) fn probe(&self, device: usize) -> Result<Probe, String> {
        let this = &self.devices[device];
        let known = this.probed.borrow().clone().filter(|(version, _)| *version == this.version);
        if let Some((_, probe)) = known {
            return Ok(probe);
        }
        let probe = self.probe_afresh(device)?;
        *this.probed.borrow_mut() = Some((this.version, probe.clone()));
        Ok(probe)
    }

    fn probe_afresh(&self, device: usize) -> Result<Probe, String> {
        let this = &self.devices[device];
        let (config, _) = setup(0);
        let host = Host { device: this.id.clone(), system: String::from("probe"), seed: [9; 16], takes_turns: false };
        let mut engine = Engine::new(config, host, Pacer::new());
        let mut polar = Polar::new(self.now);
        let mut bytes = this.bytes.clone();
        let mut now = self.clocks(device);
        let mut seats = Vec::new();
        let mut uncertain = false;
        let key = polar.keys[0].text.clone();
        let activate = || Operation::Activate { key: Some(key.as_str().into()), replace_previous: false };
        for operation in [Operation::Open, activate(), activate(), activate(), activate()] {
            // after any pause that is saved
            now = Now { wall: now.wall.plus(Duration::from_secs(121)), mono: now.mono + 121_000 };
            let mut step = engine.begin(operation, now);
            loop {
                now.mono += 600;
                step = match step {
                    Step::Store(mut step) => {
                        match step.merge(&engine, Ok(bytes.as_deref()), now) {
                            Change::Keep => {}
                            Change::Put(new, _) => bytes = Some(new),
                            Change::Remove => bytes = None,
                        }
                        step.resume(&mut engine, Ok(()), now)
                    }
                    Step::Send(step) => {
                        let endpoint = Endpoint::of(&step.request.url).ok_or("not Polar's")?;
                        let body: Value =
                            serde_json::from_str(&step.request.body).map_err(|error| error.to_string())?;
                        seats.extend(body["activation_id"].as_str().map(id));
                        let reply = polar.handle(endpoint, &body, self.now)?;
                        let (answer, _) = disturb(Fault::None, Some(reply), endpoint, None);
                        step.resume(&mut engine, answer, now)
                    }
                    Step::Join(_) | Step::Turn(_) => return Err(String::from("a probe has to wait for itself")),
                    Step::Done(outcome) => {
                        let problem = outcome.into_decision().problem().map(|problem| problem.kind);
                        uncertain |= problem == Some(ErrorKind::SeatUncertain);
                        break;
                    }
                };
            }
        }
        for (wall, mono) in [(i64::MIN, now.mono), (i64::MAX, now.mono), (0, u64::MAX), (i64::MAX, 0), (i64::MIN, 0)] {
            engine.current(Now { wall: Timestamp::from_unix_ms(wall), mono });
        }
        Ok(Probe { seats, uncertain })
    }

    /// The texts that may be seen nowhere.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let keys = self.polar.keys.iter().flat_map(|key| [key.text.as_str(), key.first_text.as_str()]);
        keys.chain(PERSONAL)
    }

    // ---- the end ----

    /// Everything works again, and what was under way comes to its end.
    pub(crate) fn heal(&mut self) -> Check {
        self.tell("— everything works again —");
        for device in 0..self.devices.len() {
            self.devices[device].trouble = Trouble::None;
            self.devices[device].offline = false;
            self.devices[device].wall_error = 0;
            self.devices[device].saved_pause = None;
            self.clocks_moved(device, 0);
        }
        while let Some(errand) = self.errands.first() {
            let id = errand.id;
            self.errands[0].faults = vec![].into_iter();
            self.finish(id)?;
        }
        self.pass(5 * 60 * 1000, None)?;
        self.look_everywhere()
    }
}

/// What arrives of a reply.
fn disturb(
    fault: Fault,
    reply: Option<super::polar::Reply>,
    endpoint: Endpoint,
    seat: Option<Uuid>,
) -> (Answer, Meaning) {
    const PAGE: &str = "<html><title>Welcome to Hotel WLAN</title></html>";
    let foreign = |status: u16, body: &str| {
        let kind = if (500..600).contains(&status) && status != 511 { "server" } else { "network" };
        (Answer::Reply { status, retry_after: None, body: body.as_bytes().to_vec() }, nothing(true, kind))
    };
    let reply = match (fault, reply) {
        (Fault::Offline, _) => return (failed(Failure::Network, Sent::No), nothing(false, "network")),
        (Fault::LostRequest | Fault::LostReply, _) => {
            return (failed(Failure::Timeout, Sent::Maybe), nothing(true, "timeout"));
        }
        (Fault::CancelledAfter { .. }, _) => {
            return (failed(Failure::Cancelled, Sent::Maybe), nothing(true, "cancelled"));
        }
        (Fault::Portal(status), _) => return foreign(status, PAGE),
        (Fault::Foreign(status), _) => return foreign(status, r#"{"detail":"Not Found"}"#),
        (Fault::Busy(retry_after), _) => {
            let meaning = Meaning::Wait(retry_after.unwrap_or(60).min(120));
            return (Answer::Reply { status: 429, retry_after, body: vec![] }, meaning);
        }
        (Fault::ServerError { .. }, _) | (_, None) => return foreign(500, "Internal Server Error"),
        (Fault::Garbage, Some(reply)) => return foreign(reply.status.max(200), "\u{1}{]"),
        (_, Some(reply)) => reply,
    };
    let altered = match fault {
        Fault::None | Fault::CancelledBefore => {
            let body = reply.body.into_bytes();
            return (Answer::Reply { status: reply.status, retry_after: None, body }, reply.meaning);
        }
        // an empty body, and a no that names nobody, cannot be about another
        _ if reply.status != 200 => PAGE.to_owned(),
        Fault::AnotherOrganization => reply.body.replace(ORGANIZATION, "a0010000-0000-4000-8000-0000000000ff"),
        Fault::AnotherSeat if endpoint == Endpoint::Activate => {
            reply.body.replace("1c01", "1c02").replacen("1c02", "1c01", 1)
        }
        Fault::AnotherSeat if seat.is_some() => {
            reply.body.replace(&seat.unwrap_or_default().to_string(), "5ea70000-0000-4000-8000-0000000000ff")
        }
        Fault::AnotherKey | Fault::AnotherSeat => reply.body.replace("MODEL-", "OTHER-"),
        _ => reply.body.chars().take(reply.body.chars().count() / 2).collect(),
    };
    foreign(reply.status, &altered)
}

fn failed(failure: Failure, sent: Sent) -> Answer {
    Answer::Failed { failure, sent, message: String::from("no whole reply came") }
}

fn nothing(maybe_applied: bool, kind: &'static str) -> Meaning {
    Meaning::Nothing { maybe_applied, kind }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", name(self.device), ["one", "two"][self.slot])
    }
}

fn name(device: usize) -> &'static str {
    ["desk", "lap"][device]
}

pub(crate) fn summary(decision: &Decision) -> String {
    let license = decision.license();
    let key = license.map_or("", |license| license.display_key.as_str());
    let seat = short(license.and_then(|license| license.activation_id));
    let reason = decision.reason().map_or("", |reason| reason.as_str());
    let problem = decision.problem().map_or(String::new(), |problem| format!(" ({})", problem.kind));
    format!("{} {reason} {key} {seat}{problem}", decision.state())
}

pub(crate) fn short(seat: Option<Uuid>) -> String {
    seat.map_or_else(|| String::from("no seat"), |seat| format!("seat {}", seat.as_u128() & 0xffff))
}

fn tail(key: &str) -> &str {
    key.get(key.len().saturating_sub(6)..).unwrap_or(key)
}

pub(crate) fn span(ms: i64) -> String {
    let (sign, ms) = (if ms < 0 { "-" } else { "" }, ms.abs());
    match ms {
        0..1000 => format!("{sign}{ms} ms"),
        1000..120_000 => format!("{sign}{} s", ms / 1000),
        120_000..7_200_000 => format!("{sign}{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{sign}{} h", ms / 3_600_000),
        _ => format!("{sign}{} d", ms / 86_400_000),
    }
}
