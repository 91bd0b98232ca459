//! The handle of a running operation. If the caller drops the handle after the operation has started, the operation
//! goes on for a while; see [`Running`].

use super::cancellation::Cancellation;
use crate::client::cancel::Cancel;
use crate::future::LocalBoxFuture;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wasm_bindgen_futures::spawn_local;

/// An operation that runs when it is polled. If it is dropped after its first poll, it finishes its current request in
/// the background and stores the answer, so that no seat is lost.
pub(super) struct Running<T: 'static> {
    work: Option<LocalBoxFuture<'static, T>>,
    cancellation: Rc<Cancellation>,
    begun: bool,
}

impl<T> Running<T> {
    /// Creates an operation. `work` starts at the first poll, and must end when `cancellation` asks it to end.
    pub(super) fn new(work: impl Future<Output = T> + 'static, cancellation: Rc<Cancellation>) -> Self {
        Self { work: Some(Box::pin(work)), cancellation, begun: false }
    }
}

impl<T> Future for Running<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.begun = true;
        let Some(work) = self.work.as_mut() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: 'static> Drop for Running<T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take().filter(|_| self.begun) else { return };
        self.cancellation.request(Cancel::AfterReply);
        spawn_local(async move {
            work.await;
        });
    }
}
