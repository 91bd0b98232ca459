//! A network stack that the app provides.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::guard::guarded;
use crate::pointer::{self, UserData};
use crate::{argument, call, text};
use polar_license::blocking;
use polar_license::transport::{Answer, Failure, Method, RetryHeaders, Sent};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Failure: no connection could be made, or the connection broke. Examples are a failed name resolution, a TLS error, a
/// reset connection, and a body that was cut short.
pub const POLAR_LICENSE_FAILED_NETWORK: i32 = 1;
/// Failure: the exchange took longer than the request's timeout.
pub const POLAR_LICENSE_FAILED_TIMEOUT: i32 = 2;
/// Failure: the app cancelled the exchange.
pub const POLAR_LICENSE_FAILED_CANCELLED: i32 = 3;

/// A request to send: a POST or, for the customer portal, a GET. The request lives only during the call of the
/// transport callback, and is wiped afterwards.
pub struct Request {
    method: &'static CStr,
    url: Zeroizing<CString>,
    body: Zeroizing<CString>,
    headers: Vec<(CString, Zeroizing<CString>)>,
    timeout: Duration,
    /// The size limit of a reply, in bytes. A longer reply cannot be Polar's, so there is no need to read on.
    reply_limit: usize,
}

/// The object in which a transport callback puts the reply. The object exists only during the call of that callback.
pub struct Response {
    answer: Option<Answer>,
    /// The size limit of the reply's body, in bytes.
    limit: usize,
    /// The target of a redirect. Only the customer portal reads it.
    location: Option<Zeroizing<String>>,
}

/// A function that sends one request, and waits for the reply until the request's timeout. It must send the request at
/// most once, and must not follow redirects. If a reply arrives, whatever its HTTP status is, the function calls
/// polar_license_response_set(). If the request fails, the function calls polar_license_response_fail(). If it calls
/// neither, the library assumes that Polar may have received the request.
///
/// Do not log the request: its body contains the license key, and requests of the customer portal have secrets in the
/// address, the headers and the body. The function is called on a thread of the library. It may call this library,
/// because the library holds no locks during the call. The library stops waiting for the function after the timeout, or
/// when the operation is cancelled.
pub type TransportCallback =
    Option<extern "C" fn(user_data: *mut c_void, request: *const Request, response: *mut Response)>;

type Post = extern "C" fn(*mut c_void, *const Request, *mut Response);

#[derive(Clone)]
pub(crate) struct AppTransport(Arc<(Post, UserData)>);

impl AppTransport {
    pub(crate) fn new(post: Post, data: UserData) -> Self {
        Self(Arc::new((post, data)))
    }
}

impl blocking::Transport for AppTransport {
    fn send(&self, request: &polar_license::transport::Request) -> Answer {
        let (send, data) = &*self.0;
        let request = Request {
            method: match request.method {
                Method::Get => c"GET",
                Method::Post => c"POST",
            },
            url: text::secret(&request.url),
            body: text::secret(&request.body),
            headers: request.headers().map(|(name, value)| (text::owned(name), text::secret(&value))).collect(),
            timeout: request.timeout,
            reply_limit: request.reply_limit,
        };
        let mut response = Response { answer: None, limit: request.reply_limit, location: None };
        send(data.get(), &raw const request, &raw mut response);
        response.into_answer()
    }
}

/// Returns the method to send: "POST" or, for the customer portal, "GET", which has no body. Returns NULL if `request`
/// is NULL.
///
/// The string lives as long as the program. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_method(request: *const Request) -> *const c_char {
    guarded("polar_license_request_method", ptr::null(), || {
        pointer::borrow(request).map_or(ptr::null(), |request| text::fixed(request.method))
    })
}

/// Returns the address to which the request must be sent. Returns NULL if `request` is NULL.
///
/// The string lives until the transport callback returns. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_url(request: *const Request) -> *const c_char {
    guarded("polar_license_request_url", ptr::null(), || {
        text::borrowed(pointer::borrow(request).map(|request| &*request.url))
    })
}

/// Returns the request's JSON body. Do not log it: it contains the license key or other secrets. If the body of a POST
/// is empty, send `Content-Length: 0`. Returns NULL if `request` is NULL.
///
/// The string lives until the transport callback returns. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_body(request: *const Request) -> *const c_char {
    guarded("polar_license_request_body", ptr::null(), || {
        text::borrowed(pointer::borrow(request).map(|request| &*request.body))
    })
}

/// Returns the time limit in milliseconds for sending the request and reading the whole reply. Returns 0 if `request`
/// is NULL.
///
/// Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_timeout_ms(request: *const Request) -> u64 {
    guarded("polar_license_request_timeout_ms", 0, || {
        let timeout = pointer::borrow(request).map_or(Duration::ZERO, |request| request.timeout);
        u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Returns the name of the request's header at `index`, which counts from 0. Send each header of the request, in
/// addition to Host and Content-Length. Returns NULL if `index` is past the last header, or if `request` is NULL.
///
/// The string lives until the transport callback returns. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_header_name(request: *const Request, index: usize) -> *const c_char {
    guarded("polar_license_request_header_name", ptr::null(), || {
        text::borrowed(pointer::borrow(request).and_then(|request| request.headers.get(index)).map(|(name, _)| name))
    })
}

/// Returns the value of the header at `index`, which counts from 0. Returns NULL if `index` is past the last header, or
/// if `request` is NULL.
///
/// The string lives until the transport callback returns. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_header_value(request: *const Request, index: usize) -> *const c_char {
    guarded("polar_license_request_header_value", ptr::null(), || {
        text::borrowed(
            pointer::borrow(request).and_then(|request| request.headers.get(index)).map(|(_, value)| &**value),
        )
    })
}

