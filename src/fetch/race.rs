//! Waits until a future is ready, a number of milliseconds has passed, or the operation is cancelled.

use gloo_timers::future::TimeoutFuture;
use std::pin::pin;
use std::task::{Context, Poll};

/// The outcome of waiting for a future.
pub(super) enum Raced<T> {
    Done(T),
    TimeUp,
    Cancelled,
}

/// The longest time that JavaScript's timers can wait. A timer for a longer time would fire at once.
const LONGEST_MS: u64 = i32::MAX as u64;

/// Waits until `work` is ready, until `limit_ms` have passed, or until `is_cancelled` returns `true`. `is_cancelled` is
/// called at every poll, and wakes the task when its result changes. If `work` is ready, returns its result even if
/// time is up or the wait is cancelled. Starts the timer only if `work` is not ready at once.
pub(super) async fn race<T>(
    work: impl Future<Output = T>,
    limit_ms: u64,
    is_cancelled: impl Fn(&mut Context<'_>) -> bool,
) -> Raced<T> {
    let mut work = pin!(work);
    let mut timer = None;
    std::future::poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Raced::Done(done));
        }
        if is_cancelled(context) {
            return Poll::Ready(Raced::Cancelled);
        }
        let timer = pin!(timer.get_or_insert_with(|| sleep(limit_ms)));
        timer.poll(context).map(|()| Raced::TimeUp)
    })
    .await
}

fn sleep(ms: u64) -> TimeoutFuture {
    TimeoutFuture::new(u32::try_from(ms.min(LONGEST_MS)).unwrap_or(u32::MAX))
}
