//! Calls the functions of the C library as a program does: with a store, a clock and a transport as callbacks. Frees
//! the objects, and returns the results as JSON. Each function that reads one member must return the value that the
//! JSON has.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use polar_license::blocking::Transport;
use polar_license::clock::Clock;
use polar_license::store::{Durability, Store};
use polar_license::transport::{self, Answer, Failure, Method, Sent};
use polar_license_c::exported::*;
use serde_json::Value;

use super::getters::{agree, agree_error, agree_reply};

const OK: i32 = 0;

/// The longest time to wait for a destructor that another thread calls. Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(300);

/// The number of the app's parts that the library still uses, and a condition that signals its changes.
static PARTS: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// The parts that an app provides as callbacks.
pub(crate) struct Parts {
    pub(crate) place: Place,
    pub(crate) clock: Box<dyn Clock>,
    /// The app's transport, or `None` for the transport of the library.
    pub(crate) transport: Option<Box<dyn Transport>>,
}

/// The place in which an app keeps its records.
pub(crate) enum Place {
    Store(Box<dyn Store>),
    /// A folder, in which the library's own store keeps them.
    Folder(PathBuf),
}

/// A license, and the replies of the customer portal whose handles are in use. Dropping it frees the license and the
/// replies.
pub(crate) struct License(*mut polar_license_c::exported::License, Mutex<Vec<*mut Reply>>);

/// A function that an operation calls before each wait. Its arguments are the stage, the time for which the operation
/// has waited, and the time until the operation asks again.
pub(crate) type Report<'a> = &'a dyn Fn(&str, u128, u128) -> ControlFlow<()>;

// SAFETY: The header says that every thread may use a license.
unsafe impl Send for License {}
// SAFETY: The same reason as for `Send`.
unsafe impl Sync for License {}

/// The result of an operation. The JSON of an error also contains the decision.
pub(crate) enum Ended {
    Decision(Value),
    /// The decision, and the outcome for the seat.
    Deactivated(Value, String),
    /// The decision, and the text for another computer.
    Text(Value, Option<String>),
    Error(Value),
}

impl License {
    pub(crate) fn open(settings: &str, parts: Parts) -> Self {
        let settings = CString::new(settings).unwrap();
        let options = polar_license_options_from_json(settings.as_ptr());
        let has_transport = parts.transport.is_some();
        let parts = Arc::new(parts);
        let shared = || {
            *PARTS.0.lock().unwrap() += 1;
            Arc::into_raw(Arc::clone(&parts)).cast_mut().cast::<c_void>()
        };
        let end: Destructor = Some(end);
        let stored = match &parts.place {
            Place::Store(_) => {
                polar_license_options_set_store(options, Some(load), Some(save), Some(remove), shared(), end)
            }
            Place::Folder(folder) => {
                let folder = CString::new(folder.to_str().unwrap()).unwrap();
                polar_license_options_set_directory(options, folder.as_ptr())
            }
        };
        assert_eq!(stored, OK);
        assert_eq!(polar_license_options_set_clock(options, Some(tell_time), shared(), end), OK);
        if has_transport {
            assert_eq!(polar_license_options_set_transport(options, Some(send), shared(), end), OK);
        }
        let (mut license, mut error) = (null_mut(), null_mut());
        let kind = polar_license_open(options, &raw mut license, &raw mut error);
        polar_license_options_free(options);
        assert!(kind == OK && error.is_null(), "{}", text(polar_license_error_detail(error)).unwrap_or_default());
        Self(license, Mutex::default())
    }

    pub(crate) fn current(&self) -> Value {
        let mut decision = null_mut();
        let kind = polar_license_current(self.0, &raw mut decision);
        let decision = ended(kind, decision, null_mut()).decision();
        assert_eq!(decision["allowed"], polar_license_allowed(self.0) == 1, "polar_license_allowed()");
        decision
    }

    pub(crate) fn allows(&self, feature: &str) -> bool {
        let feature = CString::new(feature).unwrap();
        polar_license_allows(self.0, feature.as_ptr()) == 1
    }

    pub(crate) fn covers(&self, built: &str) -> bool {
        let (built, mut covered) = (CString::new(built).unwrap(), -1);
        assert_eq!(polar_license_covers(self.0, built.as_ptr(), &raw mut covered, null_mut()), OK);
        covered == 1
    }

    pub(crate) fn validate(&self) -> Ended {
        let mut decision = null_mut();
        ended(polar_license_validate(self.0, &raw mut decision), decision, null_mut())
    }

    pub(crate) fn refresh(&self) -> Ended {
        let mut decision = null_mut();
        ended(polar_license_refresh(self.0, &raw mut decision), decision, null_mut())
    }

