//! The simulated devices, disks, clocks and processes, all in memory. The world carries out the real engine's steps one
//! at a time, with faults in between, and records what happened. `invariants.rs` checks the result.

use super::invariants;
use super::polar::{
    Action, DAY, DenialReason, Endpoint, Meaning, ORGANIZATION, PERSONAL, PRO, Polar, TEAM, TWO_SEATS, Terms, id,
};
use super::story::{Call, Environment, Event, Fault, HOUR, ProcessId, RecordEdit, Trouble, Typed};
use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, JoinStep, Operation, Outcome, Pacer, SendStep, Step, StoreStep};
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license::{Config, Decision, ErrorKind, Reason, Timestamp};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// The result of a check. An error names the broken rule and gives details.
pub(crate) type Check = Result<(), String>;

pub(crate) struct World {
    pub(crate) environment: Environment,
    /// The true time, which Polar's clock shows.
    pub(crate) now: i64,
    pub(crate) polar: Polar,
    pub(crate) devices: Vec<Device>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) answers: Vec<ReceivedAnswer>,
    pub(crate) seats: Vec<TakenSeat>,
    pub(crate) pacers: Vec<SentRequests>,
    /// The lines that describe, for people, what happened.
    pub(crate) story: Vec<String>,
    /// A counter of everything that happens. Two values show which of two things happened first.
    pub(crate) tick: u64,
    /// The number of steps that the engine has carried out.
    pub(crate) steps: u64,
    ids: u64,
}

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    /// The difference of the wall clock from the true time.
    pub(crate) wall_error: i64,
    mono: u64,
    pub(crate) bytes: Option<Vec<u8>>,
    /// The number of writes to the store.
    pub(crate) version: u64,
    /// The result of the last probe, and the version of the store that was probed.
    probed: RefCell<Option<(u64, Probe)>>,
    pub(crate) trouble: Trouble,
    offline: bool,
    copies: Vec<Vec<u8>>,
    pub(crate) processes: [Option<Process>; 2],
    shared_pacer: (Pacer, usize),
    /// The tick since which a license has certainly been stored.
    pub(crate) licensed_since: Option<u64>,
    /// Whether a process on this device ever removed its license and could not save the removal.
    pub(crate) gave_up_unsaved: bool,
    /// Whether a report of an uncertain seat would be justified, because the outcome of an attempt may be unknown.
    pub(crate) may_report_uncertain: bool,
    /// Whether anybody ever edited the record.
    pub(crate) edited: bool,
    /// The last denial that was certainly stored, and the tick at which it was stored.
    pub(crate) denial: Option<(ReceivedDenial, u64)>,
    /// For each confirmation: a lower bound of the stored `high`, and the tick from which the bound holds.
    pub(crate) high: BTreeMap<i64, (i64, u64)>,
    /// The start of the trial that a process has shown first, and the tick at which it was shown.
    pub(crate) trial: Option<(i64, u64)>,
    /// The version of the store in which the trial was last looked for.
    pub(crate) trial_looked_for: Option<u64>,
    /// For each call of `start_trial`: the time of the trial that it may have started.
    pub(crate) trial_calls: Vec<Base>,
    /// A saved pause: the wall time until which it binds every process, and the tick at which it was saved. `None`
    /// after the wall clock was set.
    pub(crate) saved_pause: Option<(i64, u64)>,
    /// The time on the monotonic clock until which timers may rest, because Polar asked for a pause.
    pub(crate) rests_until: u64,
    /// Whether an operation that had begun before the pause has written the record since the pause was saved.
    pub(crate) pause_overwritten: bool,
}

pub(crate) struct Process {
    pub(crate) engine: Engine,
    pub(crate) app: App,
    pub(crate) pacer: usize,
    /// The reading of the monotonic clock when the process started.
    pub(crate) started: u64,
    /// The tick at which the process last read the store.
    pub(crate) last_read: Option<u64>,
    /// Whether a write by this process ever failed, so that the process may know more than the store.
    pub(crate) write_failed: bool,
    /// Whether the process removed its license and could not save the removal.
    pub(crate) gave_up_unsaved: bool,
    pub(crate) seen: Option<Seen>,
    pub(crate) denial: Option<ReceivedDenial>,
}

/// The moment at which a process last showed a decision. From then on, the process's estimate of the time can only
/// grow.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// The time of the confirmation, or of the start of the trial.
    pub(crate) base: i64,
    /// The reading of the monotonic clock at that moment.
    pub(crate) mono: u64,
    /// A lower bound of the process's estimate of the time at that moment.
    pub(crate) earliest: i64,
}

/// A time from which devices estimate the present time: that of a confirmation, or of the start of a trial.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    pub(crate) at: i64,
    /// Polar's clock minus the wall clock at that moment. For a trial, the wall clock counts as right.
    pub(crate) offset: i64,
    /// An upper bound of the device's estimates of the time since then.
    pub(crate) upper: i64,
}

/// The parts of the app's configuration that the test needs.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) refresh: i64,
    pub(crate) grace: i64,
    pub(crate) benefits: Vec<Uuid>,
    pub(crate) bind: bool,
    pub(crate) version: Option<i64>,
    /// The length of the trial, in ms, if the configuration has one.
    pub(crate) trial: Option<i64>,
}

/// A denial of the license that the device had at the time.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedDenial {
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) at: i64,
    /// Whether the denial was the answer to counting usage.
    pub(crate) to_consume: bool,
    /// Whether the operation asked Polar again after the denial and got no answer, or had no time left to ask again.
    pub(crate) asked_again: bool,
    /// The time of the confirmation of the license that the device had after the denial.
    pub(crate) confirmed: Option<i64>,
}

