//! Requests of the customer portal, with other methods, a token, and redirects that are read. They are secret, and
//! wiped from memory.

use super::{Answer, Failure, Request, Sent};
use std::fmt;
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// The method of a [`PortalRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`, without a body.
    Get,
    /// `POST`, with a body. An empty body is sent as `Content-Length: 0`.
    Post,
}

/// One request to the customer portal, with the headers [`PortalRequest::headers`]. A transport sends it exactly once
/// and follows no redirect.
///
/// Never show or log any part of it: some of Polar's addresses contain the secret of a checkout.
#[derive(Clone, PartialEq, Eq)]
pub struct PortalRequest {
    /// The method.
    pub method: Method,
    /// The absolute address.
    pub url: Zeroizing<String>,
    /// The token, for the header `Authorization: Bearer …`.
    pub token: Option<Zeroizing<String>>,
    /// The JSON body, or an empty string for no body.
    pub body: Zeroizing<String>,
    /// The time limit for the whole exchange.
    pub timeout: Duration,
    /// The most bytes of a reply worth reading: more for lists, whose length others decide.
    pub reply_limit: usize,
}

/// The outcome of a [`PortalRequest`].
#[derive(Clone, PartialEq, Eq)]
pub struct PortalAnswer {
    /// The reply or the failure.
    pub answer: Answer,
    /// The header `Location` of a redirect, which is not followed.
    pub location: Option<Zeroizing<String>>,
}

impl PortalRequest {
    /// Returns the headers to send besides `Content-Length` and `Host`.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, Zeroizing<String>)> {
        let token = self.token.as_ref().map(|token| {
            let value = ["Bearer ", token.as_str()].concat();
            ("Authorization", Zeroizing::new(value))
        });
        Request::HEADERS.into_iter().map(|(name, value)| (name, Zeroizing::new(value.to_owned()))).chain(token)
    }
}

impl PortalAnswer {
    pub(crate) fn not_supported() -> Self {
        let message = "this network stack does not send requests of the customer portal; implement `exchange` for it";
        Answer::failed(Failure::Network, Sent::No, message).into()
    }
}

impl From<Answer> for PortalAnswer {
    fn from(answer: Answer) -> Self {
        Self { answer, location: None }
    }
}

/// Wipes the body, which holds a token or keys.
impl Drop for PortalAnswer {
    fn drop(&mut self) {
        if let Answer::Reply { body, .. } = &mut self.answer {
            body.zeroize();
        }
    }
}

impl fmt::Debug for PortalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, timeout, .. } = self;
        f.debug_struct("PortalRequest").field("method", method).field("timeout", timeout).finish_non_exhaustive()
    }
}

impl fmt::Debug for PortalAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalAnswer").field("answer", &self.answer).finish_non_exhaustive()
    }
}
