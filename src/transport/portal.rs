//! Requests of the customer portal: other methods, a token, a redirect to read. All of it is secret, and is wiped.

use super::{Answer, Failure, Request, Sent};
use std::fmt;
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// The method of a [`PortalRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body, which may be empty: then `Content-Length: 0` is sent all the same.
    Post,
}

/// One request to the customer portal. Sent exactly once, never redirected. With the headers [`Request::HEADERS`].
///
/// Nothing of it may be shown or logged: the address holds the secret of a checkout where Polar's interface has it there.
#[derive(Clone, PartialEq, Eq)]
pub struct PortalRequest {
    /// The method.
    pub method: Method,
    /// The absolute address.
    pub url: Zeroizing<String>,
    /// The token, for the header `Authorization: Bearer …`.
    pub token: Option<Zeroizing<String>>,
    /// The JSON body; empty where there is none.
    pub body: Zeroizing<String>,
    /// How long the whole exchange may take.
    pub timeout: Duration,
}

/// How a [`PortalRequest`] ended.
#[derive(Clone, PartialEq, Eq)]
pub struct PortalAnswer {
    /// What came back.
    pub answer: Answer,
    /// The header `Location` of a redirect, which is not followed.
    pub location: Option<Zeroizing<String>>,
}

impl PortalRequest {
    /// The headers to send besides `Content-Length` and `Host`.
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

/// The body holds a token, or keys.
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