/// A running operation.
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) who: ProcessId,
    /// The function that the app called, or `None` if the operation opens the client.
    pub(crate) call: Option<Call>,
    pub(crate) typed: Option<String>,
    pub(crate) log: Vec<Exchange>,
    pending: Option<Pending>,
    faults: std::vec::IntoIter<Fault>,
    /// The decision of the process right after the operation first read the store.
    pub(crate) baseline: Option<Decision>,
    pub(crate) begun: u64,
    /// The tick at which the operation's last request was planned.
    pub(crate) planned: u64,
    /// The true time at which the operation began.
    pub(crate) began_at: i64,
    version_seen: u64,
    /// Whether anybody else wrote the record during the operation.
    pub(crate) interfered: bool,
    /// Whether the disk failed during the operation, or had failed for this process earlier.
    pub(crate) disk_failed: bool,
    pub(crate) joined: bool,
    /// Whether the license was forgotten or the record was edited during the operation.
    pub(crate) excused: bool,
    /// Whether a deactivation removed the record during the operation.
    pub(crate) record_removed: bool,
    /// The end, by the wall clock, of the last pause that Polar asked for.
    pause: Option<i64>,
    /// The confirmation that the process had when the operation began, and a lower bound of its estimated time then.
    /// Both determine the expected `high` in the store.
    lower_at_start: Option<(i64, i64)>,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) endpoint: Endpoint,
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) uses: u64,
    /// The true time at which the request was sent.
    pub(crate) at: i64,
    /// The answer that Polar gave. It is recorded even if the device did not receive it.
    pub(crate) done: Option<Meaning>,
    /// The answer that the device received, or `None` while the device waits for it.
    pub(crate) received: Option<Meaning>,
}

enum Pending {
    Store { step: StoreStep, peeked: Option<u64> },
    Send(SendStep),
    Flight { step: SendStep, answer: Answer, meaning: Meaning, sent: u64 },
    Join(JoinStep),
}

/// A confirmation or a denial that a device received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedAnswer {
    pub(crate) device: usize,
    pub(crate) at: i64,
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) verdict: Result<Terms, DenialReason>,
    /// The time of the answer, as a base of estimates.
    pub(crate) base: Base,
}

pub(crate) struct TakenSeat {
    /// The time at which Polar confirmed the key, before Polar gave the seat. The device counts the age of its attempt
    /// from this time, even if it slept for days in between.
    pub(crate) at: i64,
    pub(crate) id: Uuid,
    pub(crate) device: usize,
    task: u64,
    /// Whether the user was told that the seat may be lost.
    pub(crate) reported: bool,
    /// Whether the device no longer needs to know the seat. There are three reasons: the user was told of the seat and
    /// deactivated, the user forgot the license, or the record was edited.
    pub(crate) excused: bool,
    /// Whether a deactivation removed the record while this seat was being activated.
    pub(crate) record_removed: bool,
    /// The key under which the device has stored the seat, or `None` if this is not certain.
    pub(crate) known_as: Option<String>,
}

#[derive(Default)]
pub(crate) struct SentRequests {
    pub(crate) send: Vec<u64>,
    pub(crate) paused_until: u64,
    /// The tick at which Polar asked for the last pause.
    pub(crate) paused_at: u64,
}

/// The facts that a new process would learn from the store.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) seats: Vec<Uuid>,
    pub(crate) uncertain: bool,
    /// Whether the record looks as if a newer version had written it. Such a record is not overwritten.
    pub(crate) is_newer: bool,
}

/// The last configuration of the app, which is the only one with a trial.
pub(crate) const WITH_TRIAL: usize = 6;

/// The length of the trial.
pub(crate) const TRIAL: i64 = 7 * DAY;

