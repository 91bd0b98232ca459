//! Calls the functions of the C library in any order, as a program in C may. The program keeps and frees objects at any
//! time and calls the library from callbacks; its store and its Polar fail at times. Checks that each object is passed
//! to the caller once, with a return code that says so, and that each destructor is called once.
//!
//! The program follows the header's rules: it never uses an object that it has freed.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{self, null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use polar_license::Timestamp;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license_c::exported::*;

use super::polar::{Polar, portal_answer};
use super::{KEY, LICENSE, ORGANIZATION, TOKEN, assert_printable, offline, setters};

/// A copy of the header's constant, because the library does not export the constant to Rust.
const POLAR_LICENSE_ABSENT: i64 = i64::MIN;

/// 2026-11-21T12:00:00Z.
const START_MS: i64 = 1_795_262_400_000;
/// The time by which the clock advances whenever it is read, so that no call has to wait.
const TICK_MS: u64 = 600;
/// The time limit for a call of a destructor by another thread.
const PATIENCE: Duration = Duration::from_secs(30);
const OK: i32 = 0;

/// Runs a program. Each byte is one choice; the program takes its choices in this order, and ends after the last.
pub fn run(data: &[u8]) {
    let mut program = Program::new(data);
    while !program.choices.is_empty() {
        program.act();
    }
    program.end();
}

/// The state that all callbacks share, on all threads.
struct World {
    main: ThreadId,
    polar: Mutex<Polar>,
    stored: Mutex<Option<Vec<u8>>>,
    is_locked: AtomicBool,
    mono: AtomicU64,
    /// The current choices for Polar's answer, for the store's failures and for the callbacks' actions.
    answer: AtomicU8,
    fault: AtomicU8,
    habit: AtomicU8,
    /// The license that the program is using now.
    license: AtomicUsize,
    /// The license that a callback freed during the last call.
    freed: AtomicUsize,
    /// Whether operations may be running for which the program does not wait.
    refreshes: AtomicBool,
}

/// The user data of one callback, or of several that share it. The library gets its number in [`PARTS`] as the pointer.
struct Part {
    world: Arc<World>,
    destroyed: AtomicI32,
}

struct Parts {
    all: Mutex<(usize, BTreeMap<usize, Arc<Part>>)>,
    destroyed: Condvar,
}

static PARTS: Parts = Parts { all: Mutex::new((0, BTreeMap::new())), destroyed: Condvar::new() };

