//! HTTP requests and answers as plain data, and the traits of the network stacks that carry them. This module sends
//! nothing itself.

use crate::codes::ErrorKind;
use crate::config::Config;
use crate::future::{BoxFuture, LocalBoxFuture};
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

pub use crate::retry_headers::RetryHeaders;

/// A network stack. Implement this trait to use your app's own network stack.
///
/// An implementation sends a request at most once, follows no redirect, and returns every status as [`Answer::Reply`].
/// It reports a failure with [`Sent::No`] only if Polar cannot have received the body.
pub trait Transport: Send + Sync {
    /// Sends `request` and blocks until the answer arrives, but no longer than the request's timeout.
    fn send(&self, request: &Request) -> Answer;
}

/// A [`Transport`] with futures that may move between threads. Implement it to use your app's own network stack.
///
/// The future is dropped when [`Request::timeout`] has passed or the operation is cancelled.
pub trait AsyncTransport: Send + Sync {
    /// Sends `request` and returns the answer. Follows the rules of [`Transport`].
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer>;
}

/// A [`Transport`] whose futures stay on one thread, as futures in a web page do. Implement it to use your app's own
/// network stack.
///
/// The future is dropped when [`Request::timeout`] has passed or the operation is cancelled.
pub trait LocalAsyncTransport {
    /// Sends `request` and returns the answer. Follows the rules of [`Transport`].
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer>;
}

/// A request to Polar. A transport sends it exactly once, with the headers that [`Request::headers`] returns and,
/// outside of web pages, with the header `User-Agent`. The transport follows no redirect.
///
/// Never show or log any part of a request: the body contains the license key, and requests of the customer portal have
/// secrets in the address, the token and the body. All three are wiped from memory when the request is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method. Only the customer portal uses `GET`.
    pub method: Method,
    /// The absolute address.
    pub url: Zeroizing<String>,
    /// The customer's token, for the header `Authorization: Bearer …`. Only the customer portal uses it.
    pub token: Option<Zeroizing<String>>,
    /// The JSON body, or an empty string for no body.
    pub body: Zeroizing<String>,
    /// The header `User-Agent`. A web page must not set it, because Polar's CORS rules refuse it.
    pub user_agent: String,
    /// The time limit for the whole exchange, from name resolution to the last byte of the body.
    pub timeout: Duration,
    /// The length, in bytes, of the longest reply body that is read. It is higher for the lists of the customer portal,
    /// whose length this library does not control.
    pub reply_limit: usize,
}

/// The method of a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`, without a body.
    Get,
    /// `POST`, with a body. An empty body is sent as `Content-Length: 0`.
    Post,
}

impl Request {
    /// The headers of every request, apart from `Content-Length` and `Host`. Polar's CORS rules allow a browser to send
    /// only these headers and `Authorization`.
    ///
    /// No header names a version of Polar's API. Polar removes each version about nine months after adding it, and
    /// answers a request for a removed version with a bare 404. A request without a version gets the current version.
    pub const HEADERS: [(&'static str, &'static str); 1] = [("Content-Type", "application/json")];

    /// The usual [`reply_limit`](Self::reply_limit). Polar's replies about licenses are under 4 KB.
    pub const REPLY_LIMIT: usize = 256 * 1024;

    /// The usual [`user_agent`](Self::user_agent): the name and version of this crate.
    pub const USER_AGENT: &'static str = concat!("polar-license/", env!("CARGO_PKG_VERSION"));

    /// Creates a request to the configured environment, without a token and without a body. The strings in `parts` form
    /// the path. Every request of a client is created here.
    pub(crate) fn to(config: &Config, method: Method, parts: &[&str], timeout: Duration) -> Self {
        // The address may contain a secret. It is built in one allocation, because a string that grows leaves copies of
        // its content in memory.
        let url = [&[config.environment().base_url()], parts].concat().concat();
        Self { method, ..Self::post(url, "", timeout) }
    }

    /// Creates a `POST` without a token. All requests about licenses are of this form.
    pub fn post(url: impl Into<String>, body: impl Into<String>, timeout: Duration) -> Self {
        Self {
            method: Method::Post,
            url: Zeroizing::new(url.into()),
            token: None,
            body: Zeroizing::new(body.into()),
            user_agent: String::from(Self::USER_AGENT),
            timeout,
            reply_limit: Self::REPLY_LIMIT,
        }
    }

    /// Returns the headers to send in addition to `Content-Length` and `Host`.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, Zeroizing<String>)> {
        let token = self.token.as_ref().map(|token| {
            let value = ["Bearer ", token.as_str()].concat();
            ("Authorization", Zeroizing::new(value))
        });
        Self::HEADERS.into_iter().map(|(name, value)| (name, Zeroizing::new(value.to_owned()))).chain(token)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// The outcome of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// A complete reply arrived. The transport does not check whether the reply is from Polar.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The number of seconds to wait before the next request. `None` if the reply's headers contain no readable
        /// number; see [`RetryHeaders`].
        retry_after: Option<u32>,
        /// The header `Location`, if the reply has it. A redirect is not followed.
        location: Option<Zeroizing<String>>,
        /// The whole body, which is wiped from memory when the answer is dropped. If the body is cut short, or longer
        /// than [`Request::reply_limit`], the answer is [`Answer::Failed`] instead.
        body: Zeroizing<Vec<u8>>,
    },
    /// No complete reply arrived.
    Failed {
        /// The kind of failure.
        failure: Failure,
        /// Whether the request may have reached Polar.
        sent: Sent,
        /// A line for developers and logs: lower case, no full stop, no license key, no address of the user.
        message: String,
    },
}

/// The reason why no complete reply arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The connection failed: name resolution, TCP or TLS failed, the connection was reset, or the body was truncated.
    Network,
    /// An exchange that took longer than [`Request::timeout`].
    Timeout,
    /// A cancellation by the caller.
    Cancelled,
}

impl Answer {
    /// Creates a reply without `retry_after` and `location`.
    pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply { status, retry_after: None, location: None, body: Zeroizing::new(body.into()) }
    }

    /// Creates a failure. `message` is one line for developers and logs, in lower case and without a full stop. It must
    /// contain neither a license key nor an address of the user.
    pub fn failed(failure: Failure, sent: Sent, message: impl Into<String>) -> Self {
        Self::Failed { failure, sent, message: message.into() }
    }

    /// Creates the answer that a driver uses if the transport has not answered within [`Request::timeout`].
    pub fn timed_out() -> Self {
        Self::failed(Failure::Timeout, Sent::Maybe, "Polar did not answer in time")
    }

    /// Creates the answer for a request that the caller has cancelled. `sent` is [`Sent::No`] if the driver has not yet
    /// called the transport, and [`Sent::Maybe`] if it has.
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
    /// The request was certainly not sent: it failed before the first byte of its body left.
    No,
    /// The request may have arrived. Use this when in doubt.
    Maybe,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { status, retry_after, body, .. } => f
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