fn setup(number: usize) -> (Config, App) {
    let mut app = App { refresh: DAY, grace: 14 * DAY, benefits: vec![], bind: true, version: None, trial: None };
    match number {
        1 => app.benefits = vec![id(PRO)],
        2 => app.benefits = vec![id(TEAM)],
        3 => app.bind = false,
        4 => app.version = Some(2),
        5 => (app.refresh, app.grace) = (HOUR, 3 * DAY),
        WITH_TRIAL => app.trial = Some(TRIAL),
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
    if let Some(trial) = app.trial {
        config = config.trial_days(u32::try_from(trial / DAY).expect("a few days"));
    }
    (config.build().expect("a valid configuration"), app)
}

impl World {
    pub(crate) fn new(environment: Environment) -> Self {
        let now = 1_795_000_000_000;
        let organization = id(ORGANIZATION);
        let mut pacers = Vec::new();
        let devices = ["desk", "lap"].map(|name| {
            pacers.push(SentRequests::default());
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
                gave_up_unsaved: false,
                may_report_uncertain: false,
                edited: false,
                denial: None,
                high: BTreeMap::new(),
                trial: None,
                trial_looked_for: None,
                trial_calls: Vec::new(),
                saved_pause: None,
                rests_until: 0,
                pause_overwritten: false,
            }
        });
        Self {
            environment,
            now,
            polar: Polar::new(now),
            devices: devices.into(),
            tasks: Vec::new(),
            answers: Vec::new(),
            seats: Vec::new(),
            pacers,
            story: Vec::new(),
            tick: 0,
            steps: 0,
            ids: 0,
        }
    }

    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.story.push(line.into());
    }

    pub(crate) fn clocks(&self, device: usize) -> Now {
        let device = &self.devices[device];
        Now { wall: Timestamp::from_unix_ms(self.now + device.wall_error), mono: device.mono }
    }

    pub(crate) fn process(&mut self, who: ProcessId) -> Option<&mut Process> {
        self.devices[who.device].processes[who.slot].as_mut()
    }

    pub(crate) fn decision(&mut self, who: ProcessId) -> Option<Decision> {
        let now = self.clocks(who.device);
        Some(self.process(who)?.engine.current(now))
    }

    /// Applies an event, and checks the rules.
    pub(crate) fn apply(&mut self, event: Event) -> Check {
        self.tick += 1;
        match event {
            Event::Do { who, call, faults } => {
                if let Some(task) = self.begin(who, call, faults)? {
                    self.finish(task)?;
                }
            }
            Event::Begin { who, call } => drop(self.begin(who, call, vec![])?),
            Event::Overtake { who, call, request, sent, action, other, then } => {
                let mut faults = vec![Fault::None; request + 1];
                faults.push(then);
                let Some(task) = self.begin(who, call, faults)? else { return Ok(()) };
                self.run_until_request(task, request, sent)?;
                let other_process = ProcessId { slot: 1 - who.slot, ..who };
                if sent {
                    self.merchant_acts(action);
                }
                if let Some(other) = self.begin(other_process, other, vec![])? {
                    self.finish(other)?;
                }
                if !sent {
                    self.merchant_acts(action);
                }
                if self.index(task).is_some() {
                    self.finish(task)?;
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
            Event::SetClock { device, error } => self.set_clock(device, error),
            Event::Polar { key, action } => self.merchant_acts(Some((key, action))),
            Event::Network { device, down } => self.set_offline(device, down),
            Event::Disk { device, trouble } => self.set_trouble(device, trouble),
            Event::EditRecord { device, edit } => self.edit_record(device, edit),
        }
        self.check_everything()
    }

    fn set_clock(&mut self, device: usize, error: i64) {
        self.note(format!("{}'s clock is set {} off the truth", name(device), span(error)));
        self.move_clock(device, error);
    }

    /// Sets a device's wall clock, and drops what is expected of pauses that end at a time on this clock.
    fn move_clock(&mut self, device: usize, error: i64) {
        self.devices[device].wall_error = error;
        self.devices[device].saved_pause = None;
        self.tasks.iter_mut().filter(|task| task.who.device == device).for_each(|task| task.pause = None);
        self.clocks_moved(device, 0);
    }

    fn set_offline(&mut self, device: usize, offline: bool) {
        self.note(format!("{} goes {}", name(device), if offline { "offline" } else { "online" }));
        self.devices[device].offline = offline;
    }

    fn set_trouble(&mut self, device: usize, trouble: Trouble) {
        self.note(format!("{}'s disk: {trouble:?}", name(device)));
        self.devices[device].trouble = trouble;
    }

    fn check_everything(&mut self) -> Check {
        for device in 0..self.devices.len() {
            for slot in 0..2 {
                invariants::every_decision(self, ProcessId { device, slot })?;
            }
            invariants::no_seat_is_lost_in_silence(self, device)?;
            invariants::the_trial_stays_in_the_record(self, device)?;
        }
        Ok(())
    }

    fn pick(&self, pick: usize) -> Option<usize> {
        (!self.tasks.is_empty()).then(|| pick % self.tasks.len())
    }

    pub(crate) fn index(&self, task: u64) -> Option<usize> {
        self.tasks.iter().position(|other| other.id == task)
    }

    // ---- time ----

    /// Lets time pass. Requests that are waiting to be sent are sent when they are due.
    pub(crate) fn pass(&mut self, ms: i64, asleep: Option<usize>) -> Check {
        match asleep {
            None => self.note(format!("{} pass", span(ms))),
            Some(device) => self.note(format!("{} sleeps for {}", name(device), span(ms))),
        }
        let mut left = ms;
        loop {
            let due = self.tasks.iter().filter_map(|task| match &task.pending {
                Some(Pending::Send(step)) if asleep != Some(task.who.device) => {
                    let mono = self.devices[task.who.device].mono;
                    Some((i64::try_from(step.not_before.saturating_sub(mono)).expect("a short time"), task.id))
                }
                _ => None,
            });
            let Some((wait, task)) = due.min().filter(|(wait, _)| *wait <= left) else { break };
            self.tick_clocks(wait, asleep);
            left -= wait;
            let at = self.index(task).expect("the task waits");
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

    /// Updates the upper bounds of a device's estimates of the time, after its clocks have changed.
    fn clocks_moved(&mut self, device: usize, passed: i64) {
        let wall = self.now + self.devices[device].wall_error;
        let confirmations = self.answers.iter_mut().filter(|answer| answer.device == device);
        let bases = confirmations.map(|answer| &mut answer.base).chain(&mut self.devices[device].trial_calls);
        for base in bases {
            base.upper = invariants::latest_estimate(*base, wall, passed);
        }
    }

    // ---- processes ----

    pub(crate) fn start(&mut self, who: ProcessId, number: usize, shared_pacer: bool) -> Check {
        self.stop(who)?;
        let (config, app) = setup(number);
        let (pacer, book) = if shared_pacer {
            self.devices[who.device].shared_pacer.clone()
        } else {
            self.pacers.push(SentRequests::default());
            (Pacer::new(), self.pacers.len() - 1)
        };
        self.ids += 1;
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.ids.to_le_bytes());
        let host =
            Host { device: self.devices[who.device].id.clone(), system: "Debian 12".into(), seed, takes_turns: false };
        self.note(format!("{who} starts, configured as {number}"));
        let engine = Engine::new(config, host, pacer);
        let process = Process {
            engine,
            app,
            pacer: book,
            started: self.devices[who.device].mono,
            last_read: None,
            write_failed: false,
            gave_up_unsaved: false,
            seen: None,
            denial: None,
        };
        self.devices[who.device].processes[who.slot] = Some(process);
        let task = self.launch(who, None, None, Operation::Open, vec![])?;
        self.finish(task)
    }

    fn stop(&mut self, who: ProcessId) -> Check {
        if self.process(who).is_none() {
            return Ok(());
        }
        self.note(format!("{who} ends"));
        self.devices[who.device].may_report_uncertain |= self.is_activating(who.device);
        self.tasks.retain(|task| task.who != who);
        self.devices[who.device].processes[who.slot] = None;
        invariants::no_seat_is_lost_in_silence(self, who.device)
    }

    fn crash(&mut self, at: usize) -> Check {
        let who = self.tasks[at].who;
        match self.tasks[at].pending.take() {
            Some(Pending::Store { mut step, .. }) => {
                self.note(format!("{who} crashes while it stores"));
                // the write is done, but the process never learns of it
                let _ = self.carry_out_store(at, &mut step);
            }
            Some(Pending::Send(step)) => {
                self.note(format!("{who} crashes once it has sent"));
                self.wait_for(at, &step)?;
                self.send(at, step, Fault::None)?;
            }
            _ => {}
        }
        self.stop(who)
    }

    // ---- operations ----

    pub(crate) fn begin(&mut self, who: ProcessId, call: Call, faults: Vec<Fault>) -> Result<Option<u64>, String> {
        if self.process(who).is_none() {
            self.start(who, 0, false)?;
        }
        if self.tasks.iter().filter(|task| task.who == who).count() >= 3 {
            return Ok(None);
        }
        let mut typed = None;
        let operation = match call {
            Call::Validate => Operation::Validate,
            Call::Refresh(patience) => Operation::Refresh(patience),
            Call::Consume(count) => Operation::Consume(count),
            Call::Deactivate => Operation::Deactivate,
            Call::Forget => Operation::Forget,
            Call::StartTrial => Operation::StartTrial,
            Call::Activate { key, replace } => {
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
        self.note(format!("{who}: {call:?}"));
        self.launch(who, Some(call), typed, operation, faults).map(Some)
    }

    fn launch(
        &mut self,
        who: ProcessId,
        call: Option<Call>,
        typed: Option<String>,
        operation: Operation,
        faults: Vec<Fault>,
    ) -> Result<u64, String> {
        self.ids += 1;
        let id = self.ids;
        let now = self.clocks(who.device);
        let lower_at_start = invariants::shown_and_earliest(self, who);
        if matches!(call, Some(Call::Forget | Call::Deactivate)) {
            self.devices[who.device].licensed_since = None;
        }
        if call == Some(Call::StartTrial) {
            self.note_trial_call(who.device);
        }
        let Some(process) = self.process(who) else { return Ok(id) };
        let disk_failed = process.write_failed;
        let step = process.engine.begin(operation, now);
        let task = Task {
            id,
            who,
            call,
            typed,
            log: Vec::new(),
            pending: None,
            faults: faults.into_iter(),
            baseline: None,
            begun: self.tick,
            planned: self.tick,
            began_at: self.now,
            version_seen: self.devices[who.device].version,
            interfered: false,
            disk_failed,
            joined: matches!(step, Step::Join(_)),
            excused: false,
            record_removed: false,
            pause: None,
            lower_at_start,
        };
        self.tasks.push(task);
        self.go_on(id, step)?;
        Ok(id)
    }

    /// Records that a trial may start now, by the device's wall clock.
    fn note_trial_call(&mut self, device: usize) {
        let at = self.clocks(device).wall.unix_ms();
        self.devices[device].trial_calls.push(Base { at, offset: 0, upper: at });
    }

    /// Runs an operation to its end. If it waits for another operation, runs that one first.
    pub(crate) fn finish(&mut self, task: u64) -> Check {
        while let Some(at) = self.index(task) {
            let Task { who, pending, .. } = &self.tasks[at];
            let who = *who;
            let blocker = match pending {
                Some(Pending::Join(step)) => {
                    let waits_for = step.waits_for;
                    let running = self.process(who).is_some_and(|process| process.engine.is_running(waits_for));
                    let is_it = |other: &Task| other.who == who && !matches!(other.pending, Some(Pending::Join(_)));
                    running.then(|| self.tasks.iter().position(is_it)).flatten()
                }
                _ => None,
            };
            self.advance(blocker.unwrap_or(at), None)?;
        }
        Ok(())
    }

    fn merchant_acts(&mut self, action: Option<(usize, Action)>) {
        if let Some((key, action)) = action {
            self.note(format!("at polar.sh, key {key}: {action:?}"));
            self.polar.act(key, action, self.now);
        }
    }

    /// Runs an operation until just before the request with this index, or just after it if `sent` is true. Stops
    /// earlier if the operation ends or waits for another operation.
    fn run_until_request(&mut self, task: u64, request: usize, sent: bool) -> Check {
        while let Some(at) = self.index(task) {
            let earlier = self.tasks[at].log.len();
            match &self.tasks[at].pending {
                Some(Pending::Join(_)) => return Ok(()),
                Some(Pending::Send(_)) if !sent && earlier == request => return Ok(()),
                Some(Pending::Flight { .. }) if earlier > request => return Ok(()),
                _ => self.advance(at, None)?,
            }
        }
        Ok(())
    }

    /// Carries out one step of an operation. If the step sends a request and `fault` is `None`, the request meets the
    /// operation's next planned fault.
    fn advance(&mut self, at: usize, fault: Option<Fault>) -> Check {
        self.steps += 1;
        self.tick += 1;
        match self.tasks[at].pending.take() {
            Some(Pending::Store { step, peeked }) => self.store(at, step, peeked),
            Some(Pending::Send(step)) => {
                let fault = fault.or_else(|| self.tasks[at].faults.next()).unwrap_or(Fault::None);
                let offline = self.devices[self.tasks[at].who.device].offline;
                let fault = if offline { Fault::Offline } else { fault };
                self.wait_for(at, &step)?;
                self.send(at, step, fault)
            }
            Some(Pending::Flight { step, answer, meaning, sent }) => self.deliver(at, step, answer, meaning, sent),
            Some(Pending::Join(step)) => {
                let (id, who) = (self.tasks[at].id, self.tasks[at].who);
                if self.tasks[at].call == Some(Call::StartTrial) {
                    self.note_trial_call(who.device);
                }
                let now = self.clocks(who.device);
                let Some(process) = self.process(who) else { return Ok(()) };
                if process.engine.is_running(step.waits_for) && now.mono < step.until {
                    self.tasks[at].pending = Some(Pending::Join(step));
                    return Ok(());
                }
                let next = step.resume(&mut process.engine, now);
                self.go_on(id, next)
            }
            None => Ok(()),
        }
    }

    fn go_on(&mut self, task: u64, step: Step) -> Check {
        let at = self.index(task).expect("the task is running");
        let who = self.tasks[at].who;
        invariants::keeps_secrets(self, "a step's Debug", &format!("{step:?}"))?;
        match step {
            Step::Store(step) => self.tasks[at].pending = Some(Pending::Store { step, peeked: None }),
            Step::Send(step) => {
                self.tasks[at].planned = self.tick;
                self.tasks[at].pending = Some(Pending::Send(step));
            }
            Step::Turn(_) => return Err(String::from("a turn, although the host takes none")),
            Step::Join(step) => {
                self.tasks[at].joined = true;
                self.tasks[at].pending = Some(Pending::Join(step));
            }
            Step::Done(outcome) => {
                let mut task = self.tasks.remove(at);
                task.interfered |= task.version_seen != self.devices[who.device].version;
                self.end(task, &outcome)?;
            }
        }
        invariants::every_decision(self, who)
    }

    fn end(&mut self, task: Task, outcome: &Outcome) -> Check {
        let who = task.who;
        let result = match &outcome.result {
            Ok(decision) => summary(decision),
            Err(error) => format!("{}{}: {error}", error.kind(), if error.maybe_applied() { " (maybe)" } else { "" }),
        };
        self.note(format!("{who}: {:?} ended: {result}", task.call));
        invariants::every_outcome(self, &task, outcome)?;
        self.update_expectations(&task, outcome)?;
        invariants::no_seat_is_lost_in_silence(self, who.device)
    }

    /// After an operation has ended, records the facts that the rules need.
    fn update_expectations(&mut self, task: &Task, outcome: &Outcome) -> Check {
        let ProcessId { device, .. } = task.who;
        let (decision, maybe_applied) = match &outcome.result {
            Ok(decision) => (Some(decision), false),
            Err(error) => (error.decision(), error.maybe_applied()),
        };
        let uncertain =
            |decision: &Decision| decision.problem().is_some_and(|problem| problem.kind == ErrorKind::SeatUncertain);
        let reports_uncertain = decision.is_some_and(uncertain);
        let given_up = task.call == Some(Call::Deactivate) && outcome.result.is_ok();
        for seat in self.seats.iter_mut().filter(|seat| seat.device == device) {
            seat.reported |= reports_uncertain || (maybe_applied && seat.task == task.id);
            seat.excused |= given_up && seat.reported;
        }
        self.note_unsaved_removal(task);
        let unknown = |exchange: &Exchange| {
            exchange.endpoint == Endpoint::Activate && matches!(exchange.received, Some(Meaning::NoAnswer { .. }))
        };
        self.devices[device].may_report_uncertain |= task.log.iter().any(unknown) || task.disk_failed || task.excused;
        let undisturbed = task.baseline.is_some() && !task.disk_failed && !task.interfered && !task.excused;
        let sound = undisturbed && !(self.devices[device].edited && self.probe(device)?.is_newer);
        if let Some(denial) = invariants::last_denial(task, decision).filter(|_| !task.excused) {
            if sound {
                self.devices[device].denial = Some((denial.clone(), self.tick));
            }
            if let Some(process) = self.process(task.who) {
                process.denial = Some(denial);
            }
        }
        if sound && let Some(decision) = decision {
            let trial = self.process(task.who).and_then(|process| process.app.trial);
            let base = invariants::base_of(decision, trial);
            base.into_iter().for_each(|at| self.expect_saved_time(task, at));
            decision.license().into_iter().for_each(|_| self.expect_saved_license(task));
        }
        Ok(())
    }

    /// Records whether an operation that has ended removed the license and could not save the removal.
    fn note_unsaved_removal(&mut self, task: &Task) {
        let device = task.who.device;
        if matches!(task.call, Some(Call::Forget | Call::Deactivate))
            && task.disk_failed
            && let Some(process) = self.process(task.who)
        {
            process.gave_up_unsaved = true;
            self.devices[device].gave_up_unsaved = true;
            self.devices[device].licensed_since = None;
        }
    }

    /// Records a lower bound of the time that an operation has certainly saved, for the decision's base at `at`.
    fn expect_saved_time(&mut self, task: &Task, at: i64) {
        let device = task.who.device;
        let Some((at, lower)) = task.lower_at_start.filter(|(earlier, _)| *earlier == at) else { return };
        let (tick, mono) = (self.tick, self.devices[device].mono);
        // "Time": the saved time may lag by an hour at a start, and then by a tenth of the run, up to a day
        let run = self.process(task.who).map_or(0, |process| (mono - process.started).cast_signed());
        let saved = lower - (run / 10).clamp(HOUR, DAY);
        let high = self.devices[device].high.entry(at).or_insert((saved, tick));
        if saved > high.0 {
            *high = (saved, tick);
        }
    }

    /// Records facts about a license that an operation has certainly saved.
    fn expect_saved_license(&mut self, task: &Task) {
        let ProcessId { device, .. } = task.who;
        let others =
            |other: &Task| other.who.device == device && matches!(other.call, Some(Call::Forget | Call::Deactivate));
        let mut processes = self.devices[device].processes.iter().flatten();
        if !self.tasks.iter().any(others) && !processes.any(|process| process.gave_up_unsaved) {
            self.devices[device].licensed_since.get_or_insert(self.tick);
        }
        if let Some(until) = task.pause {
            self.devices[device].saved_pause = Some((until, self.tick));
            self.devices[device].pause_overwritten = false;
        }
        for exchange in &task.log {
            if let Some(Meaning::SeatTaken(terms)) = &exchange.received {
                let own = |seat: &&mut TakenSeat| Some(seat.id) == terms.activation;
                if let Some(seat) = self.seats.iter_mut().find(own) {
                    seat.known_as = Some(terms.key.clone());
                }
            }
        }
    }

    // ---- storing ----

    fn store(&mut self, at: usize, mut step: StoreStep, peeked: Option<u64>) -> Check {
        let (id, who) = (self.tasks[at].id, self.tasks[at].who);
        let wait = step.not_before.saturating_sub(self.devices[who.device].mono);
        self.pass(i64::try_from(wait).expect("a short time"), None)?;
        // other operations may have ended while time passed
        let at = self.index(id).expect("the task is running");
        let was_read = self.devices[who.device].trouble != Trouble::Unreadable;
        let (read_at, written) = match peeked {
            Some(tick) => (Some(tick), Ok(())),
            None => (was_read.then_some(self.tick), self.carry_out_store(at, &mut step)),
        };
        if let (Some(tick), Some(process)) = (read_at, self.process(who)) {
            process.last_read = Some(tick);
        }
        if written.is_err() {
            self.tasks[at].disk_failed = true;
            if let Some(process) = self.process(who) {
                process.write_failed = true;
            }
        }
        let now = self.clocks(who.device);
        let Some(process) = self.process(who) else { return Ok(()) };
        let next = step.resume(&mut process.engine, written, now);
        let decision = process.engine.current(now);
        self.tasks[at].baseline.get_or_insert(decision);
        self.go_on(id, next)
    }

    /// Carries out a store step as `blocking/driver.rs` does. It reads the record; if there is something to write, it
    /// takes the lock, reads the record again and writes it.
    fn carry_out_store(&mut self, at: usize, step: &mut StoreStep) -> Result<(), String> {
        let who = self.tasks[at].who;
        if self.tasks[at].call == Some(Call::Forget) {
            self.lose_track(who.device);
        }
        let now = self.clocks(who.device);
        if self.tasks[at].version_seen != self.devices[who.device].version {
            // a write counts as interference only if it comes after the operation's first read
            self.tasks[at].interfered |= self.tasks[at].baseline.is_some();
            self.tasks[at].version_seen = self.devices[who.device].version;
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
            return Err(String::from("the lock cannot be acquired"));
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
                // the pause was stored in the record
                device.saved_pause = None;
            }
        }
        device.version += 1;
        self.tasks[at].version_seen = device.version;
        if self.tasks[at].call == Some(Call::Deactivate) {
            let on_its_way = |task: &&mut Task| task.who.device == who.device;
            self.tasks.iter_mut().filter(on_its_way).for_each(|task| task.record_removed = true);
            let unknown = |seat: &&mut TakenSeat| seat.device == who.device && seat.known_as.is_none();
            self.seats.iter_mut().filter(unknown).for_each(|seat| seat.record_removed = true);
        }
        let saved = self.devices[who.device].saved_pause.is_some_and(|(_, since)| since > self.tasks[at].begun);
        self.devices[who.device].pause_overwritten |= saved;
        Ok(())
    }

    /// Reads the store without the lock, as the driver does first. If there is nothing to write, the step later
    /// continues with this record.
    fn peek(&mut self, at: usize) {
        let who = self.tasks[at].who;
        let now = self.clocks(who.device);
        let device = &mut self.devices[who.device];
        let Some(process) = &mut device.processes[who.slot] else { return };
        if device.trouble == Trouble::Unreadable {
            return;
        }
        if let Some(Pending::Store { step, peeked }) = &mut self.tasks[at].pending
            && peeked.is_none()
            && step.merge(&process.engine, Ok(device.bytes.as_deref()), now) == Change::Keep
        {
            *peeked = Some(self.tick);
            self.tasks[at].interfered |=
                self.tasks[at].baseline.is_some() && self.tasks[at].version_seen != device.version;
            self.tasks[at].version_seen = device.version;
            self.story.push(format!("{who} looks at the store"));
        }
    }

    fn edit_record(&mut self, device: usize, edit: RecordEdit) {
        let other = self.devices[1 - device].bytes.clone();
        let this = &mut self.devices[device];
        let edited = match (edit, this.bytes.clone()) {
            (RecordEdit::FlipByte(at), Some(mut bytes)) if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes[at] ^= 1 << (at % 8);
                Some(bytes)
            }
            (RecordEdit::Truncate(at), Some(mut bytes)) => {
                bytes.truncate(at % (bytes.len() + 1));
                Some(bytes)
            }
            (RecordEdit::CopyFromOther, _) if other.is_some() => other,
            (RecordEdit::Restore(at), _) if !this.copies.is_empty() => {
                let at = at % this.copies.len();
                Some(this.copies[at].clone())
            }
            (RecordEdit::Delete, Some(_)) => None,
            _ => return,
        };
        this.bytes = edited;
        this.version += 1;
        this.edited = true;
        self.note(format!("somebody edits {}'s record: {edit:?}", name(device)));
        self.lose_track(device);
    }

    /// Drops all expectations about the record of a device, because the record was edited or the user forgot the
    /// license.
    fn lose_track(&mut self, device: usize) {
        self.seats.iter_mut().filter(|seat| seat.device == device).for_each(|seat| seat.excused = true);
        self.tasks.iter_mut().filter(|task| task.who.device == device).for_each(|task| task.excused = true);
        let this = &mut self.devices[device];
        this.may_report_uncertain = true;
        this.licensed_since = None;
        this.denial = None;
        this.high.clear();
        this.saved_pause = None;
    }

    // ---- sending ----

    fn wait_for(&mut self, at: usize, step: &SendStep) -> Check {
        let mono = self.devices[self.tasks[at].who.device].mono;
        let wait = step.not_before.saturating_sub(mono);
        if wait == 0 { Ok(()) } else { self.pass(i64::try_from(wait).expect("a short time"), None) }
    }

    fn send(&mut self, at: usize, step: SendStep, fault: Fault) -> Check {
        let who = self.tasks[at].who;
        if fault == Fault::CancelledBefore {
            self.note(format!("{who}: cancelled before it sent"));
            return self.answer(at, step, failed(Failure::Cancelled, Sent::No), nothing(false, "cancelled"));
        }
        self.tick_clocks(3, None);
        let sent = self.devices[who.device].mono;
        let endpoint =
            Endpoint::of(&step.request.url).ok_or_else(|| format!("not Polar's: {}", step.request.url.as_str()))?;
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
            Fault::None
            | Fault::LostReply
            | Fault::Garbage
            | Fault::Truncated
            | Fault::AnotherKey
            | Fault::AnotherOrganization
            | Fault::AnotherSeat
            | Fault::CancelledBefore => true,
        };
        let reply = if applied { Some(self.polar.handle(endpoint, &body, self.now)?) } else { None };
        let done = reply.as_ref().map(|reply| reply.meaning.clone());
        if let Some(Meaning::SeatTaken(Terms { activation: Some(seat), .. })) = done {
            let Task { id, excused, record_removed, .. } = self.tasks[at];
            let device = who.device;
            let log = self.tasks[at].log.iter();
            let checked =
                log.filter(|exchange| matches!(exchange.received, Some(Meaning::Confirmed(_)))).map(|it| it.at);
            let at = checked.max().unwrap_or(self.now);
            let known_as = None;
            self.seats.push(TakenSeat {
                id: seat,
                device,
                task: id,
                at,
                reported: false,
                excused,
                record_removed,
                known_as,
            });
        }
        self.note(format!("{who}: {endpoint:?} {} {} ~ {fault:?}", tail(&exchange.key), short(activation)));
        self.tasks[at].log.push(Exchange { done, ..exchange });
        let (answer, meaning) = disturb(fault, reply, endpoint, activation);
        self.tasks[at].pending = Some(Pending::Flight { step, answer, meaning, sent });
        Ok(())
    }

    fn deliver(&mut self, at: usize, step: SendStep, answer: Answer, meaning: Meaning, sent: u64) -> Check {
        self.tick_clocks(4, None);
        let device = self.tasks[at].who.device;
        let now = self.clocks(device);
        let timeout = u64::try_from(step.request.timeout.as_millis()).expect("a short time") + 250;
        let failed_before_sending = matches!(&answer, Answer::Failed { sent: Sent::No, .. });
        if now.mono - sent > timeout && !failed_before_sending {
            return self.answer(at, step, failed(Failure::Timeout, Sent::Maybe), nothing(true, "timeout"));
        }
        self.answer(at, step, answer, meaning)
    }

    fn answer(&mut self, at: usize, step: SendStep, answer: Answer, meaning: Meaning) -> Check {
        let Task { id, who, .. } = self.tasks[at];
        let now = self.clocks(who.device);
        if let Some(exchange) = self.tasks[at].log.last_mut().filter(|exchange| exchange.received.is_none()) {
            exchange.received = Some(meaning.clone());
            let (key, activation, asked_at) = (exchange.key.clone(), exchange.activation, exchange.at);
            let wall = now.wall.unix_ms();
            let verdict = match &meaning {
                Meaning::Confirmed(terms) | Meaning::SeatTaken(terms) => Some(Ok(terms.clone())),
                Meaning::Denied(why) => Some(Err(*why)),
                Meaning::ActivationDenied(_)
                | Meaning::Released
                | Meaning::SeatUnknown
                | Meaning::UsageExhausted
                | Meaning::Wait(_)
                | Meaning::NoAnswer { .. } => None,
            };
            if let Some(verdict) = verdict {
                let (at, activation) =
                    verdict.as_ref().map_or((asked_at, activation), |terms| (terms.at, terms.activation));
                let device = who.device;
                self.answers.push(ReceivedAnswer {
                    device,
                    at,
                    key,
                    activation,
                    verdict,
                    base: Base { at, offset: at - wall, upper: at },
                });
            }
        }
        if let Meaning::Wait(seconds) = meaning {
            self.tasks[at].pause = Some(now.wall.unix_ms() + i64::from(seconds) * 1000);
        }
        let before = self.decision(who);
        let Some(process) = self.process(who) else { return Ok(()) };
        let next = step.resume(&mut process.engine, answer, now);
        let after = process.engine.current(now);
        let pacer = process.pacer;
        if let Meaning::Wait(seconds) = meaning {
            let tick = self.tick;
            let book = &mut self.pacers[pacer];
            book.paused_at = tick;
            book.paused_until = book.paused_until.max(now.mono + u64::from(seconds) * 1000);
            self.devices[who.device].rests_until = book.paused_until + HOUR.unsigned_abs();
        }
        if let (Meaning::NoAnswer { .. } | Meaning::Wait(_), Some(before)) = (&meaning, before) {
            invariants::only_polar_can_deny(&before, &after)?;
        }
        self.go_on(id, next)
    }

    fn cancel(&mut self, at: usize, dropped: bool) -> Check {
        let Task { id, who, .. } = self.tasks[at];
        self.note(format!("{who}: {:?} is cancelled", self.tasks[at].call));
        match self.tasks[at].pending.take() {
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
                self.devices[who.device].may_report_uncertain |= self.is_activating(who.device);
                let task = self.tasks.remove(at);
                self.note_unsaved_removal(&task);
                Ok(())
            }
        }
    }

    // ---- queries ----

    /// Returns `true` if an activation is running on a device.
    pub(crate) fn is_activating(&self, device: usize) -> bool {
        let is_it = |task: &Task| task.who.device == device && matches!(task.call, Some(Call::Activate { .. }));
        self.tasks.iter().any(is_it)
    }

    /// Returns the facts that a new process would learn: the seats that the record knows, and whether it reports a seat
    /// as uncertain. To find the seats, activates another key on a copy of the record at another Polar, and observes
    /// which seats the engine releases or asks about.
    pub(crate) fn probe(&self, device: usize) -> Result<Probe, String> {
        let this = &self.devices[device];
        let known = this.probed.borrow().clone().filter(|(version, _)| *version == this.version);
        if let Some((_, probe)) = known {
            return Ok(probe);
        }
        let probe = self.run_probe(device)?;
        *this.probed.borrow_mut() = Some((this.version, probe.clone()));
        Ok(probe)
    }

    fn run_probe(&self, device: usize) -> Result<Probe, String> {
        let this = &self.devices[device];
        let (config, _) = setup(0);
        let host = Host { device: this.id.clone(), system: "probe".into(), seed: [9; 16], takes_turns: false };
        let mut engine = Engine::new(config, host, Pacer::new());
        let mut polar = Polar::elsewhere(self.now);
        let mut bytes = this.bytes.clone();
        let mut now = self.clocks(device);
        let mut seats = Vec::new();
        let (mut uncertain, mut is_newer) = (false, false);
        // the key must need a seat, because only then does the engine ask Polar about every seat that was kept
        let key = polar.keys[TWO_SEATS].text.clone();
        let activate = || Operation::Activate { key: Some(key.as_str().into()), replace_previous: false };
        for operation in [Operation::Open, activate(), activate(), activate(), activate()] {
            // moves the clock beyond the end of any saved pause
            now = Now { wall: now.wall.plus(Duration::from_secs(1801)), mono: now.mono + 1_801_000 };
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
                        let decision = outcome.into_decision();
                        is_newer |= decision.reason() == Some(Reason::NewerFormat);
                        let problem = decision.problem().map(|problem| problem.kind);
                        uncertain |= problem == Some(ErrorKind::SeatUncertain);
                        break;
                    }
                };
            }
        }
        for (wall, mono) in [(i64::MIN, now.mono), (i64::MAX, now.mono), (0, u64::MAX), (i64::MAX, 0), (i64::MIN, 0)] {
            engine.current(Now { wall: Timestamp::from_unix_ms(wall), mono });
        }
        Ok(Probe { seats, uncertain, is_newer })
    }

    /// Returns the decision of a new process of the app with a trial that reads the stored record.
    pub(crate) fn decision_of_a_new_process(&self, device: usize) -> Decision {
        let this = &self.devices[device];
        let host = Host { device: this.id.clone(), system: "probe".into(), seed: [9; 16], takes_turns: false };
        let mut engine = Engine::new(setup(WITH_TRIAL).0, host, Pacer::new());
        let now = self.clocks(device);
        let mut step = engine.begin(Operation::Open, now);
        while let Step::Store(mut store) = step {
            store.merge(&engine, Ok(this.bytes.as_deref()), now);
            step = store.resume(&mut engine, Ok(()), now);
        }
        engine.current(now)
    }

    /// Returns the texts that the library must never show.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let keys = self.polar.keys.iter().flat_map(|key| [key.text.as_str(), key.first_text.as_str()]);
        keys.chain(PERSONAL)
    }

    // ---- recovery ----

    /// Ends all failures, and runs all operations to their end.
    pub(crate) fn repair(&mut self) -> Check {
        self.note("— everything works again —");
        for device in 0..self.devices.len() {
            self.devices[device].trouble = Trouble::None;
            self.devices[device].offline = false;
            self.move_clock(device, 0);
        }
        while let Some(task) = self.tasks.first() {
            let id = task.id;
            self.tasks[0].faults = vec![].into_iter();
            self.finish(id)?;
        }
        // waits longer than the longest pause
        self.pass(35 * 60 * 1000, None)?;
        self.check_everything()
    }
}

