//! The network stack of a client that is built without one and is not given one. It sends nothing.

#[cfg(feature = "tokio-client")]
use crate::future::BoxFuture;
#[cfg(feature = "tokio-client")]
use crate::transport::AsyncTransport;
use crate::transport::{Answer, Failure, Request, Sent, Transport};

pub(crate) struct NoTransport;

impl NoTransport {
    fn answer() -> Answer {
        let message = "this build has no network stack of its own; give the client a transport";
        Answer::failed(Failure::Network, Sent::No, message)
    }
}

impl Transport for NoTransport {
    fn post(&self, _: &Request) -> Answer {
        Self::answer()
    }
}

#[cfg(feature = "tokio-client")]
impl AsyncTransport for NoTransport {
    fn post<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Answer> {
        Box::pin(async { Self::answer() })
    }
}
