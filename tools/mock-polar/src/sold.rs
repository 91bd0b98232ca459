//! The subscription or order through which a key was sold, as Polar shows it from version 2027-01 on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::timestamp::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The subscription through which a key was sold. By default, the subscription is active and in its first month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySubscription {
    id: Uuid,
    status: String,
    current_period_start: Timestamp,
    current_period_end: Timestamp,
    cancel_at_period_end: bool,
    ends_at: Option<Timestamp>,
}

impl Default for KeySubscription {
    fn default() -> Self {
        Self::begun("month", Timestamp::SEEDED)
    }
}

impl KeySubscription {
    /// Creates a subscription with this status. The status is one of Polar's statuses (`trialing`, `active`,
    /// `past_due`, …) or any other text.
    pub fn new(status: impl Into<String>) -> Self {
        Self { status: status.into(), ..Self::default() }
    }

    /// Sets the end of the period that has been paid for.
    #[must_use]
    pub fn current_period_end(mut self, at: Timestamp) -> Self {
        self.current_period_end = at;
        self
    }

    /// Sets whether the subscription ends when the paid period ends.
    #[must_use]
    pub fn cancel_at_period_end(mut self, cancels: bool) -> Self {
        self.cancel_at_period_end = cancels;
        self
    }

    /// Sets the time when the subscription ends. Without this call, the subscription has no known end.
    #[must_use]
    pub fn ends_at(mut self, at: Timestamp) -> Self {
        self.ends_at = Some(at);
        self
    }

    /// Returns a subscription in its first period, which is a year if `interval` is `year`, and otherwise a month.
    pub(crate) fn begun(interval: &str, now: Timestamp) -> Self {
        let days = if interval == "year" { 365 } else { 30 };
        Self {
            id: Uuid::new_v4(),
            status: "active".to_owned(),
            current_period_start: now,
            current_period_end: now + DAY * days,
            cancel_at_period_end: false,
            ends_at: None,
        }
    }
}

/// The order through which a key was sold. By default, the order is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyOrder {
    id: Uuid,
    created_at: Timestamp,
    status: String,
    paid: bool,
}

impl Default for KeyOrder {
    fn default() -> Self {
        Self::paid(Uuid::new_v4(), Timestamp::SEEDED)
    }
}

impl KeyOrder {
    /// Creates an order. `status` is one of Polar's statuses (`pending`, `paid`, `refunded`, …) or any other text.
    /// Whether the order counts as paid depends on `paid`, not on `status`.
    pub fn new(status: impl Into<String>, paid: bool) -> Self {
        Self { status: status.into(), paid, ..Self::default() }
    }

    /// Sets the date when the order was created.
    #[must_use]
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = at;
        self
    }

    pub(crate) fn paid(id: Uuid, now: Timestamp) -> Self {
        Self { id, created_at: now, status: "paid".to_owned(), paid: true }
    }
}

/// The fields in the reply to a validation that say how the license was sold.
#[derive(Serialize)]
pub(crate) struct SoldView<'a> {
    subscription_id: Option<Uuid>,
    subscription: Option<&'a KeySubscription>,
    order_id: Option<Uuid>,
    order: Option<&'a KeyOrder>,
}

impl<'a> SoldView<'a> {
    pub(crate) fn of(subscription: Option<&'a KeySubscription>, order: Option<&'a KeyOrder>) -> Self {
        Self { subscription_id: subscription.map(|it| it.id), subscription, order_id: order.map(|it| it.id), order }
    }
}
