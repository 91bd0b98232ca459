//! Sends each request on a thread of its own. So the wait for an answer ends at the deadline or when the operation is
//! cancelled, even if the transport does not return. Also defines `Scope`, a set of operations that are cancelled
//! together. This file never reads a clock: it only waits for durations.

use super::lock;
use crate::store::KEEP_EVERY;
use crate::transport::{Answer, Failure, Request, Sent, Transport};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The time that the driver waits in addition to a request's timeout, so that the transport can still report the
/// outcome.
const SLACK: Duration = Duration::from_millis(250);

/// Operations that are cancelled together.
#[derive(Clone, Default)]
pub(in crate::blocking) struct Scope(Arc<ScopeState>);

#[derive(Default)]
struct ScopeState {
    is_cancelled: AtomicBool,
    /// The exchanges in progress. A cancellation notifies each of them.
    exchanges: Mutex<Vec<Arc<Sender<Event>>>>,
}

enum Event {
    Answer(Answer),
    Cancel,
}

impl Scope {
    pub(in crate::blocking) fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Cancels the scope. Each operation that waits for an answer in this scope stops waiting.
    pub(super) fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        for exchange in lock(&self.0.exchanges).iter() {
            // Fails if the exchange has just ended and dropped its receiver. Then nobody waits for this event any more.
            let _ = exchange.send(Event::Cancel);
        }
    }
}

/// A wait for one answer. The wait ends early if the operations in the scope are cancelled.
pub(super) struct Exchange<'a> {
    scope: &'a Scope,
    sender: Arc<Sender<Event>>,
    receiver: Receiver<Event>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        let (sender, receiver) = mpsc::channel();
        let sender = Arc::new(sender);
        lock(&scope.0.exchanges).push(Arc::clone(&sender));
        Self { scope, sender, receiver }
    }

    /// Waits for `wait` before the request is sent, and calls `keep` every second meanwhile. Returns `false` if the
    /// scope was cancelled; the request must then not be sent.
    pub(super) fn pause(&self, wait: Duration, keep: impl Fn()) -> bool {
        !self.scope.is_cancelled() && (wait.is_zero() || self.receive(wait, keep).is_none())
    }

    /// Sends the request, and calls `keep` every second until the answer arrives.
    pub(super) fn send(self, transport: &Arc<dyn Transport>, request: &Request, keep: impl Fn()) -> Answer {
        let limit = request.timeout.saturating_add(SLACK);
        let (transport, request) = (Arc::clone(transport), request.clone());
        let sender = Arc::clone(&self.sender);
        let spawned = thread::Builder::new().name(String::from("polar-license request")).spawn(move || {
            let answer = catch_unwind(AssertUnwindSafe(|| transport.send(&request)))
                .unwrap_or_else(|_| Answer::failed(Failure::Network, Sent::Maybe, "the transport panicked"));
            // This fails only if nobody waits for the answer any more: the operation was cancelled, or its time is up.
            let _ = sender.send(Event::Answer(answer));
        });
        if spawned.is_err() {
            return Answer::failed(Failure::Network, Sent::No, "the system has no thread left for a request");
        }
        match self.receive(limit, keep) {
            Some(Event::Answer(answer)) => answer,
            Some(Event::Cancel) => Answer::cancelled(Sent::Maybe),
            None => Answer::timed_out(),
        }
    }

    /// Returns the first event that arrives within `limit`, or `None` if none arrives. Calls `keep` every second until
    /// then.
    fn receive(&self, limit: Duration, keep: impl Fn()) -> Option<Event> {
        let mut left = limit;
        while left > KEEP_EVERY {
            match self.receiver.recv_timeout(KEEP_EVERY) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(KEEP_EVERY),
            }
            keep();
        }
        self.receiver.recv_timeout(left).ok()
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        lock(&self.scope.0.exchanges).retain(|exchange| !Arc::ptr_eq(exchange, &self.sender));
    }
}