/// Applies a fault to a reply. Returns the answer that arrives at the device.
fn disturb(
    fault: Fault,
    reply: Option<super::polar::Reply>,
    endpoint: Endpoint,
    seat: Option<Uuid>,
) -> (Answer, Meaning) {
    const PAGE: &str = "<html><title>Welcome to Hotel WLAN</title></html>";
    let foreign = |status: u16, body: &str| {
        let kind = if (500..600).contains(&status) && status != 511 { "server" } else { "network" };
        (Answer::reply(status, body), nothing(true, kind))
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
            let meaning = Meaning::Wait(retry_after.unwrap_or(60).min(1800));
            return (Answer::Reply { status: 429, retry_after, location: None, body: Vec::new().into() }, meaning);
        }
        (Fault::ServerError { .. }, _) | (_, None) => return foreign(500, "Internal Server Error"),
        (Fault::Garbage, Some(reply)) => return foreign(reply.status.max(200), "\u{1}{]"),
        (_, Some(reply)) => reply,
    };
    let altered = match fault {
        Fault::None | Fault::CancelledBefore => {
            let body = reply.body.into_bytes();
            return (Answer::reply(reply.status, body), reply.meaning);
        }
        // an empty body or a denial contains no key, seat or organization that could be replaced
        _ if reply.status != 200 => PAGE.to_owned(),
        Fault::AnotherOrganization => reply.body.replace(ORGANIZATION, "a0010000-0000-4000-8000-0000000000ff"),
        Fault::AnotherSeat if endpoint == Endpoint::Activate => {
            reply.body.replace("1c01", "1c02").replacen("1c02", "1c01", 1)
        }
        Fault::AnotherSeat if seat.is_some() => {
            reply.body.replace(&seat.unwrap_or_default().to_string(), "5ea70000-0000-4000-8000-0000000000ff")
        }
        Fault::AnotherKey | Fault::AnotherSeat => reply.body.replace("MODEL-", "OTHER-"),
        Fault::Truncated
        | Fault::Garbage
        | Fault::Offline
        | Fault::LostRequest
        | Fault::LostReply
        | Fault::Portal(_)
        | Fault::Foreign(_)
        | Fault::ServerError { .. }
        | Fault::Busy(_)
        | Fault::CancelledAfter { .. } => reply.body.chars().take(reply.body.chars().count() / 2).collect(),
    };
    foreign(reply.status, &altered)
}

fn failed(failure: Failure, sent: Sent) -> Answer {
    Answer::Failed { failure, sent, message: String::from("no whole reply came") }
}

fn nothing(maybe_applied: bool, kind: &'static str) -> Meaning {
    Meaning::NoAnswer { maybe_applied, kind }
}

impl std::fmt::Display for ProcessId {
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