impl Parts {
    fn all(&self) -> MutexGuard<'_, (usize, BTreeMap<usize, Arc<Part>>)> {
        lock(&self.all)
    }

    fn get(&self, user_data: *mut c_void) -> Arc<Part> {
        let part = self.all().1.get(&user_data.addr()).cloned();
        part.expect("a callback got user data that the program did not set, or came after the program's end")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the world of a callback. Checks that the callback's destructor has not been called yet.
fn world(user_data: *mut c_void) -> Arc<World> {
    let part = PARTS.get(user_data);
    assert_eq!(part.destroyed.load(SeqCst), 0, "a callback came after its destructor");
    Arc::clone(&part.world)
}

extern "C" fn destroy(user_data: *mut c_void) {
    PARTS.get(user_data).destroyed.fetch_add(1, SeqCst);
    drop(PARTS.all());
    PARTS.destroyed.notify_all();
}

extern "C" fn load(user_data: *mut c_void, record: *mut Record) -> i32 {
    let world = world(user_data);
    if world.fails(1) {
        return 1;
    }
    let stored = lock(&world.stored).clone();
    stored.map_or(0, |stored| polar_license_record_set(record, stored.as_ptr(), stored.len()))
}

extern "C" fn save(user_data: *mut c_void, bytes: *const u8, length: usize, _: i32) -> i32 {
    let world = world(user_data);
    if world.fails(2) {
        return 1;
    }
    // SAFETY: the library passes `length` bytes.
    let record = unsafe { std::slice::from_raw_parts(bytes, length) };
    *lock(&world.stored) = Some(record.to_vec());
    0
}

extern "C" fn remove(user_data: *mut c_void) -> i32 {
    let world = world(user_data);
    if world.fails(3) {
        return 1;
    }
    *lock(&world.stored) = None;
    0
}

extern "C" fn acquire(user_data: *mut c_void) -> i32 {
    let world = world(user_data);
    if world.fails(4) {
        return 1;
    }
    i32::from(world.is_locked.swap(true, SeqCst))
}

extern "C" fn release(user_data: *mut c_void) {
    assert!(world(user_data).is_locked.swap(false, SeqCst), "unlocked without a lock");
}

extern "C" fn tell_time(user_data: *mut c_void, wall_ms: *mut i64, mono_ms: *mut u64) {
    let mono = world(user_data).mono.fetch_add(TICK_MS, SeqCst);
    let wall = START_MS.saturating_add_unsigned(mono);
    // SAFETY: the library passes two valid pointers.
    unsafe {
        wall_ms.write(wall);
        mono_ms.write(mono);
    }
}

extern "C" fn send(user_data: *mut c_void, request: *const Request, response: *mut Response) {
    let world = world(user_data);
    // a callback acts only if no other operation can be running, because the program waits for running operations and
    // frees nothing until then
    let habit = if world.refreshes.load(SeqCst) { 0 } else { world.habit.load(SeqCst) % 8 };
    let license = world.license();
    match habit {
        _ if license.is_null() => {}
        1 => assert_eq!(polar_license_cancel(license), OK),
        2 => {
            read_license(license);
        }
        3 => return,
        _ => {}
    }
    let url = text(polar_license_request_url(request)).expect("a request has an address");
    let body = text(polar_license_request_body(request)).expect("a request has a body");
    assert!(polar_license_request_timeout_ms(request) > 0);
    assert!(text(polar_license_request_header_name(request, 0)).is_some());
    assert!(text(polar_license_request_header_value(request, 99)).is_none());
    let at = Timestamp::from_unix_ms(START_MS.saturating_add_unsigned(world.mono.load(SeqCst)));
    let choice = world.answer.load(SeqCst);
    let method = text(polar_license_request_method(request)).expect("a request has a method");
    assert!(method == "POST" || method == "GET" && body.is_empty());
    let (answer, location) =
        portal_answer(choice, &url, at).unwrap_or_else(|| (lock(&world.polar).answer(choice, &url, &body, at), None));
    if let Some(location) = location {
        let location = CString::new(location).expect("the text has no NUL");
        assert_eq!(polar_license_response_set_location(response, location.as_ptr()), OK);
    }
    let set = match answer {
        // sends no reply, because the library would really wait after a 429
        Answer::Reply { status: 429, .. } => OK,
        Answer::Reply { status, body, .. } => {
            polar_license_response_set(response, i32::from(status), -1, body.as_ptr(), body.len())
        }
        Answer::Failed { failure, sent, message } => {
            let failure = match failure {
                Failure::Network => POLAR_LICENSE_FAILED_NETWORK,
                Failure::Timeout => POLAR_LICENSE_FAILED_TIMEOUT,
                Failure::Cancelled => POLAR_LICENSE_FAILED_CANCELLED,
            };
            let message = CString::new(message).expect("the text has no NUL");
            polar_license_response_fail(response, failure, i32::from(sent == Sent::Maybe), message.as_ptr())
        }
    };
    assert_eq!(set, OK);
}

extern "C" fn changed(user_data: *mut c_void, decision: *const Decision, before: *const Decision) {
    let world = world(user_data);
    read_decision(before);
    read_decision(decision);
    let license = world.license();
    if license.is_null() || thread::current().id() != world.main {
        return;
    }
    match world.habit.load(SeqCst) % 8 {
        4 => {
            read_license(license);
        }
        // the program need not have a subscription with this number
        5 => {
            polar_license_off_change(license, 1);
        }
        6 => {
            world.freed.store(world.license.swap(0, SeqCst), SeqCst);
            polar_license_free(license);
        }
        _ => {}
    }
}

/// Advances the clock by the time for which the library would wait, and stops the operation after a few reports.
extern "C" fn report(user_data: *mut c_void, stage: i32, waited_ms: u64, next_in_ms: u64) -> i32 {
    let world = world(user_data);
    assert_ne!(text(polar_license_stage_name(stage)).as_deref(), Some("unknown"));
    world.mono.fetch_add(next_in_ms, SeqCst);
    let license = world.license();
    if world.habit.load(SeqCst) % 8 == 7 && !license.is_null() {
        assert_eq!(polar_license_cancel(license), OK);
    }
    i32::from(waited_ms > 10_000)
}

extern "C" fn log_line(user_data: *mut c_void, level: i32, target: *const c_char, message: *const c_char) {
    drop(world(user_data));
    assert!((POLAR_LICENSE_LOG_ERROR..=POLAR_LICENSE_LOG_DEBUG).contains(&level));
    assert!(text(target).is_some());
    assert_printable(&text(message).expect("a line has a text"));
}

impl World {
    /// Returns `true` if this kind of call to the store has to fail. Each kind fails only a few times, because the
    /// library tries again.
    fn fails(&self, call: u8) -> bool {
        let fewer = |fault: u8| (fault % 8 == call).then(|| if (fault / 8).is_multiple_of(4) { 0 } else { fault - 8 });
        self.fault.fetch_update(SeqCst, SeqCst, fewer).is_ok()
    }

    fn license(&self) -> *mut License {
        ptr::with_exposed_provenance_mut(self.license.load(SeqCst))
    }
}

/// A program, and the objects that it has not freed yet.
struct Program<'a> {
    choices: &'a [u8],
    world: Arc<World>,
    options: Vec<*mut Options>,
    licenses: Vec<*mut License>,
    decisions: Vec<*mut Decision>,
    errors: Vec<*mut Error>,
    /// Requests, answers and returns. The answers were not made by the library in C: see `offline_import`.
    texts: Vec<*mut OfflineText>,
    portal: Portal,
    /// The subscriptions to all licenses, also to freed ones.
    subscriptions: Vec<u64>,
    parts: Vec<usize>,
    /// The number of objects that already existed when the program began.
    others: isize,
}

