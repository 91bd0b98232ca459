//! Waiting with a limit: for a future, but not longer than so many milliseconds, and not after it was cancelled.

use gloo_timers::future::TimeoutFuture;
use std::pin::pin;
use std::task::{Context, Poll};

/// How the wait for a future ended.
pub(super) enum Raced<T> {
    Done(T),
    TimeUp,
    Cancelled,
}

/// The longest that JavaScript's timers count; a longer one would fire at once.
const LONGEST_MS: u64 = i32::MAX as u64;

/// Waits for `work`, for `limit_ms`, or until `is_cancelled`, which is called whenever this is polled, and wakes the task
/// when its result changes. What is ready comes first; a timer is started only if there is something to wait for.
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
