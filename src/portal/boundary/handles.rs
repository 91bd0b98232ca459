//! The values that the core keeps and never gives to a binding, such as tokens and keys. A binding refers to each value
//! by a number, its handle. When a binding releases the handle, the value is wiped.

use crate::portal::{CheckoutPage, Customer, CustomerChoice, Device, LicenseKey, Purchase, Token};
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The values of one client's portal that a binding must not see. They stay in the core, each under its own number.
/// Clones share the values.
#[derive(Clone, Default)]
pub struct Handles(Arc<Mutex<Table>>);

/// A number by which a binding refers to a value that the binding must not see. The value itself stays in the core.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Handle(u32);

#[derive(Default)]
struct Table {
    /// The values with their numbers. A list suffices, because there are few values.
    values: Vec<(u32, Held)>,
    last_number: u32,
}

/// A helper for writing one reply. It stores each value that the reply refers to, and collects the numbers of these
/// values.
pub(super) struct Holder<'a> {
    handles: &'a Handles,
    numbers: Vec<u32>,
}

/// A value that is never passed to a binding. Bindings refer to the value by a number.
pub(super) enum Held {
    Session(Token),
    /// One of several customers who share an e-mail address. The first field holds all of them.
    Customer(CustomerChoice, Customer),
    Checkout(CheckoutPage),
    Purchase(Purchase),
    Key(LicenseKey),
    /// A device, and the key that is active on it.
    Device(LicenseKey, Device),
}

impl Handles {
    /// Returns how many values are stored.
    pub fn count(&self) -> usize {
        self.table().values.len()
    }

    /// Stores a value under a number that no other stored value has, and returns the number.
    fn hold(&self, value: Held) -> u32 {
        let mut table = self.table();
        table.last_number = table.last_number.wrapping_add(1);
        let number = table.last_number;
        table.values.push((number, value));
        number
    }

    /// Returns the result of `read` for the value with this number. Returns `None` if there is no such value, or if
    /// `read` does not accept its kind.
    pub(super) fn get<T>(&self, number: u32, read: impl FnOnce(&Held) -> Option<T>) -> Option<T> {
        self.table().values.iter().find(|(known, _)| *known == number).and_then(|(_, value)| read(value))
    }

    pub(super) fn release(&self, numbers: &[u32]) {
        self.table().values.retain(|(known, _)| !numbers.contains(known));
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Holder<'a> {
    pub(super) fn new(handles: &'a Handles) -> Self {
        Self { handles, numbers: Vec::new() }
    }

    pub(super) fn hold(&mut self, value: Held) -> Handle {
        let number = self.handles.hold(value);
        self.numbers.push(number);
        Handle(number)
    }

    /// Returns the numbers of the handles of all values that were stored through this holder.
    pub(super) fn numbers(self) -> Vec<u32> {
        self.numbers
    }
}

/// Omits the values.
impl fmt::Debug for Handles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handles").finish_non_exhaustive()
    }
}
