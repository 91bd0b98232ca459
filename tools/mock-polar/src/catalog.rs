//! Organizations, and the benefits and products that they sell, as the customer portal shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    pub(crate) slug: String,
    /// Whether the organization's customers have members. Each member has a role and its own keys.
    pub(crate) has_members: bool,
    /// Whether the organization sells seats to teams.
    pub(crate) has_seats: bool,
    pub(crate) api_access: bool,
}

/// The benefit that a purchase grants. In this crate it is always a license key.
#[derive(Clone, Debug)]
pub(crate) struct Benefit {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) organization: Uuid,
    /// The rules of activation. `None` if the benefit's keys need no activation.
    pub(crate) activations: Option<Activations>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Activations {
    /// The number of devices on which a key may be activated at the same time.
    pub(crate) limit: u32,
    /// Whether the customer portal shows the activations.
    pub(crate) enable_customer_admin: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: Uuid,
    pub(crate) organization: Uuid,
    pub(crate) name: String,
    pub(crate) price_id: Uuid,
    pub(crate) price: Price,
    /// The billing interval of a subscription: `month` or `year`. `None` if the product is not a subscription.
    pub(crate) recurring: Option<String>,
    pub(crate) is_public: bool,
    pub(crate) is_archived: bool,
    pub(crate) benefit: Option<Uuid>,
}

/// The price of a product. Amounts are in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Price {
    Fixed(u32),
    PerSeat(u32),
}

/// The kinds of mail that Polar sends to an organization's customers.
const ORGANIZATION_MAILS: [&str; 14] = [
    "order_confirmation",
    "payment_method_expiration_reminder",
    "subscription_cancellation",
    "subscription_confirmation",
    "subscription_cycled",
    "subscription_cycled_after_trial",
    "subscription_past_due",
    "subscription_paused",
    "subscription_resumed",
    "subscription_renewal_reminder",
    "subscription_revoked",
    "subscription_trial_conversion_reminder",
    "subscription_uncanceled",
    "subscription_updated",
];

impl Organization {
    /// Returns the organization as grants and checkouts show it.
    pub(crate) fn view(&self) -> Value {
        json!({
            "created_at": Timestamp::SEEDED,
            "modified_at": null,
            "id": self.id.to_string(),
            "name": self.slug,
            "slug": self.slug,
            "avatar_url": null,
            "proration_behavior": "prorate",
            "allow_customer_updates": true,
            "bio": null,
            "company": null,
            "blog": null,
            "location": null,
            "twitter_username": null,
            "pledge_minimum_amount": 0,
            "pledge_badge_show_amount": false,
            "default_upfront_split_to_contributors": null,
            "email": format!("{}@example.com", self.slug),
            "website": null,
            "socials": [],
            "status": "active",
            "details_submitted_at": null,
            "feature_settings": self.feature_settings(),
            "subscription_settings": {
                "allow_multiple_subscriptions": false,
                "proration_behavior": "prorate",
                "benefit_revocation_grace_period": 0,
                "prevent_trial_abuse": false,
                "allow_customer_updates": true,
            },
            "customer_email_settings": ORGANIZATION_MAILS.map(|mail| (mail, true)).into_iter().collect::<BTreeMap<_, _>>(),
        })
    }

    fn feature_settings(&self) -> Value {
        json!({
            "issue_funding_enabled": false,
            "seat_based_pricing_enabled": self.has_seats,
            "unit_based_pricing_enabled": false,
            "wallets_enabled": false,
            "member_model_enabled": self.has_members,
            "checkout_localization_enabled": false,
            "overview_metrics": null,
            "reset_proration_behavior_enabled": false,
            "off_session_charges_enabled": false,
            "meter_cycling_enabled": false,
            "slack_benefit_enabled": false,
            "preview_access_enabled": false,
            "disputes_enabled": false,
            "sso_enabled": false,
            "dispute_auto_accept_enabled": false,
            "compass_enabled": false,
            "merchant_migration_enabled": false,
        })
    }

    /// Returns the organization as the customer portal shows it to everybody.
    pub(crate) fn portal_view(&self) -> Value {
        let mut view = self.view();
        if let Some(fields) = view.as_object_mut() {
            let settings = json!({
                "usage": { "show": true },
                "subscription": { "update_seats": true, "update_plan": true },
                "customer": { "allow_email_change": false },
            });
            let features = json!({ "member_model_enabled": self.has_members, "checkout_localization_enabled": false });
            fields.insert("customer_portal_settings".to_owned(), settings);
            fields.insert("organization_features".to_owned(), features);
        }
        view
    }
}

impl Benefit {
    /// Returns the benefit in the form that a product contains.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "created_at": Timestamp::SEEDED,
            "modified_at": null,
            "type": "license_keys",
            "description": self.name,
            "selectable": true,
            "deletable": true,
            "is_deleted": false,
            "organization_id": self.organization.to_string(),
        })
    }

    /// Returns the benefit in the form that a grant contains.
    pub(crate) fn view_in_grant(&self, organization: Option<&Organization>) -> Value {
        let mut view = self.view();
        if let Some(fields) = view.as_object_mut() {
            let properties =
                json!({ "prefix": null, "expires": null, "activations": self.activations, "limit_usage": null });
            fields.insert("properties".to_owned(), properties);
            fields.insert("organization".to_owned(), organization.map(Organization::view).into());
        }
        view
    }
}

impl Product {
    pub(crate) fn is_free(&self) -> bool {
        match self.price {
            Price::Fixed(cents) | Price::PerSeat(cents) => cents == 0,
        }
    }

    /// Returns the price of one unit or one seat, in cents.
    pub(crate) fn amount(&self) -> u32 {
        match self.price {
            Price::Fixed(cents) | Price::PerSeat(cents) => cents,
        }
    }

    pub(crate) fn view(&self, benefit: Option<&Benefit>) -> Value {
        json!({
            "id": self.id.to_string(),
            "created_at": Timestamp::SEEDED,
            "modified_at": null,
            "trial_interval": null,
            "trial_interval_count": null,
            "name": self.name,
            "description": null,
            "visibility": if self.is_public { "public" } else { "private" },
            "recurring_interval": self.recurring,
            "recurring_interval_count": self.recurring.as_ref().map(|_| 1),
            "meter_interval": null,
            "meter_interval_count": null,
            "is_recurring": self.recurring.is_some(),
            "is_archived": self.is_archived,
            "organization_id": self.organization.to_string(),
            "prices": [self.price_view()],
            "benefits": benefit.map(Benefit::view).into_iter().collect::<Vec<_>>(),
            "medias": [],
        })
    }

    pub(crate) fn price_view(&self) -> Value {
        let mut view = json!({
            "created_at": Timestamp::SEEDED,
            "modified_at": null,
            "id": self.price_id.to_string(),
            "source": "catalog",
            "price_currency": "usd",
            "tax_behavior": null,
            "is_archived": false,
            "product_id": self.id.to_string(),
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "recurring_interval": self.recurring,
        });
        let amount = match self.price {
            Price::Fixed(cents) => json!({ "amount_type": "fixed", "price_amount": cents }),
            Price::PerSeat(cents) => json!({
                "amount_type": "seat_based",
                "price_per_seat": cents,
                "seat_tiers": {
                    "seat_tier_type": "volume",
                    "tiers": [{ "min_seats": 1, "max_seats": null, "price_per_seat": cents }],
                    "minimum_seats": 1,
                    "maximum_seats": null,
                },
            }),
        };
        if let (Some(fields), Value::Object(amount)) = (view.as_object_mut(), amount) {
            fields.extend(amount);
        }
        view
    }
}
