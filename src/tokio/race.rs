//! Waits until a future is ready, the time is up, or the wait is cancelled.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;

/// The outcome of waiting for a future.
pub(super) enum Raced<T> {
    Done(T),
    TimeUp,
    Cancelled,
}

/// Waits until `work` or `cancelled` is ready, or until `limit` has passed. If several happen at once, `work` goes
/// before `cancelled`, and `cancelled` before `limit`.
pub(super) async fn race<T>(
    work: impl Future<Output = T>,
    limit: Duration,
    cancelled: impl Future<Output = ()>,
) -> Raced<T> {
    let (mut work, mut cancelled) = (pin!(work), pin!(cancelled));
    let either = std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Raced::Done(done)),
        Poll::Pending => cancelled.as_mut().poll(context).map(|()| Raced::Cancelled),
    });
    timeout(limit, either).await.unwrap_or(Raced::TimeUp)
}
