//! The store of a client. An asynchronous store is called directly. A blocking store is called on the runtime's threads
//! for blocking work.
//!
//! ```text
//!  task    ──────────────────────────► merge ──────────────► done
//!                              stored ↗     ↘ change
//!  thread       lock ── load ───────          ── write ── unlock
//! ```
//! If the task is dropped, the thread unlocks without writing. While it is this process's turn to ask Polar, a second
//! thread for blocking work holds the turn.

use crate::store::{AsyncStore, Change, KEEP_EVERY, Store, StoreError};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

/// The store of a client: an async store, which tasks call directly, or a blocking store, which is called on threads of
/// its own.
pub(super) enum Place {
    Tasks(Box<dyn AsyncStore>),
    Threads(Arc<dyn Store>),
}

impl Place {
    pub(super) async fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Tasks(store) => store.load().await,
            Self::Threads(store) => {
                let store = Arc::clone(store);
                end_of(spawn_blocking(move || store.load())).await?
            }
        }
    }

    /// Loads the record, passes it to `merge`, and makes the change that `merge` returns. Nobody else can change the
    /// record between the load and the change. If another process holds the lock, waits for at most about `within`. A
    /// store that cannot limit its wait may wait longer.
    pub(super) async fn update(
        &self,
        within: Duration,
        merge: &mut (dyn FnMut(Option<&[u8]>) -> Change + Send),
    ) -> Result<(), StoreError> {
        let store = match self {
            Self::Tasks(store) => return store.update(merge).await,
            Self::Threads(store) => Arc::clone(store),
        };
        let (stored, loaded) = oneshot::channel();
        let (change, decided) = oneshot::channel();
        let writing = spawn_blocking(move || {
            let mut written = Ok(());
            let mut task = Some((stored, decided));
            store.locked_within(within, &mut || {
                if let Some((stored, decided)) = task.take() {
                    written = write(&*store, stored, decided);
                }
            })?;
            written
        });
        // If the thread could not lock the store or load the record, there is nothing to merge, and the thread's result
        // says why.
        if let Ok(stored) = loaded.await {
            // Fails if the thread has already ended. The thread's result then says why.
            let _ = change.send(merge(Option::as_deref(&stored)));
        }
        end_of(writing).await?
    }

    /// Returns the [`Store::stamp`] of a blocking store, or `None` for an asynchronous store.
    pub(super) async fn stamp(&self) -> Option<u64> {
        let Self::Threads(store) = self else { return None };
        let store = Arc::clone(store);
        end_of(spawn_blocking(move || store.stamp())).await.ok().flatten()
    }

    /// Returns `true` if several processes may share the record and take turns to ask Polar.
    pub(super) fn takes_turns(&self) -> bool {
        match self {
            Self::Tasks(_) => false,
            Self::Threads(_) => true,
        }
    }

    /// Waits for the turn to ask Polar, but no longer than `within`. Returns `None` if another process still has the
    /// turn after that time.
    pub(super) async fn take_turn(&self, within: Duration) -> Option<HeldTurn> {
        let store = match self {
            Self::Tasks(_) => return Some(HeldTurn(None)),
            Self::Threads(store) => Arc::clone(store),
        };
        let (taken, turn) = oneshot::channel();
        let thread = spawn_blocking(move || hold_turn(&*store, within, taken, KEEP_EVERY));
        match turn.await {
            Ok(release) => Some(HeldTurn(Some((release, thread)))),
            Err(_) => {
                // if the store has panicked, the panic is resumed here
                let _ = end_of(thread).await;
                None
            }
        }
    }
}

/// The turn to ask Polar. A thread holds the turn until this value is dropped.
pub(super) struct HeldTurn(Option<(mpsc::Sender<()>, JoinHandle<()>)>);

impl HeldTurn {
    /// Ends the turn. Waits until it has really ended, so that another process can take the next turn.
    pub(super) async fn end(self) {
        if let Some((release, thread)) = self.0 {
            drop(release);
            let _ = end_of(thread).await;
        }
    }
}

