//! The purchase of a license key, which is a subscription or an order: plain data for an app to show. Access never
//! depends on it. Holds no personal data, and no id of a subscription or an order.

use crate::names::open_names;
use crate::time::Timestamp;
use serde::Serialize;

open_names! {
    /// The status of a subscription. Polar may add other statuses later.
    pub enum SubscriptionStatus {
        /// The first payment has not gone through.
        Incomplete = "incomplete";
        /// The first payment has not gone through in time.
        IncompleteExpired = "incomplete_expired";
        /// The subscription is in its trial, which ends with the current period.
        Trialing = "trialing";
        /// The subscription is paid.
        Active = "active";
        /// The latest payment has failed, and Polar will try it again.
        PastDue = "past_due";
        /// The subscription has ended, or is about to end.
        Canceled = "canceled";
        /// The latest payment has failed, and Polar will not try it again.
        Unpaid = "unpaid";
        /// The subscription is paused.
        Paused = "paused";
    }
}

open_names! {
    /// The status of an order. Polar may add other statuses later.
    pub enum OrderStatus {
        /// The order is not complete.
        Draft = "draft";
        /// The order is waiting for payment.
        Pending = "pending";
        /// The order is paid.
        Paid = "paid";
        /// The whole payment was refunded.
        Refunded = "refunded";
        /// A part of the payment was refunded.
        PartiallyRefunded = "partially_refunded";
        /// The order is no longer valid.
        Void = "void";
    }
}

/// The purchase of a license key: a subscription or an order. An app can show the purchase to the user. Access never
/// depends on the purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purchase {
    /// A subscription.
    Subscription(Subscription),
    /// An order that is paid once.
    Order(Order),
}

/// The subscription to which a license key belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// The status. Polar may later add statuses that this version does not know.
    pub status: SubscriptionStatus,
    /// The end of the current period. The subscription renews at this time, unless it ends.
    pub current_period_end: Option<Timestamp>,
    /// The time at which the subscription ends or has ended, if that is known.
    pub ends_at: Option<Timestamp>,
    /// Whether the subscription ends with the current period instead of renewing.
    pub cancels_at_period_end: bool,
}

/// The one-time order to which a license key belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Order {
    /// The status. Polar may later add statuses that this version does not know.
    pub status: OrderStatus,
    /// Whether the order was paid.
    pub paid: bool,
    /// The time at which the order was placed.
    pub created_at: Timestamp,
}

impl Purchase {
    /// Returns the subscription, or `None` if the purchase is an order.
    pub fn subscription(&self) -> Option<&Subscription> {
        match self {
            Self::Subscription(subscription) => Some(subscription),
            Self::Order(_) => None,
        }
    }

    /// Returns the order, or `None` if the purchase is a subscription.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            Self::Subscription(_) => None,
        }
    }

    /// Returns Polar's name of the status.
    pub fn status(&self) -> &str {
        match self {
            Self::Subscription(subscription) => subscription.status.as_str(),
            Self::Order(order) => order.status.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_or_keeps_its_name() {
        for (name, doc) in SubscriptionStatus::KNOWN {
            let status = SubscriptionStatus::from(name.to_string());
            assert!(!matches!(status, SubscriptionStatus::Other(_)) && status.as_str() == *name && !doc.is_empty());
        }
        for (name, _) in OrderStatus::KNOWN {
            assert!(!matches!(OrderStatus::from(name.to_string()), OrderStatus::Other(_)));
        }
        let later = SubscriptionStatus::from("frozen".to_owned());
        assert_eq!((&later, later.as_str()), (&SubscriptionStatus::Other("frozen".to_owned()), "frozen"));
    }

    #[test]
    fn the_json_names_the_kind() {
        let at = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
        let subscription = Subscription {
            status: SubscriptionStatus::PastDue,
            current_period_end: Some(at),
            ends_at: None,
            cancels_at_period_end: false,
        };
        let order = Order { status: OrderStatus::Other("held".to_owned()), paid: true, created_at: at };
        let json = [Purchase::Subscription(subscription), Purchase::Order(order)]
            .map(|purchase| serde_json::to_string(&purchase).unwrap());
        let expected = [
            r#"{"kind":"subscription","status":"past_due","currentPeriodEnd":"2027-01-01T00:00:00Z","endsAt":null,"cancelsAtPeriodEnd":false}"#,
            r#"{"kind":"order","status":"held","paid":true,"createdAt":"2027-01-01T00:00:00Z"}"#,
        ];
        assert_eq!(json, expected);
    }
}
