//! Sends an answer as its `delivery` says: whole, slowly, truncated, or far too long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::time::Sleep;

use crate::answer::{Answer, Delivery, Disconnect};
use crate::events::Stream;

/// Converts an answer to a response for hyper.
pub(crate) fn response(answer: Answer) -> Response<ReplyBody> {
    let has_length = answer.headers.iter().any(|(name, _)| *name == "content-length");
    let mut response = Response::new(ReplyBody::new(answer.body, answer.stream, answer.delivery, !has_length));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The part of a body that is still to be sent.
pub(crate) struct ReplyBody {
    rest: Bytes,
    delivery: Delivery,
    sleep: Option<Pin<Box<Sleep>>>,
    /// The events that follow `rest`.
    stream: Option<Stream>,
    chunked: bool,
    /// Whether sending has begun. For a truncated body, this means that `poll_frame` has returned `Pending` once, which
    /// makes hyper flush the bytes. For a huge body, it means that the opening quote was sent.
    started: bool,
}

impl ReplyBody {
    fn new(body: Vec<u8>, stream: Option<Stream>, delivery: Delivery, chunked: bool) -> Self {
        let mut rest = Bytes::from(body);
        if let Delivery::Truncated = delivery {
            rest.truncate(rest.len() / 2);
        }
        Self { rest, delivery, sleep: None, stream, chunked, started: false }
    }

    fn take(&mut self, bytes: usize) -> Poll<Option<Result<Frame<Bytes>, Disconnect>>> {
        let bytes = bytes.min(self.rest.len());
        Poll::Ready((bytes > 0).then(|| Ok(Frame::data(self.rest.split_to(bytes)))))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Disconnect;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Disconnect>>> {
        match self.delivery {
            Delivery::Whole if self.rest.is_empty() => match &mut self.stream {
                Some(stream) => {
                    stream.poll_recv(cx).map(|event| event.map(|event| Ok(Frame::data(Bytes::from(event)))))
                }
                None => Poll::Ready(None),
            },
            Delivery::Whole => self.take(usize::MAX),
            Delivery::Slow(pause) => {
                if self.rest.is_empty() {
                    return Poll::Ready(None);
                }
                // tokio's timer waits for at least a millisecond, so it is not used for a pause of zero.
                if !pause.is_zero() {
                    let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                    std::task::ready!(sleep.as_mut().poll(cx));
                    self.sleep = None;
                }
                self.take(1)
            }
            Delivery::Truncated if !self.rest.is_empty() => self.take(usize::MAX),
            Delivery::Truncated if !self.started => {
                // When a body fails, hyper drops the bytes that it has not flushed yet. It flushes when `poll_frame`
                // returns `Pending`. So this function returns `Pending` once, and then lets the body fail.
                self.started = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Delivery::Truncated => Poll::Ready(Some(Err(Disconnect))),
            Delivery::Huge(left) => {
                let (chunk, left) = huge_chunk(left, self.started);
                self.started = true;
                self.delivery = Delivery::Huge(left);
                Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.delivery, Delivery::Whole) && self.rest.is_empty() && !self.chunked
    }

    fn size_hint(&self) -> SizeHint {
        if matches!(self.delivery, Delivery::Whole) && !self.chunked {
            SizeHint::with_exact(self.rest.len() as u64)
        } else {
            SizeHint::default()
        }
    }
}

/// Returns the next part of one long JSON string, and the number of bytes that remain after it.
fn huge_chunk(left: u64, started: bool) -> (Option<Bytes>, u64) {
    const PART: u64 = 64 * 1024;
    let size = left.min(PART);
    let Ok(length) = usize::try_from(size) else {
        return (None, 0);
    };
    let mut part = vec![b'x'; length];
    let after = left - size;
    if !started && let Some(opening) = part.first_mut() {
        *opening = b'"';
    }
    if after == 0
        && let Some(closing) = part.last_mut()
    {
        *closing = b'"';
    }
    ((length > 0).then(|| Bytes::from(part)), after)
}