/// Waits, on a thread of its own, until it is this process's turn to ask Polar. Then holds the turn until the task
/// releases it. Waits in many short intervals, so that a cancellation soon ends the wait.
fn hold_turn(store: &dyn Store, within: Duration, taken: oneshot::Sender<mpsc::Sender<()>>, keep_every: Duration) {
    const PIECE: Duration = Duration::from_millis(100);
    let mut left = within;
    let turn = loop {
        match store.take_turn(PIECE.min(left)) {
            Some(turn) => break turn,
            None if left.is_zero() || taken.is_closed() => return,
            None => left = left.saturating_sub(PIECE),
        }
    };
    let (release, released) = mpsc::channel();
    // If the task was dropped, this also drops `release`. That ends the loop below, and so the turn, at once.
    let _ = taken.send(release);
    while released.recv_timeout(keep_every) == Err(RecvTimeoutError::Timeout) {
        turn.keep();
    }
}

/// Loads the record, sends it to the waiting task, and makes the change that the task sends back. Runs under the lock,
/// on a thread for blocking work.
fn write(
    store: &dyn Store,
    stored: oneshot::Sender<Option<Vec<u8>>>,
    decided: oneshot::Receiver<Change>,
) -> Result<(), StoreError> {
    // Fails if the task that waits for the record was dropped. In that case nobody sends a change, and the record stays
    // as it is.
    let _ = stored.send(store.load()?);
    match decided.blocking_recv().unwrap_or(Change::Keep) {
        Change::Keep => Ok(()),
        Change::Put(record, durability) => store.save(&record, durability),
        Change::Remove => store.remove(),
    }
}

/// Waits for a thread and returns its result. A panic of the app's store on that thread continues in the caller.
async fn end_of<T>(thread: JoinHandle<T>) -> Result<T, StoreError> {
    match thread.await.map_err(JoinError::try_into_panic) {
        Ok(result) => Ok(result),
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_)) => Err(StoreError::new("the tokio runtime is shutting down")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Durability, HeldTurn as StoresTurn};
    use std::thread;

    /// A store for tests. It hands out turns. Each call of `keep`, and the end of each turn, is reported through the
    /// channel.
    struct Shared(mpsc::Sender<&'static str>);

    struct Turn(mpsc::Sender<&'static str>);

    impl StoresTurn for Turn {
        fn keep(&self) {
            self.0.send("kept").unwrap();
        }
    }

    impl Drop for Turn {
        fn drop(&mut self) {
            self.0.send("ended").unwrap();
        }
    }

    impl Store for Shared {
        fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }

        fn save(&self, _: &[u8], _: Durability) -> Result<(), StoreError> {
            Ok(())
        }

        fn remove(&self) -> Result<(), StoreError> {
            Ok(())
        }

        fn take_turn(&self, _: Duration) -> Option<Box<dyn StoresTurn + '_>> {
            Some(Box::new(Turn(self.0.clone())))
        }
    }

    #[test]
    fn a_turn_is_kept_until_it_is_released() {
        let (says, said) = mpsc::channel();
        let (taken, turn) = oneshot::channel();
        let thread = thread::spawn(move || hold_turn(&Shared(says), Duration::ZERO, taken, Duration::from_millis(1)));
        let release = turn.blocking_recv().unwrap();
        assert_eq!([said.recv().unwrap(), said.recv().unwrap()], ["kept", "kept"]);
        drop(release);
        thread.join().unwrap();
        assert_eq!(said.iter().last(), Some("ended"));
    }

    #[test]
    fn a_turn_that_nobody_waits_for_ends_at_once() {
        let (says, said) = mpsc::channel();
        let (taken, turn) = oneshot::channel();
        drop(turn);
        hold_turn(&Shared(says), Duration::ZERO, taken, Duration::MAX);
        assert_eq!(said.iter().collect::<Vec<_>>(), ["ended"]);
    }
}