/// Returns how many seconds to wait before the next request, according to the headers Retry-After, RateLimit-Reset and
/// Date of a reply. Returns -1 if the headers do not ask for a wait. Pass the result to polar_license_response_set().
///
/// Pass NULL for a header that the reply does not have. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_retry_after_s(
    retry_after: *const c_char,
    ratelimit_reset: *const c_char,
    date: *const c_char,
) -> i64 {
    guarded("polar_license_retry_after_s", -1, || {
        // A header that is not UTF-8 counts as missing.
        let [retry_after, ratelimit_reset, date] =
            [retry_after, ratelimit_reset, date].map(|value| pointer::string(value)?.to_str().ok());
        RetryHeaders { retry_after, ratelimit_reset, date }.seconds().map_or(-1, i64::from)
    })
}

/// Call this function when a reply has arrived, even if a server other than Polar's sent it. `http_status` is the HTTP
/// status of the reply. `retry_after_s` is the result of polar_license_retry_after_s() for the headers of the reply.
/// `body` is the whole body of the reply, which is copied. If the callback reports several replies, the last one
/// counts.
///
/// `body` may be NULL if `length` is 0. Call this function from the transport callback, on one thread at a time. Never
/// blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if a required argument is NULL, or if `http_status`
/// is not an HTTP status.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_response_set(
    response: *mut Response,
    http_status: i32,
    retry_after_s: i64,
    body: *const u8,
    length: usize,
) -> i32 {
    call::run("polar_license_response_set", ptr::null_mut(), || {
        let response = argument::object_mut("response", response)?;
        let body = argument::bytes("body", body, length)?;
        let status = u16::try_from(http_status).ok().filter(|status| (100..=999).contains(status));
        let status = status
            .ok_or_else(|| argument::invalid(format!("`http_status` is {http_status}, which is not an HTTP status")))?;
        let retry_after = u32::try_from(retry_after_s).ok();
        response.answer = Some(if body.len() > response.limit {
            failed(Failure::Network, Sent::Maybe, "the reply is too long to be Polar's")
        } else {
            Answer::Reply { status, retry_after, location: None, body: Zeroizing::new(body.to_vec()) }
        });
        Ok(())
    })
}

/// Reports the Location header of a reply. The header is copied. Some replies to requests of the customer portal are
/// redirects, which must not be followed. Call this function in addition to polar_license_response_set(), in any order.
///
/// Call it from the transport callback, on one thread at a time. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if an argument is NULL, or if `location` is not
/// UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_response_set_location(response: *mut Response, location: *const c_char) -> i32 {
    call::run("polar_license_response_set_location", ptr::null_mut(), || {
        let response = argument::object_mut("response", response)?;
        response.location = Some(Zeroizing::new(argument::string("location", location)?.to_owned()));
        Ok(())
    })
}

/// Reports that no complete reply arrived. `failure` is one of POLAR_LICENSE_FAILED_.... Pass 1 as `maybe_sent` if
/// Polar may have received the request. Pass 0 only if the request failed before the first byte of the body was sent,
/// because in every other case Polar may have received the request. `message` is one line for developers and logs,
/// without the key; it is copied. If several reports are made, the last one counts.
///
/// `message` may be NULL. Call this function from the transport callback, on one thread at a time. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `response` is NULL, the failure is unknown, or
/// `message` is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_response_fail(
    response: *mut Response,
    failure: i32,
    maybe_sent: i32,
    message: *const c_char,
) -> i32 {
    call::run("polar_license_response_fail", ptr::null_mut(), || {
        let response = argument::object_mut("response", response)?;
        let message = argument::optional_string("message", message)?.unwrap_or("the app's transport failed");
        let failure = match failure {
            POLAR_LICENSE_FAILED_NETWORK => Failure::Network,
            POLAR_LICENSE_FAILED_TIMEOUT => Failure::Timeout,
            POLAR_LICENSE_FAILED_CANCELLED => Failure::Cancelled,
            _ => {
                return Err(argument::invalid(format!(
                    "`failure` is {failure}, which is not one of POLAR_LICENSE_FAILED_..."
                )));
            }
        };
        let sent = if maybe_sent == 0 { Sent::No } else { Sent::Maybe };
        response.answer = Some(failed(failure, sent, message));
        Ok(())
    })
}

impl Response {
    /// Returns the answer that the app reported last, or a network failure if the app reported none. If the app
    /// reported a redirect's target, adds the target to the reply.
    fn into_answer(self) -> Answer {
        match self.answer {
            Some(Answer::Reply { status, retry_after, body, .. }) => {
                Answer::Reply { status, retry_after, location: self.location, body }
            }
            Some(failed @ Answer::Failed { .. }) => failed,
            None => failed(Failure::Network, Sent::Maybe, "the app's transport gave no answer"),
        }
    }
}

fn failed(failure: Failure, sent: Sent, message: &str) -> Answer {
    Answer::Failed { failure, sent, message: message.to_owned() }
}