impl<'a> Program<'a> {
    fn new(choices: &'a [u8]) -> Self {
        let world = Arc::new(World {
            main: thread::current().id(),
            polar: Mutex::default(),
            stored: Mutex::default(),
            is_locked: AtomicBool::new(false),
            mono: AtomicU64::new(0),
            answer: AtomicU8::new(0),
            fault: AtomicU8::new(0),
            habit: AtomicU8::new(0),
            license: AtomicUsize::new(0),
            freed: AtomicUsize::new(0),
            refreshes: AtomicBool::new(false),
        });
        let (options, licenses, decisions, errors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (subscriptions, parts, others) = (Vec::new(), Vec::new(), alive::objects());
        let (texts, portal) = (Vec::new(), Portal::default());
        Self { choices, world, options, licenses, decisions, errors, texts, portal, subscriptions, parts, others }
    }

    /// Returns the next choice, or 0 if no choice is left.
    fn choose(&mut self) -> u8 {
        let Some((choice, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        *choice
    }

    /// Creates the user data of one callback, or of several callbacks that share it.
    fn part(&mut self) -> *mut c_void {
        let mut all = PARTS.all();
        all.0 += 1;
        let number = all.0;
        all.1.insert(number, Arc::new(Part { world: Arc::clone(&self.world), destroyed: AtomicI32::new(0) }));
        self.parts.push(number);
        ptr::without_provenance_mut(number)
    }

    fn act(&mut self) {
        match self.choose() % 34 {
            0 => self.make_options(),
            1 => self.configure(),
            2 => {
                let options = take(self.choose(), &mut self.options);
                polar_license_options_free(options);
            }
            3 => self.open(),
            4 => {
                let license = take(self.choose(), &mut self.licenses);
                polar_license_free(license);
            }
            5..=7 => self.activate(),
            8 | 9 => self.ask(polar_license_validate),
            10 => self.ask(polar_license_refresh),
            11 => self.ask(polar_license_current),
            12 => self.consume(),
            13 => self.deactivate(),
            14 => self.forget(),
            15 => self.subscribe(),
            16 => self.unsubscribe(),
            17 => self.refresh_by_itself(),
            18 => {
                polar_license_cancel(self.license());
            }
            19 => self.read(),
            20 => {
                let decision = take(self.choose(), &mut self.decisions);
                polar_license_decision_free(decision);
            }
            21 => {
                let error = take(self.choose(), &mut self.errors);
                polar_license_error_free(error);
            }
            22 => {
                let place = self.choose();
                let choice = self.choose();
                let world = &self.world;
                [&world.answer, &world.fault, &world.habit][usize::from(place % 3)].store(choice, SeqCst);
            }
            23 => self.pass_or_log(),
            24 => self.begin_in_portal(),
            25 => self.use_session(),
            26 => self.buy(),
            27 => {
                let (what, choice) = (self.choose(), self.choose());
                self.portal.free_one(what, choice);
            }
            28 => self.start_trial(),
            29 => self.offline_request(),
            30 => self.act_for_another(),
            31 => self.offline_import(),
            32 => self.offline_return(),
            _ => {
                let text = take(self.choose(), &mut self.texts);
                polar_license_offline_text_free(text);
            }
        }
    }

    fn make_options(&mut self) {
        let [organization, app] =
            [ORGANIZATION, "com.acme.app"].map(|text| CString::new(text).expect("the text has no NUL"));
        let json = format!(r#"{{"organizationId": "{ORGANIZATION}", "appId": "com.acme.app", "deviceId": "here"}}"#);
        let json = CString::new(json).expect("the text has no NUL");
        let options = match self.choose() {
            0..=127 => polar_license_options_new(organization.as_ptr(), app.as_ptr()),
            128..=239 => polar_license_options_from_json(json.as_ptr()),
            240..=247 => polar_license_options_from_json(c"{}".as_ptr()),
            248..=255 => polar_license_options_new(null(), null()),
        };
        assert!(!options.is_null());
        // the program provides these, because the library must not use the files, the network or the clock of this
        // machine
        let store = self.part();
        assert_eq!(
            polar_license_options_set_store(options, Some(load), Some(save), Some(remove), store, Some(destroy)),
            OK
        );
        let transport = self.part();
        assert_eq!(polar_license_options_set_transport(options, Some(send), transport, Some(destroy)), OK);
        let clock = self.part();
        assert_eq!(polar_license_options_set_clock(options, Some(tell_time), clock, Some(destroy)), OK);
        assert_eq!(polar_license_options_set_device_id(options, c"here".as_ptr()), OK);
        self.options.push(options);
    }

    /// Calls a setter with valid or invalid arguments. The setter and the arguments are choices.
    fn configure(&mut self) {
        let options = self.choose();
        let options = pick(options, &self.options).unwrap_or(null_mut());
        let benefit = CString::new(LICENSE).expect("the text has no NUL");
        let code = match self.choose() % 16 {
            0 => polar_license_options_add_feature(options, c"export".as_ptr(), benefit.as_ptr()),
            1 => polar_license_options_set_trial_days(options, 7),
            2 => {
                // the settings of the computer that answers in `offline_import`
                assert!(polar_license_options_set_app_secret(options, c"hush".as_ptr()) == OK || options.is_null());
                polar_license_options_set_air_gap_days(options, 90)
            }
            3 => polar_license_options_set_store_lock(options, Some(acquire), Some(release)),
            4 => polar_license_options_set_memory_store(options),
            5 => {
                let store = self.part();
                polar_license_options_set_store(options, Some(load), Some(save), Some(remove), store, Some(destroy))
            }
            6 => {
                let transport = self.part();
                polar_license_options_set_transport(options, Some(send), transport, Some(destroy))
            }
            7 => {
                let store = self.part();
                polar_license_options_set_store(options, Some(load), None, Some(remove), store, Some(destroy))
            }
            8 => {
                let clock = self.part();
                polar_license_options_set_clock(options, None, clock, Some(destroy))
            }
            _ => {
                let texts = [c"Till 7", c"2026-11-21", c"{}", c"https://example.com", c"no id", c"\x80"];
                let text = pick(self.choose(), &texts).map_or(null(), |text| text.as_ptr());
                let number = pick(self.choose(), &[1, 20_000, 3_600_000]).unwrap_or(0);
                setters::call(self.choose(), options, text, number)
            }
        };
        assert!(!options.is_null() || code == missing_argument());
    }

    fn open(&mut self) {
        let options = self.choose();
        let options = pick(options, &self.options).unwrap_or(null_mut());
        let (mut license, mut error) = (null_mut(), null_mut());
        let code = polar_license_open(options, &raw mut license, &raw mut error);
        assert_eq!(code == OK, !license.is_null());
        if !license.is_null() {
            self.licenses.push(license);
        }
        self.received(code, None, Some(error));
    }

    fn activate(&mut self) {
        let key = CString::new(KEY).expect("the text has no NUL");
        let (license, mut decision, mut error) = (self.license(), null_mut(), null_mut());
        match self.choose() % 8 {
            0..=3 => {
                let code = polar_license_activate(license, key.as_ptr(), &raw mut error);
                self.used(code, None, Some(error));
            }
            4 => {
                let code = polar_license_activate(license, c"\x80".as_ptr(), null_mut());
                self.used(code, None, None);
            }
            5 => {
                let code = polar_license_activate_with(license, null(), 0, &raw mut decision, &raw mut error);
                self.used(code, Some(decision), Some(error));
            }
            6 => {
                let flags = POLAR_LICENSE_REPLACE_PREVIOUS;
                let code = polar_license_activate_with(license, key.as_ptr(), flags, &raw mut decision, null_mut());
                self.used(code, Some(decision), None);
            }
            _ => {
                let code = polar_license_activate_with(license, key.as_ptr(), 6, &raw mut decision, &raw mut error);
                self.used(code, Some(decision), Some(error));
            }
        }
    }

    fn ask(&mut self, ask: extern "C" fn(*const License, *mut *mut Decision) -> i32) {
        let (license, mut decision) = (self.license(), null_mut());
        if self.choose() < 16 {
            let code = ask(license, null_mut());
            return self.used(code, None, None);
        }
        let code = ask(license, &raw mut decision);
        self.used(code, Some(decision), None);
    }

    fn consume(&mut self) {
        let count = u32::from(self.choose());
        let (license, mut decision, mut error) = (self.license(), null_mut(), null_mut());
        let code = polar_license_consume(license, count, &raw mut decision, &raw mut error);
        self.used(code, Some(decision), Some(error));
    }

    fn deactivate(&mut self) {
        let (license, mut deactivated, mut error) = (self.license(), 77, null_mut());
        let code = polar_license_deactivate(license, &raw mut deactivated, &raw mut error);
        assert_eq!(code == OK, deactivated != 77);
        self.used(code, None, Some(error));
    }

    fn offline_request(&mut self) {
        let (license, mut request, mut error) = (self.license(), null_mut(), null_mut());
        let code = polar_license_offline_request(license, &raw mut request, &raw mut error);
        assert_eq!(code == OK, !request.is_null(), "a request with {code}");
        self.texts.extend((!request.is_null()).then_some(request));
        self.used(code, None, Some(error));
    }

    /// Answers a request, or releases a seat, on this computer. That cannot succeed, because each license of the program
    /// has a store of the app's own.
    fn act_for_another(&mut self) {
        let (license, what, choice) = (self.license(), self.choose(), self.choose());
        let text = polar_license_offline_text_string(pick(choice, &self.texts).unwrap_or(null_mut()));
        let key = CString::new(KEY).expect("the text has no NUL");
        let (mut decision, mut error) = (null_mut(), null_mut());
        let code = if what.is_multiple_of(2) {
            let (mut answer, key) = (null_mut(), key.as_ptr());
            let at = &raw mut answer;
            let code = polar_license_offline_answer(license, text, key, at, &raw mut decision, &raw mut error);
            assert!(answer.is_null(), "an answer with {code}");
            code
        } else {
            let mut deactivated = 77;
            let (at, decision_at) = (&raw mut deactivated, &raw mut decision);
            let code = polar_license_offline_release(license, text, at, decision_at, &raw mut error);
            assert_eq!(deactivated, 77, "a release with {code}");
            code
        };
        assert_ne!(code, OK);
        self.used(code, Some(decision), Some(error));
    }

    /// Imports one of the program's texts, or the answer that another computer with Polar makes from it.
    fn offline_import(&mut self) {
        let (license, what, choice) = (self.license(), self.choose(), self.choose());
        let carried = text(polar_license_offline_text_string(pick(choice, &self.texts).unwrap_or(null_mut())));
        let answered = if what.is_multiple_of(4) { None } else { carried.as_deref().and_then(offline::answered) };
        let carried = CString::new(answered.or(carried).unwrap_or_default()).expect("the text has no NUL");
        let (mut decision, mut error) = (null_mut(), null_mut());
        let code = polar_license_offline_import(license, carried.as_ptr(), &raw mut decision, &raw mut error);
        self.used(code, Some(decision), Some(error));
    }

    fn offline_return(&mut self) {
        let (license, mut returned, mut decision, mut error) = (self.license(), null_mut(), null_mut(), null_mut());
        let at = &raw mut returned;
        let code = polar_license_offline_return(license, at, &raw mut decision, &raw mut error);
        assert!(code == OK || returned.is_null(), "a return with {code}");
        self.texts.extend((!returned.is_null()).then_some(returned));
        self.used(code, Some(decision), Some(error));
    }

    fn forget(&mut self) {
        let (license, mut error) = (self.license(), null_mut());
        let code = polar_license_forget(license, &raw mut error);
        self.used(code, None, Some(error));
    }

    fn start_trial(&mut self) {
        let (license, mut decision, mut error) = (self.license(), null_mut(), null_mut());
        let code = polar_license_start_trial(license, &raw mut decision, &raw mut error);
        self.used(code, Some(decision), Some(error));
    }

    fn unsubscribe(&mut self) {
        let subscription = self.choose();
        let subscription = pick(subscription, &self.subscriptions).unwrap_or(u64::MAX);
        let code = polar_license_off_change(self.license(), subscription);
        assert!(code == OK || code == missing_argument());
    }

    fn subscribe(&mut self) {
        let (license, callback) = (self.license(), (self.choose() < 240).then_some(changed as _));
        let (part, mut subscription) = (self.part(), 0);
        let code = polar_license_on_change(license, callback, part, Some(destroy), &raw mut subscription);
        assert_eq!(code == OK, subscription != 0);
        self.subscriptions.extend((code == OK).then_some(subscription));
        self.used(code, None, None);
    }

    fn refresh_by_itself(&mut self) {
        let (license, mut error) = (self.license(), null_mut());
        let code = if self.choose() < 128 {
            self.world.refreshes.store(true, SeqCst);
            polar_license_start_auto_refresh(license, &raw mut error)
        } else {
            polar_license_stop_auto_refresh(license)
        };
        let has_place = !error.is_null();
        self.used(code, None, has_place.then_some(error));
    }

    fn read(&mut self) {
        let choice = self.choose();
        read_decision(pick(choice, &self.decisions).unwrap_or(null_mut()));
        read_error(pick(choice, &self.errors).unwrap_or(null_mut()));
        read_license(self.license());
    }

    fn pass_or_log(&mut self) {
        match self.choose() {
            hours @ 0..=239 => {
                self.world.mono.fetch_add(u64::from(hours) * 3_600_000, SeqCst);
            }
            level @ 240..=247 => {
                let part = self.part();
                let level = i32::from(level) - 240;
                let code = polar_license_set_log(level, Some(log_line), part, Some(destroy));
                assert!(code == OK || code == missing_argument());
            }
            248..=255 => assert_eq!(polar_license_set_log(POLAR_LICENSE_LOG_INFO, None, null_mut(), None), OK),
        }
    }

    /// Returns an open license or NULL, as the next choice says.
    fn license(&mut self) -> *mut License {
        let choice = self.choose();
        let license = pick(choice, &self.licenses).unwrap_or(null_mut());
        self.world.license.store(license.expose_provenance(), SeqCst);
        license
    }

    /// Checks the results of a call during which a callback may have freed the license.
    fn used(&mut self, code: i32, decision: Option<*mut Decision>, error: Option<*mut Error>) {
        let freed = self.world.freed.swap(0, SeqCst);
        self.licenses.retain(|license| license.addr() != freed);
        self.received(code, decision, error);
    }

    /// Checks that the return code of a call agrees with the objects that the call returned through pointers. Keeps
    /// these objects.
    fn received(&mut self, code: i32, decision: Option<*mut Decision>, error: Option<*mut Error>) {
        if let Some(decision) = decision {
            assert_eq!(code == OK, !decision.is_null(), "a decision with {code}");
            self.decisions.extend((!decision.is_null()).then_some(decision));
        }
        if let Some(error) = error {
            assert_eq!(code == OK, error.is_null(), "an error with {code}");
            assert_eq!(polar_license_error_kind(error), code);
            self.errors.extend((!error.is_null()).then_some(error));
        }
    }

    fn end(mut self) {
        assert_eq!(polar_license_set_log(POLAR_LICENSE_LOG_INFO, None, null_mut(), None), OK);
        // frees the licenses first, because all other objects must stay valid after that
        self.licenses.drain(..).for_each(|license| polar_license_free(license));
        self.portal.free_all();
        self.options.drain(..).for_each(|options| polar_license_options_free(options));
        for decision in self.decisions.drain(..) {
            read_decision(decision);
            polar_license_decision_free(decision);
        }
        for carried in self.texts.drain(..) {
            assert_printable(&text(polar_license_offline_text_string(carried)).expect("a text has a string"));
            polar_license_offline_text_free(carried);
        }
        for error in self.errors.drain(..) {
            read_error(error);
            polar_license_error_free(error);
        }
        assert_eq!(alive::objects(), self.others, "objects exist that the program never received");
        assert!(!self.world.is_locked.load(SeqCst), "the store stays locked");
        // a thread that has just reported a reply may still be using the transport
        let is_waiting = |all: &mut (usize, BTreeMap<usize, Arc<Part>>)| {
            self.parts.iter().any(|part| all.1.get(part).is_some_and(|part| part.destroyed.load(SeqCst) == 0))
        };
        let waited = PARTS.destroyed.wait_timeout_while(PARTS.all(), PATIENCE, is_waiting);
        let (mut all, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "user data was not destroyed");
        for part in self.parts.drain(..) {
            let part = all.1.remove(&part).expect("the user data was inserted");
            assert_eq!(part.destroyed.load(SeqCst), 1, "user data was destroyed more than once");
        }
    }
}

/// The program's objects that belong to the customer portal.
#[derive(Default)]
struct Portal {
    replies: Vec<*mut Reply>,
    pages: Vec<*mut SuccessPage>,
}

impl Portal {
    fn free_one(&mut self, what: u8, choice: u8) {
        if what.is_multiple_of(4) {
            polar_license_success_page_free(take(choice, &mut self.pages));
        } else {
            polar_license_reply_free(take(choice, &mut self.replies));
        }
    }

    fn free_all(&mut self) {
        self.pages.drain(..).for_each(|page| polar_license_success_page_free(page));
        for reply in self.replies.drain(..) {
            read_reply(reply);
            polar_license_reply_free(reply);
        }
    }

    /// Returns the handle that one of the program's replies has at this place. Returns 0 if there is no handle.
    fn handle(&self, choice: u8, place: u8) -> u32 {
        let reply = pick(choice, &self.replies).unwrap_or(null_mut());
        polar_license_reply_handle(reply, OBJECTS[usize::from(place) % OBJECTS.len()].as_ptr())
    }
}

/// The places (JSON pointers) at which replies have objects with a handle.
const OBJECTS: [&CStr; 6] = [c"", c"/key", c"/keys/0", c"/devices/0", c"/devices/devices/0", c"/customers/1"];

impl Program<'_> {
    fn begin_in_portal(&mut self) {
        let (license, choice) = (self.license(), self.choose());
        let (mut reply, mut error) = (null_mut(), null_mut());
        let (reply_at, error_at) = (&raw mut reply, &raw mut error);
        let call =
            |request: &CStr| polar_license_portal_call(license, request.as_ptr(), None, null_mut(), reply_at, error_at);
        let code = match choice % 8 {
            0 | 1 => polar_license_portal_request_code(license, c" fuzz@example.com".as_ptr(), reply_at, error_at),
            2 => polar_license_portal_authenticate(license, c"aaaaaa".as_ptr(), reply_at, error_at),
            3 => polar_license_portal_claim_seat(license, c"TOKEN".as_ptr(), reply_at, error_at),
            4 | 5 => {
                let request = format!(r#"{{"call":"sessionFromToken","token":"{TOKEN}"}}"#);
                call(&CString::new(request).expect("the text has no NUL"))
            }
            6 => call(cr#"{"call":"checkoutFromSecret","clientSecret":"polar_c_FUZZ"}"#),
            _ => polar_license_portal_authenticate(license, c"\x80".as_ptr(), reply_at, error_at),
        };
        self.replied(code, reply, error);
    }

    fn use_session(&mut self) {
        let (license, what, choice) = (self.license(), self.choose(), self.choose());
        let (session, other) = (self.portal.handle(choice, 0), self.choose());
        let (place, chosen) = (self.choose(), self.choose());
        let other = self.portal.handle(other, place);
        let part = self.part();
        let (mut reply, mut error) = (null_mut(), null_mut());
        let (reply_at, error_at) = (&raw mut reply, &raw mut error);
        let code = match what % 8 {
            0 => polar_license_portal_restore(license, session, reply_at, error_at),
            1 => polar_license_portal_activate(license, session, other, reply_at, error_at),
            2 => polar_license_portal_release(license, session, other, reply_at, error_at),
            3 => polar_license_portal_license_keys(license, session, reply_at, error_at),
            4 => polar_license_portal_devices(license, session, other, reply_at, error_at),
            _ => {
                let confirmed = chosen % 2 == 1;
                let request = match what % 8 {
                    5 => format!(r#"{{"call":"restoreWhenGranted","session":{session}}}"#),
                    6 => format!(r#"{{"call":"requestCodeFor","customer":{other}}}"#),
                    _ => format!(
                        r#"{{"call":"rotate","session":{session},"key":{other},"confirmedByUser":{confirmed}}}"#
                    ),
                };
                let request = CString::new(request).expect("the text has no NUL");
                let code = polar_license_portal_call(license, request.as_ptr(), Some(report), part, reply_at, error_at);
                assert!(code != OK || what % 8 != 7 || confirmed, "a key was rotated without a confirmation");
                code
            }
        };
        destroy(part);
        self.replied(code, reply, error);
    }

    fn buy(&mut self) {
        let (license, what, choice) = (self.license(), self.choose(), self.choose());
        let (of, session) = (self.portal.handle(choice, 0), self.choose());
        let session = self.portal.handle(session, 0);
        let part = self.part();
        let (mut reply, mut error) = (null_mut(), null_mut());
        let (reply_at, error_at) = (&raw mut reply, &raw mut error);
        let code = match what % 4 {
            0 => polar_license_portal_checkout(license, c"polar_cl_FUZZ".as_ptr(), reply_at, error_at),
            1 => polar_license_portal_follow(license, of, 600_000, Some(report), part, reply_at, error_at),
            2 => {
                let report = Some(report as _);
                polar_license_portal_restore_purchase(license, session, of, report, part, reply_at, error_at)
            }
            _ => {
                destroy(part);
                let mut page = null_mut();
                let code = polar_license_success_page_listen(0, &raw mut page, error_at);
                self.portal.pages.extend((!page.is_null()).then_some(page));
                assert_eq!(text(polar_license_success_page_address(page)).is_none(), page.is_null());
                self.used(code, None, Some(error));
                return;
            }
        };
        destroy(part);
        self.replied(code, reply, error);
    }

    fn replied(&mut self, code: i32, reply: *mut Reply, error: *mut Error) {
        assert_eq!(code == OK, !reply.is_null(), "a reply with {code}");
        self.portal.replies.extend((!reply.is_null()).then_some(reply));
        self.used(code, None, Some(error));
    }
}

/// Calls every function that reads a reply.
fn read_reply(reply: *const Reply) {
    let json = text(polar_license_reply_json(reply, c"".as_ptr())).expect("a reply has JSON");
    assert!(!json.contains(TOKEN) && !json.contains(KEY), "a secret is in {json}");
    assert_printable(&json);
    let address = text(polar_license_reply_address(reply));
    assert!(address.is_none_or(|address| address.contains("/checkout/")));
    let message = text(polar_license_reply_text(reply, c"/message".as_ptr())).unwrap_or_default();
    let is_sent = text(polar_license_reply_text(reply, c"/kind".as_ptr())).as_deref() == Some("sent");
    assert_eq!(message.contains("fuzz@example.com"), is_sent, "{message}");
    let count = polar_license_reply_count(reply, c"/keys".as_ptr());
    assert_eq!(polar_license_reply_handle(reply, c"/keys/0".as_ptr()) == 0, count == 0);
    let masked = text(polar_license_reply_text(reply, c"/keys/0/displayKey".as_ptr()));
    assert_eq!(masked.is_some_and(|masked| masked.starts_with("****-")), count > 0);
    for pointer in [c"/keys/0/usage", c"/keys/0/limitUsage", c"/key/isHere", c"/devices/devices/0/isThis"] {
        let number = polar_license_reply_number(reply, pointer.as_ptr());
        assert!(number >= 0 || number == POLAR_LICENSE_ABSENT, "{number}");
    }
    let created = polar_license_reply_time_ms(reply, c"/keys/0/createdAt".as_ptr());
    assert_eq!(created == POLAR_LICENSE_ABSENT, count == 0);
}

/// Returns the return code that functions have for a missing argument.
fn missing_argument() -> i32 {
    polar_license_cancel(null())
}

fn pick<T: Copy>(choice: u8, all: &[T]) -> Option<T> {
    all.get(usize::from(choice) % (all.len() + 1)).copied()
}

/// Removes one of the objects and returns it for the caller to free, or returns NULL.
fn take<T>(choice: u8, all: &mut Vec<*mut T>) -> *mut T {
    let at = usize::from(choice) % (all.len() + 1);
    if at < all.len() { all.swap_remove(at) } else { null_mut() }
}

/// Returns a string that the library owns and that must be UTF-8, or `None` if the pointer is NULL.
fn text(text: *const c_char) -> Option<String> {
    // SAFETY: the pointer is NULL or a string whose owner, an object of the library, is alive.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map(|text| text.to_str().expect("the library's strings are UTF-8").to_owned())
}

/// Calls the functions that may be called on a license at any time. Returns 1 if access is allowed.
fn read_license(license: *const License) -> i32 {
    let mut decision = null_mut();
    let code = polar_license_current(license, &raw mut decision);
    assert_eq!(code == OK, !decision.is_null());
    read_decision(decision);
    polar_license_decision_free(decision);
    let allowed = polar_license_allowed(license);
    assert!(polar_license_allows(license, c"export".as_ptr()) <= allowed, "a feature without access");
    let mut covered = 77;
    let code = polar_license_covers(license, c"2030-01-01".as_ptr(), &raw mut covered, null_mut());
    assert!(matches!(covered, 0 | 1) && (code == OK || covered == 1));
    allowed
}

/// Calls every function that reads a decision.
fn read_decision(decision: *const Decision) {
    let json = text(polar_license_decision_json(decision));
    assert_eq!(json.is_none(), decision.is_null());
    let read: [fn(*const Decision) -> *const c_char; 13] = [
        |d| polar_license_decision_message(d),
        |d| polar_license_decision_display_key(d),
        |d| polar_license_decision_benefit_id(d),
        |d| polar_license_decision_activation_id(d),
        |d| polar_license_decision_activation_label(d),
        |d| polar_license_decision_next_url(d),
        |d| polar_license_decision_explain(d, c"export".as_ptr()),
        |d| polar_license_decision_explain_json(d, c"no feature".as_ptr()),
        |d| polar_license_decision_updates_until(d),
        |d| polar_license_decision_purchase_kind(d),
        |d| polar_license_decision_purchase_status(d),
        |d| polar_license_decision_problem_message(d),
        |d| polar_license_decision_problem_detail(d),
    ];
    for read in read {
        text(read(decision)).iter().for_each(|text| assert_printable(text));
    }
    let json = json.unwrap_or_default();
    assert_printable(&json);
    let is_allowed = polar_license_decision_allowed(decision) == 1;
    assert_eq!(json.contains("\"allowed\":true"), is_allowed, "{json}");
    assert!(!polar_license_state_name(polar_license_decision_state(decision)).is_null());
    assert!(!polar_license_next_step_name(polar_license_decision_next_step(decision)).is_null());
    let has_problem = polar_license_decision_problem_kind(decision) != OK;
    assert_eq!(has_problem, !polar_license_decision_problem_message(decision).is_null());
    for number in [
        polar_license_decision_expires_at_ms(decision),
        polar_license_decision_confirmed_at_ms(decision),
        polar_license_decision_refresh_at_ms(decision),
        polar_license_decision_grace_ends_at_ms(decision),
        polar_license_decision_notice_at_ms(decision),
        polar_license_decision_trial_ends_at_ms(decision),
        polar_license_decision_offline_ends_at_ms(decision),
        polar_license_decision_purchase_created_at_ms(decision),
        polar_license_decision_purchase_current_period_end_ms(decision),
        polar_license_decision_purchase_ends_at_ms(decision),
        polar_license_decision_usage(decision),
        polar_license_decision_limit_usage(decision),
        polar_license_decision_limit_activations(decision),
        polar_license_decision_problem_retry_after_ms(decision),
    ] {
        assert!(number >= 0 || number == POLAR_LICENSE_ABSENT, "{number} in {json}");
    }
    for flag in [
        polar_license_decision_notice(decision),
        polar_license_decision_air_gapped(decision),
        polar_license_decision_purchase_cancels_at_period_end(decision),
        polar_license_decision_purchase_paid(decision),
    ] {
        assert!(matches!(flag, 0 | 1), "{flag} in {json}");
    }
    assert!(polar_license_decision_allows(decision, c"export".as_ptr()) <= i32::from(is_allowed));
    assert!(polar_license_decision_problem_maybe_applied(decision) <= i32::from(has_problem));
    assert_eq!(polar_license_decision_reason(decision) == 0, json.contains("\"reason\":null") || json.is_empty());
}

fn read_error(error: *const Error) {
    assert_eq!(polar_license_error_kind(error) == OK, error.is_null());
    for text in [polar_license_error_message(error), polar_license_error_detail(error)].map(text) {
        assert_printable(&text.expect("it is never NULL"));
    }
    let json = text(polar_license_error_json(error));
    assert_eq!(json.is_none(), error.is_null());
    assert_printable(&json.unwrap_or_default());
    assert!(polar_license_error_reason(error) >= 0);
    let next_step = text(polar_license_next_step_name(polar_license_error_next_step(error)));
    assert_ne!(next_step.as_deref(), Some("unknown"));
    text(polar_license_error_next_url(error)).iter().for_each(|url| assert_printable(url));
    assert!(matches!(polar_license_error_maybe_applied(error), 0 | 1));
    let wait = polar_license_error_retry_after_ms(error);
    assert!(wait >= 0 || wait == POLAR_LICENSE_ABSENT);
    read_decision(polar_license_error_decision(error));
}
