//! The listeners that are called after each change of the decision.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::decision::Decision;
use crate::engine::DecisionChange;

/// The listeners of one client. `L` is a shared pointer to a function: an `Arc` if several threads use the client, and
/// an `Rc` otherwise.
pub(crate) struct Listeners<L>(Mutex<List<L>>);

struct List<L> {
    last_id: u64,
    entries: Vec<(u64, L)>,
}

impl<L: Clone + Deref<Target: Fn(&Decision, &Decision)>> Listeners<L> {
    /// Adds a listener, and returns the id that [`remove`](Self::remove) takes.
    pub(crate) fn add(&self, listener: L) -> u64 {
        let mut list = self.list();
        list.last_id = list.last_id.wrapping_add(1);
        let id = list.last_id;
        list.entries.push((id, listener));
        id
    }

    pub(crate) fn remove(&self, id: u64) {
        let mut list = self.list();
        let at = list.entries.iter().position(|(other, _)| *other == id);
        let removed = at.map(|at| list.entries.remove(at));
        drop(list);
        // The listener is dropped after the lock is released. Dropping it may run the app's code, which may call the
        // client and so needs the lock.
        drop(removed);
    }

    /// Calls every listener. Holds no lock during the calls, so that a listener may call the client.
    pub(crate) fn notify(&self, DecisionChange { decision, before }: &DecisionChange) {
        let listeners: Vec<L> = self.list().entries.iter().map(|(_, listener)| listener.clone()).collect();
        listeners.iter().for_each(|listener| listener(decision, before));
    }

    fn list(&self) -> MutexGuard<'_, List<L>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L> Default for Listeners<L> {
    fn default() -> Self {
        Self(Mutex::new(List { last_id: 0, entries: Vec::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    type Local = Rc<dyn Fn(&Decision, &Decision)>;

    fn change() -> DecisionChange {
        DecisionChange { decision: Decision::unknown(), before: Decision::unknown() }
    }

    #[test]
    fn a_listener_is_notified_until_it_is_removed() {
        let listeners = Listeners::<Local>::default();
        let calls = Rc::new(Cell::new((0, 0)));
        let (first, second) = (Rc::clone(&calls), Rc::clone(&calls));
        let id = listeners.add(Rc::new(move |_, _| first.set((first.get().0 + 1, first.get().1))));
        listeners.add(Rc::new(move |_, _| second.set((second.get().0, second.get().1 + 1))));
        listeners.notify(&change());
        listeners.remove(id);
        listeners.remove(id);
        listeners.notify(&change());
        assert_eq!(calls.get(), (1, 2));
    }

    #[test]
    fn a_listener_may_add_and_remove_listeners() {
        let listeners = Rc::new(Listeners::<Local>::default());
        let own = Rc::new(RefCell::new(None));
        let (inner, its_id) = (Rc::downgrade(&listeners), Rc::clone(&own));
        *own.borrow_mut() = Some(listeners.add(Rc::new(move |_, _| {
            let listeners = inner.upgrade().unwrap();
            listeners.remove(its_id.take().unwrap());
            listeners.add(Rc::new(|_, _| ()));
        })));
        listeners.notify(&change());
        listeners.notify(&change());
        assert_eq!(listeners.list().entries.len(), 1);
    }
}
