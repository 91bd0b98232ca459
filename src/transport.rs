//! What goes out over HTTP and what comes back, as plain data, and the traits of network stacks, which turn it into
//! sockets or `fetch`. Sends nothing itself.

#[cfg(feature = "portal")]
mod portal;

#[cfg(feature = "portal")]
pub use portal::{Method, PortalAnswer, PortalRequest};

use crate::codes::ErrorKind;
use crate::future::{BoxFuture, LocalBoxFuture};
use std::fmt;
use std::time::Duration;
use zeroize::Zeroize;

pub use crate::retry_headers::RetryHeaders;

/// Sends one request. Implement it to use your app's own network stack.
///
/// An implementation sends the request at most once, follows no redirect, returns every status as
/// [`Answer::Reply`], and calls a failure [`Sent::No`] only where Polar cannot have received the body.
pub trait Transport: Send + Sync {
    /// Sends `request` and waits for the answer, at most for its timeout. Blocks.
    fn post(&self, request: &Request) -> Answer;

    /// Sends one request of the customer portal, in the same way. Blocks. The default sends nothing: an app that uses the
    /// portal over its own network stack implements this too.
    #[cfg(feature = "portal")]
    fn exchange(&self, request: &PortalRequest) -> PortalAnswer {
        let _ = request;
        PortalAnswer::not_supported()
    }
}

/// Declares an asynchronous transport: once with futures that may move between threads, once with futures that stay on
/// theirs.
macro_rules! async_transport {
    ($(#[$doc:meta])* trait $AsyncTransport:ident $(: $Send:ident + $Sync:ident)?, $Future:ident) => {
        $(#[$doc])*
        ///
        /// An implementation sends the request at most once, follows no redirect, returns every status as
        /// [`Answer::Reply`], and calls a failure [`Sent::No`] only where Polar cannot have received the body. Its future
        /// is dropped when [`Request::timeout`] is over or the operation is cancelled.
        pub trait $AsyncTransport $(: $Send + $Sync)? {
            /// Sends `request` and waits for the answer.
            fn post<'a>(&'a self, request: &'a Request) -> $Future<'a, Answer>;

            /// Sends one request of the customer portal, in the same way. The default sends nothing: an app that uses the
            /// portal over its own network stack implements this too.
            #[cfg(feature = "portal")]
            fn exchange<'a>(&'a self, request: &'a PortalRequest) -> $Future<'a, PortalAnswer> {
                let _ = request;
                Box::pin(async { PortalAnswer::not_supported() })
            }
        }
    };
}

async_transport! {
    /// Sends one request, in futures that may move between threads. Implement it to use your app's own network stack.
    trait AsyncTransport: Send + Sync, BoxFuture
}

async_transport! {
    /// Sends one request, in futures that stay on their thread, as in a web page. Implement it to use your app's own
    /// network stack.
    trait LocalAsyncTransport, LocalBoxFuture
}

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

/// The body holds the key.
impl Drop for Request {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

impl Request {
    /// The headers to send besides `Content-Length` and `Host`. A browser may send no others: Polar's CORS refuses them.
    ///
    /// None names a version of Polar's API. Polar removes each version about nine months after adding it and answers
    /// requests that name a removed one with a bare 404; a request without a version is answered in the current one.
    pub const HEADERS: [(&'static str, &'static str); 1] = [("Content-Type", "application/json")];

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
        /// How many seconds to wait, where the headers say so and can be read: see [`RetryHeaders`].
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

impl Answer {
    /// No whole reply came. `message` is one line for people: lower case, no full stop, no key, no address of the user's.
    pub fn failed(failure: Failure, sent: Sent, message: impl Into<String>) -> Self {
        Self::Failed { failure, sent, message: message.into() }
    }

    /// What a driver says for a transport that has not answered within [`Request::timeout`].
    pub fn timed_out() -> Self {
        Self::failed(Failure::Timeout, Sent::Maybe, "Polar did not answer in time")
    }

    /// What a driver says when the caller cancels: before it calls the transport, [`Sent::No`]; after it, [`Sent::Maybe`].
    pub fn cancelled(sent: Sent) -> Self {
        let message = match sent {
            Sent::No => "cancelled before anything was sent",
            Sent::Maybe => "cancelled while waiting for Polar",
        };
        Self::failed(Failure::Cancelled, sent, message)
    }
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