    pub(crate) fn activate(&self, key: Option<&str>, replace_previous: bool) -> Ended {
        let key = key.map(|key| CString::new(key).unwrap());
        let flags = if replace_previous { POLAR_LICENSE_REPLACE_PREVIOUS } else { 0 };
        let (mut decision, mut error) = (null_mut(), null_mut());
        let key = key.as_ref().map_or(null(), |key| key.as_ptr());
        let kind = polar_license_activate_with(self.0, key, flags, &raw mut decision, &raw mut error);
        ended(kind, decision, error)
    }

    pub(crate) fn consume(&self, count: u32) -> Ended {
        let (mut decision, mut error) = (null_mut(), null_mut());
        let kind = polar_license_consume(self.0, count, &raw mut decision, &raw mut error);
        ended(kind, decision, error)
    }

    pub(crate) fn forget(&self) -> Ended {
        let mut error = null_mut();
        match polar_license_forget(self.0, &raw mut error) {
            OK => Ended::Decision(self.current()),
            kind => ended(kind, null_mut(), error),
        }
    }

    pub(crate) fn start_trial(&self) -> Ended {
        let (mut decision, mut error) = (null_mut(), null_mut());
        let kind = polar_license_start_trial(self.0, &raw mut decision, &raw mut error);
        ended(kind, decision, error)
    }

    pub(crate) fn deactivate(&self) -> Ended {
        let (mut deactivated, mut error) = (-1, null_mut());
        match polar_license_deactivate(self.0, &raw mut deactivated, &raw mut error) {
            OK => Ended::Deactivated(self.current(), outcome_name(deactivated)),
            kind => ended(kind, null_mut(), error),
        }
    }

    pub(crate) fn offline_request(&self) -> Ended {
        let (mut request, mut error) = (null_mut(), null_mut());
        match polar_license_offline_request(self.0, &raw mut request, &raw mut error) {
            OK => Ended::Text(self.current(), taken_text(request)),
            kind => {
                assert!(request.is_null());
                ended(kind, null_mut(), error)
            }
        }
    }

    pub(crate) fn offline_answer(&self, request: &str, key: &str) -> Ended {
        let [request, key] = [request, key].map(|text| CString::new(text).unwrap());
        let (mut answer, mut decision, mut error) = (null_mut(), null_mut(), null_mut());
        let (request, key) = (request.as_ptr(), key.as_ptr());
        let places = (&raw mut answer, &raw mut decision, &raw mut error);
        let kind = polar_license_offline_answer(self.0, request, key, places.0, places.1, places.2);
        assert_eq!(answer.is_null(), kind != OK);
        ended(kind, decision, error).with_text(answer)
    }

    pub(crate) fn offline_import(&self, answer: &str) -> Ended {
        let answer = CString::new(answer).unwrap();
        let (mut decision, mut error) = (null_mut(), null_mut());
        let kind = polar_license_offline_import(self.0, answer.as_ptr(), &raw mut decision, &raw mut error);
        ended(kind, decision, error)
    }

    pub(crate) fn offline_return(&self) -> Ended {
        let (mut returned, mut decision, mut error) = (null_mut(), null_mut(), null_mut());
        let kind = polar_license_offline_return(self.0, &raw mut returned, &raw mut decision, &raw mut error);
        ended(kind, decision, error).with_text(returned)
    }

    pub(crate) fn offline_release(&self, returned: &str) -> Ended {
        let returned = CString::new(returned).unwrap();
        let (mut deactivated, mut decision, mut error) = (-1, null_mut(), null_mut());
        let places = (&raw mut deactivated, &raw mut decision, &raw mut error);
        let kind = polar_license_offline_release(self.0, returned.as_ptr(), places.0, places.1, places.2);
        match ended(kind, decision, error) {
            Ended::Decision(decision) => Ended::Deactivated(decision, outcome_name(deactivated)),
            ended => ended,
        }
    }

    /// Runs an operation of the customer portal, by the operation's own function if it has one. Returns the reply, and
    /// the address if the reply is a checkout.
    pub(crate) fn call(&self, request: &str, mut report: Report<'_>) -> Result<(String, Option<String>), Value> {
        let user_data = (&raw mut report).cast::<c_void>();
        let (mut reply, mut error) = (null_mut(), null_mut());
        let ends = (&raw mut reply, &raw mut error);
        let kind = self.own_function(&serde_json::from_str(request).unwrap(), user_data, ends).unwrap_or_else(|| {
            let request = CString::new(request).unwrap();
            polar_license_portal_call(self.0, request.as_ptr(), Some(progress), user_data, ends.0, ends.1)
        });
        if kind != OK {
            assert!(reply.is_null());
            return match ended(kind, null_mut(), error) {
                Ended::Error(error) => Err(error),
                ended => panic!("{}", ended.decision()),
            };
        }
        assert!(error.is_null());
        let json = text(polar_license_reply_json(reply, c"".as_ptr())).unwrap();
        agree_reply(reply, "", &serde_json::from_str(&json).unwrap());
        self.1.lock().unwrap().push(reply);
        Ok((json, text(polar_license_reply_address(reply))))
    }

