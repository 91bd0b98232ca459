//! Methods with which a test manages keys.

use super::{MockPolar, or_panic};
use crate::licenses::{License, Status};
use crate::merchant::{Activation, KeyInfo, NewKey};
use crate::sold::{KeyOrder, KeySubscription};
use crate::timestamp::Timestamp;

/// Methods that change keys and activations as a merchant or a customer would.
impl MockPolar {
    /// Issues a key and returns it.
    #[track_caller]
    pub fn add_key(&self, key: NewKey) -> String {
        or_panic(self.state(|state| state.issue_key(key)))
    }

    /// Returns a key as the merchant sees it.
    #[track_caller]
    pub fn key(&self, key: &str) -> KeyInfo {
        or_panic(self.state(|state| state.key(key)).ok_or_else(|| unknown_key(key)))
    }

    /// Returns all keys.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.state(|state| state.keys())
    }

    /// Returns the activations of a key, oldest first.
    #[track_caller]
    pub fn activations(&self, key: &str) -> Vec<Activation> {
        self.key(key).activations
    }

    /// Returns the usage of a key.
    #[track_caller]
    pub fn usage(&self, key: &str) -> i32 {
        self.key(key).usage
    }

    /// Revokes the key's benefit, as happens after a refund or at the end of a subscription.
    #[track_caller]
    pub fn revoke(&self, key: &str) {
        self.change(key, |license| license.status = Status::Revoked);
    }

    /// Disables the key.
    #[track_caller]
    pub fn disable(&self, key: &str) {
        self.change(key, |license| license.status = Status::Disabled);
    }

    /// Grants the key again.
    #[track_caller]
    pub fn grant(&self, key: &str) {
        self.change(key, |license| license.status = Status::Granted);
    }

    /// Deletes the key. From then on, Polar treats the key as unknown.
    #[track_caller]
    pub fn delete(&self, key: &str) {
        self.change(key, |license| license.deleted = true);
    }

    /// Replaces the key with a new one, and returns the new key. From then on, Polar does not know the old key. The
    /// activations move to the new key.
    #[track_caller]
    pub fn rotate(&self, key: &str) -> String {
        or_panic(self.state(|state| state.rotate_key(key)).ok_or_else(|| unknown_key(key)))
    }

    /// Changes the time when the key expires. With `None`, the key never expires.
    #[track_caller]
    pub fn set_expires_at(&self, key: &str, at: impl Into<Option<Timestamp>>) {
        let at = at.into();
        self.change(key, |license| license.expires_at = at);
    }

    /// Sets the number of devices on which the key may be activated at the same time. With `None` the key needs no
    /// activation.
    #[track_caller]
    pub fn set_limit_activations(&self, key: &str, devices: impl Into<Option<u32>>) {
        let devices = devices.into();
        self.change(key, |license| license.limit_activations = devices);
    }

    /// Changes the usage limit. With `None` the key has no limit.
    #[track_caller]
    pub fn set_limit_usage(&self, key: &str, uses: impl Into<Option<u32>>) {
        let uses = uses.into();
        self.change(key, |license| license.limit_usage = uses);
    }

    /// Changes the subscription through which the key was sold. `None` means that the key was sold without a
    /// subscription.
    #[track_caller]
    pub fn set_subscription(&self, key: &str, subscription: impl Into<Option<KeySubscription>>) {
        let subscription = subscription.into();
        self.change(key, |license| license.subscription = subscription);
    }

    /// Changes the order through which the key was sold. `None` means that the key was sold without an order.
    #[track_caller]
    pub fn set_order(&self, key: &str, order: impl Into<Option<KeyOrder>>) {
        let order = order.into();
        self.change(key, |license| license.order = order);
    }

    /// Moves the key to another benefit, which is identified by its name or id. Merchants cannot move keys. This method
    /// is for tests of the benefits that an app accepts.
    #[track_caller]
    pub fn set_benefit(&self, key: &str, benefit: &str) {
        let id = self.benefit_id(benefit);
        self.change(key, |license| license.benefit = id);
    }

    /// Removes one activation, as a customer does in Polar's portal.
    #[track_caller]
    pub fn remove_activation(&self, id: &str) {
        let removed = self.state(|state| state.database.remove_seat(id));
        or_panic(removed.then_some(()).ok_or_else(|| format!("there is no activation `{id}`")));
    }

    /// Returns every string in Polar's replies that identifies a customer or a member. The program under test must not
    /// write any of them to files, logs or debug output.
    pub fn personal_data(&self) -> Vec<String> {
        self.state(|state| state.personal_data())
    }

    #[track_caller]
    fn change(&self, key: &str, change: impl FnOnce(&mut License)) {
        or_panic(self.state(|state| state.change_key(key, change)).then_some(()).ok_or_else(|| unknown_key(key)));
    }
}

fn unknown_key(key: &str) -> String {
    format!("there is no key `{key}`")
}
