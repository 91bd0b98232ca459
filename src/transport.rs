//! What goes out over HTTP and what comes back, as plain data. Drivers turn it into sockets or `fetch`.

use crate::error::ErrorKind;
use std::fmt;
use std::time::Duration;

/// One `POST` to Polar. Sent exactly once, never redirected.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The absolute address.
    pub url: String,
    /// The JSON body, which contains the license key: never log it.
    pub body: String,
    /// How long the whole exchange may take, from name resolution to the last byte of the body.
    pub timeout: Duration,
}

impl Request {
    /// The headers to send besides `Content-Length` and `Host`. A browser may send no others: Polar's CORS refuses them.
    pub const HEADERS: [(&'static str, &'static str); 2] =
        [("Content-Type", "application/json"), ("Polar-Version", "2026-04")];

    /// The most bytes of a reply worth reading; Polar's are under 4 KB.
    pub const REPLY_LIMIT: usize = 256 * 1024;
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("url", &self.url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// How a request ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Somebody answered; whether it was Polar is not the transport's to judge.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header where it is a number of seconds and can be read.
        retry_after: Option<u32>,
        /// The body, whole. One over [`Request::REPLY_LIMIT`] or cut short is [`Answer::Failed`].
        body: Vec<u8>,
    },
    /// No whole reply came.
    Failed {
        /// What happened.
        failure: Failure,
        /// Whether the request may have reached Polar.
        sent: Sent,
        /// One line for people: lower case, no full stop, no key, no address of the user's.
        message: String,
    },
}

/// Why there was no whole reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or it broke: name resolution, TCP, TLS, a reset, a truncated body.
    Network,
    /// It took longer than [`Request::timeout`].
    Timeout,
    /// The caller gave up waiting.
    Cancelled,
}

impl Failure {
    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Self::Network => ErrorKind::Network,
            Self::Timeout => ErrorKind::Timeout,
            Self::Cancelled => ErrorKind::Cancelled,
        }
    }
}

/// Whether a request that failed may have reached Polar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Certainly not: it failed before the first byte of the request left.
    No,
    /// Possibly. When in doubt, this.
    Maybe,
}

/// Reads the header `Retry-After`. Its other form, a date, would need a clock that is right.
#[cfg(any(feature = "http", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
pub(crate) fn retry_after_seconds(value: &str) -> Option<u32> {
    let value = value.trim();
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { status, retry_after, body } => f
                .debug_struct("Reply")
                .field("status", status)
                .field("retry_after", retry_after)
                .field("body_bytes", &body.len())
                .finish(),
            Self::Failed { failure, sent, message } => f
                .debug_struct("Failed")
                .field("failure", failure)
                .field("sent", sent)
                .field("message", message)
                .finish(),
        }
    }
}