    /// Runs an operation by its own function. Returns `None` if it has none, or if the request lacks an argument of it.
    fn own_function(
        &self,
        request: &Value,
        user_data: *mut c_void,
        (reply, error): (*mut *mut Reply, *mut *mut Error),
    ) -> Option<i32> {
        let license = self.0;
        let text = |name: &str| CString::new(request[name].as_str()?).ok();
        let handle = |name: &str| u32::try_from(request[name].as_u64()?).ok();
        let (session, report) = (|| handle("session"), Some(progress as _));
        Some(match request["call"].as_str()? {
            "requestCode" => polar_license_portal_request_code(license, text("email")?.as_ptr(), reply, error),
            "authenticate" => polar_license_portal_authenticate(license, text("code")?.as_ptr(), reply, error),
            "claimSeat" => polar_license_portal_claim_seat(license, text("invitation")?.as_ptr(), reply, error),
            "restore" => polar_license_portal_restore(license, session()?, reply, error),
            "activate" => polar_license_portal_activate(license, session()?, handle("key")?, reply, error),
            "licenseKeys" => polar_license_portal_license_keys(license, session()?, reply, error),
            "devices" => polar_license_portal_devices(license, session()?, handle("key")?, reply, error),
            "release" => polar_license_portal_release(license, session()?, handle("device")?, reply, error),
            "checkout" => polar_license_portal_checkout(license, text("link")?.as_ptr(), reply, error),
            "follow" => {
                let (checkout, within_ms) = (handle("checkout")?, request["withinMs"].as_u64()?);
                polar_license_portal_follow(license, checkout, within_ms, report, user_data, reply, error)
            }
            "restorePurchase" => {
                let (session, purchase) = (session()?, handle("purchase")?);
                polar_license_portal_restore_purchase(license, session, purchase, report, user_data, reply, error)
            }
            _ => return None,
        })
    }

    pub(crate) fn cancel(&self) {
        assert_eq!(polar_license_cancel(self.0), OK);
    }
}

impl Drop for License {
    fn drop(&mut self) {
        for reply in self.1.get_mut().unwrap().drain(..) {
            polar_license_reply_free(reply);
        }
        polar_license_free(self.0);
    }
}

impl Ended {
    /// Returns the decision of an operation that cannot fail.
    fn decision(self) -> Value {
        match self {
            Self::Decision(decision) | Self::Deactivated(decision, _) | Self::Text(decision, _) => decision,
            Self::Error(error) => panic!("{error}"),
        }
    }

    /// Adds the text that an operation returned, and frees it. An operation that failed must have returned none.
    fn with_text(self, text: *mut OfflineText) -> Self {
        match self {
            Self::Decision(decision) => Self::Text(decision, taken_text(text)),
            ended => {
                assert!(text.is_null());
                ended
            }
        }
    }
}

/// Reads a text for another computer, and frees it.
fn taken_text(text_for_another: *mut OfflineText) -> Option<String> {
    let taken = text(polar_license_offline_text_string(text_for_another));
    polar_license_offline_text_free(text_for_another);
    taken
}

fn outcome_name(deactivated: i32) -> String {
    text(polar_license_deactivated_name(deactivated)).unwrap()
}

/// Reads the objects that an operation with the result `kind` created, and frees them.
fn ended(kind: i32, decision: *mut Decision, error: *mut Error) -> Ended {
    assert_eq!((kind == OK, kind == OK), (error.is_null(), !decision.is_null()), "{kind} and the objects");
    let read = |json| serde_json::from_str(&text(json).unwrap()).unwrap();
    if error.is_null() {
        let json = read(polar_license_decision_json(decision));
        agree(decision, &json);
        polar_license_decision_free(decision);
        return Ended::Decision(json);
    }
    let json: Value = read(polar_license_error_json(error));
    // An error of the portal has no decision if it occurred before the license was read.
    let decision = polar_license_error_decision(error);
    assert_eq!(decision.is_null(), json["state"].is_null(), "{json}");
    if !decision.is_null() {
        agree(decision, &json);
    }
    agree_error(error, &json["error"]);
    assert_eq!(polar_license_error_kind(error), kind);
    polar_license_error_free(error);
    Ended::Error(json)
}

/// Copies a string that belongs to the library.
pub(crate) fn text(string: *const c_char) -> Option<String> {
    // SAFETY: The pointer is not NULL, so it points to a string that lives as long as its object or the program.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_str().unwrap().to_owned())
}

