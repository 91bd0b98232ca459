//! A network stack of the app's own.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::guard::guarded;
use crate::pointer::{self, UserData};
use crate::{argument, call, text};
use polar_license::blocking;
use polar_license::transport::{Answer, Failure, RetryHeaders, Sent};
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::Arc;

/// No connection, or it broke: name resolution, TLS, a reset, a body cut short.
pub const POLAR_LICENSE_FAILED_NETWORK: i32 = 1;
/// It took longer than the request's timeout.
pub const POLAR_LICENSE_FAILED_TIMEOUT: i32 = 2;
/// The app cancelled it.
pub const POLAR_LICENSE_FAILED_CANCELLED: i32 = 3;

/// One POST to send. Lives only during the transport callback that it is given to.
pub struct Request {
    url: CString,
    body: CString,
    headers: Vec<(CString, CString)>,
    timeout_ms: u64,
}

/// Where a transport callback puts the reply. Lives only during that call.
pub struct Response(Option<Answer>);

/// Sends one request and waits for the reply, at most for its timeout. It must send the request at most once, follow no
/// redirect, and report every HTTP status with polar_license_response_set(), or why there was none with
/// polar_license_response_fail(); a response that is not set counts as a request that may have been sent. The body
/// contains the license key: do not log it. Called on a thread of the library's, without locks held; may call this
/// library. The library stops waiting for it after the timeout, and when its operation is cancelled.
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
    fn post(&self, request: &polar_license::transport::Request) -> Answer {
        let (post, data) = &*self.0;
        let headers = polar_license::transport::Request::HEADERS;
        let request = Request {
            url: text::owned(&request.url),
            body: text::owned(&request.body),
            headers: headers.iter().map(|(name, value)| (text::owned(name), text::owned(value))).collect(),
            timeout_ms: u64::try_from(request.timeout.as_millis()).unwrap_or(u64::MAX),
        };
        let mut response = Response(None);
        post(data.get(), &raw const request, &raw mut response);
        response.0.unwrap_or_else(|| failed(Failure::Network, Sent::Maybe, "the app's transport gave no answer"))
    }
}

/// The address to post to. NULL for NULL.
///
/// The string lives during the transport callback. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_url(request: *const Request) -> *const c_char {
    guarded("polar_license_request_url", ptr::null(), || {
        text::borrowed(pointer::borrow(request).map(|request| &request.url))
    })
}

/// The JSON body, which contains the license key: do not log it. NULL for NULL.
///
/// The string lives during the transport callback. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_body(request: *const Request) -> *const c_char {
    guarded("polar_license_request_body", ptr::null(), || {
        text::borrowed(pointer::borrow(request).map(|request| &request.body))
    })
}

/// How many milliseconds the whole exchange may take. 0 for NULL.
///
/// Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_timeout_ms(request: *const Request) -> u64 {
    guarded("polar_license_request_timeout_ms", 0, || pointer::borrow(request).map_or(0, |request| request.timeout_ms))
}

/// The name of the header at `index`, from 0, to send besides Host and Content-Length. NULL past the last, and for
/// NULL.
///
/// The string lives during the transport callback. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_header_name(request: *const Request, index: usize) -> *const c_char {
    guarded("polar_license_request_header_name", ptr::null(), || {
        text::borrowed(pointer::borrow(request).and_then(|request| request.headers.get(index)).map(|(name, _)| name))
    })
}

/// The value of the header at `index`. NULL past the last, and for NULL.
///
/// The string lives during the transport callback. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_request_header_value(request: *const Request, index: usize) -> *const c_char {
    guarded("polar_license_request_header_value", ptr::null(), || {
        text::borrowed(pointer::borrow(request).and_then(|request| request.headers.get(index)).map(|(_, value)| value))
    })
}

/// How long a reply's headers Retry-After, RateLimit-Reset and Date ask to wait, in seconds, for
/// polar_license_response_set(). -1 if they do not say.
///
/// Any of them may be NULL, for a header that the reply does not have. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_retry_after_s(
    retry_after: *const c_char,
    ratelimit_reset: *const c_char,
    date: *const c_char,
) -> i64 {
    guarded("polar_license_retry_after_s", -1, || {
        // what is not UTF-8 says nothing
        let [retry_after, ratelimit_reset, date] =
            [retry_after, ratelimit_reset, date].map(|value| pointer::string(value)?.to_str().ok());
        RetryHeaders { retry_after, ratelimit_reset, date }.seconds().map_or(-1, i64::from)
    })
}

/// Reports the reply, whoever sent it: the HTTP status, the seconds to wait that its headers ask for (-1 if they do not;
/// see polar_license_retry_after_s()), and the whole body, which is copied. The last report counts.
///
/// `body` may be NULL if `length` is 0. Call it from the transport callback, on one thread at a time. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for a number that is not an HTTP
/// status.
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
        let limit = polar_license::transport::Request::REPLY_LIMIT;
        response.0 = Some(if body.len() > limit {
            failed(Failure::Network, Sent::Maybe, "the reply is too long to be Polar's")
        } else {
            Answer::Reply { status, retry_after, body: body.to_vec() }
        });
        Ok(())
    })
}

/// Reports that no complete reply arrived: one of POLAR_LICENSE_FAILED_...; whether Polar may have received the request
/// (0 only if that is impossible: it failed before the first byte of the body was sent); and one line for people,
/// without the key, which is copied. The last report counts.
///
/// `message` may be NULL. Call it from the transport callback, on one thread at a time. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL, an unknown failure, and a message that is
/// not UTF-8.
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
        response.0 = Some(failed(failure, sent, message));
        Ok(())
    })
}

fn failed(failure: Failure, sent: Sent, message: &str) -> Answer {
    Answer::Failed { failure, sent, message: message.to_owned() }
}
