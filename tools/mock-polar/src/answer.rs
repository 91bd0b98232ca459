//! Complete answers, and how a front end must send each of them. This module sends nothing itself.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::events::Stream;
use crate::reply::Reply;
use crate::timestamp::Timestamp;

/// A complete answer: the status, all headers, and the body. The server or test that has asked for it sends the body as
/// `delivery` says.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status, such as 200.
    pub status: u16,
    /// The headers. Each entry is the name of a header, in lower case, and its value. If there is no `content-length`
    /// and the status is not 204, the body is sent in chunks.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body or, if the reply is a stream of events, the part of the body that comes before the events.
    pub body: Vec<u8>,
    /// The way in which the body must be sent.
    pub delivery: Delivery,
    /// Events that follow the body.
    pub stream: Option<Stream>,
}

/// A way to send a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Send the whole body in one piece.
    Whole,
    /// Send the body byte by byte, with this pause before each byte.
    Slow(Duration),
    /// Send half of the body, then close the connection.
    Truncated,
    /// Instead of the body, send one JSON string of this many bytes.
    Huge(u64),
}

/// The instruction to close the connection without sending any more bytes.
#[derive(Debug)]
pub struct Disconnect;

impl Answer {
    pub(crate) fn new(reply: Reply, delivery: Delivery, now: Timestamp) -> Self {
        let length = match delivery {
            Delivery::Huge(bytes) => bytes,
            Delivery::Whole | Delivery::Slow(_) | Delivery::Truncated => reply.body.len() as u64,
        };
        let mut headers = reply.headers;
        headers.extend([("server", "mock-polar".to_owned()), ("date", now.http_date())]);
        if !reply.chunked && reply.status != 204 {
            headers.push(("content-length", length.to_string()));
        }
        Self { status: reply.status, headers, body: reply.body, delivery, stream: reply.stream }
    }
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed on purpose")
    }
}

impl StdError for Disconnect {}