/// Waits until the library has destroyed all parts: a thread with a request may be the last to use one. Then checks
/// that no object is left either.
pub(crate) fn expect_nothing_left() {
    let parts = PARTS.0.lock().unwrap();
    let (parts, waited) = PARTS.1.wait_timeout_while(parts, PATIENCE, |parts| *parts > 0).unwrap();
    assert!(!waited.timed_out(), "{parts} destructors were not called");
    assert_eq!(alive::objects(), 0, "objects that were not freed");
}

fn parts<'a>(user_data: *mut c_void) -> &'a Parts {
    // SAFETY: The pointer comes from `License::open`, and no callback is called after the destructor.
    unsafe { &*user_data.cast::<Parts>() }
}

fn store<'a>(user_data: *mut c_void) -> &'a dyn Store {
    match &parts(user_data).place {
        Place::Store(store) => &**store,
        Place::Folder(folder) => panic!("the library has its own store in {}", folder.display()),
    }
}

extern "C" fn end(user_data: *mut c_void) {
    // SAFETY: The pointer comes from `License::open`, and a destructor is called once.
    drop(unsafe { Arc::from_raw(user_data.cast::<Parts>()) });
    *PARTS.0.lock().unwrap() -= 1;
    PARTS.1.notify_all();
}

extern "C" fn load(user_data: *mut c_void, record: *mut Record) -> i32 {
    match store(user_data).load() {
        Ok(Some(bytes)) => polar_license_record_set(record, bytes.as_ptr(), bytes.len()),
        Ok(None) => OK,
        Err(_) => 1,
    }
}

extern "C" fn save(user_data: *mut c_void, bytes: *const u8, length: usize, durable: i32) -> i32 {
    // SAFETY: The library passes `length` bytes.
    let record = unsafe { std::slice::from_raw_parts(bytes, length) };
    let durability = if durable == 1 { Durability::Synced } else { Durability::Relaxed };
    store(user_data).save(record, durability).is_err().into()
}

extern "C" fn remove(user_data: *mut c_void) -> i32 {
    store(user_data).remove().is_err().into()
}

extern "C" fn tell_time(user_data: *mut c_void, wall_ms: *mut i64, mono_ms: *mut u64) {
    let now = parts(user_data).clock.now();
    // SAFETY: The library passes valid pointers for both times.
    unsafe {
        wall_ms.write(now.wall.unix_ms());
        mono_ms.write(now.mono);
    }
}

extern "C" fn send(user_data: *mut c_void, request: *const Request, response: *mut Response) {
    let method = match text(polar_license_request_method(request)).as_deref() {
        Some("GET") => Method::Get,
        Some("POST") => Method::Post,
        other => panic!("{other:?}"),
    };
    let url = text(polar_license_request_url(request)).unwrap();
    let body = text(polar_license_request_body(request)).unwrap();
    let timeout = Duration::from_millis(polar_license_request_timeout_ms(request));
    let headers =
        (0..).map_while(|index| text(polar_license_request_header_name(request, index)).map(|name| (index, name)));
    let token = headers.into_iter().find(|(_, name)| name == "Authorization").map(|(index, _)| {
        let value = text(polar_license_request_header_value(request, index)).unwrap();
        value.strip_prefix("Bearer ").unwrap().to_owned().into()
    });
    let request = transport::Request { method, token, ..transport::Request::post(url, body, timeout) };
    let answer = parts(user_data).transport.as_ref().unwrap().send(&request);
    let kind = match answer {
        Answer::Reply { status, retry_after, location, body } => {
            if let Some(location) = location {
                let location = CString::new(location.as_str()).unwrap();
                assert_eq!(polar_license_response_set_location(response, location.as_ptr()), OK);
            }
            let retry_after = retry_after.map_or(-1, i64::from);
            polar_license_response_set(response, status.into(), retry_after, body.as_ptr(), body.len())
        }
        Answer::Failed { failure, sent, message } => {
            let failure = match failure {
                Failure::Network => POLAR_LICENSE_FAILED_NETWORK,
                Failure::Timeout => POLAR_LICENSE_FAILED_TIMEOUT,
                Failure::Cancelled => POLAR_LICENSE_FAILED_CANCELLED,
            };
            let message = CString::new(message).unwrap();
            polar_license_response_fail(response, failure, i32::from(sent == Sent::Maybe), message.as_ptr())
        }
    };
    assert_eq!(kind, OK);
}

extern "C" fn progress(user_data: *mut c_void, stage: i32, waited_ms: u64, next_in_ms: u64) -> i32 {
    // SAFETY: The pointer comes from `License::call`, which has not returned yet.
    let report = unsafe { &*user_data.cast::<Report<'_>>() };
    let stage = text(polar_license_stage_name(stage)).unwrap();
    i32::from(report(&stage, waited_ms.into(), next_in_ms.into()).is_break())
}
