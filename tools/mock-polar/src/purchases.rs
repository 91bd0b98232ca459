//! Orders, the benefits that orders grant, and the seats of a team.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::catalog::{Benefit, Organization};
use crate::customers::{Customer, Member};
use crate::licenses::License;
use crate::timestamp::Timestamp;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Order {
    #[serde(default = "Uuid::new_v4")]
    pub(crate) id: Uuid,
    #[serde(rename = "customer_id")]
    pub(crate) customer: Uuid,
    #[serde(rename = "product_id")]
    pub(crate) product: Uuid,
    pub(crate) seats: Option<u32>,
    #[serde(rename = "checkout_id")]
    pub(crate) checkout: Option<Uuid>,
}

/// A benefit that a customer was granted. In this crate it is always a license key.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Grant {
    #[serde(default = "Uuid::new_v4")]
    pub(crate) id: Uuid,
    #[serde(rename = "customer_id")]
    pub(crate) customer: Uuid,
    #[serde(rename = "member_id")]
    pub(crate) member: Option<Uuid>,
    #[serde(rename = "benefit_id")]
    pub(crate) benefit: Uuid,
    #[serde(rename = "order_id")]
    pub(crate) order: Option<Uuid>,
    #[serde(rename = "key_id")]
    pub(crate) license: Uuid,
    #[serde(rename = "granted", default = "yes")]
    pub(crate) is_granted: bool,
    #[serde(skip, default = "Timestamp::seeded")]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) modified_at: Option<Timestamp>,
}

/// A seat that belongs to an order. It is for a person, not for a device.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TeamSeat {
    #[serde(default = "Uuid::new_v4")]
    pub(crate) id: Uuid,
    #[serde(rename = "order_id")]
    pub(crate) order: Uuid,
    pub(crate) status: TeamSeatStatus,
    /// The id of the invited customer. If the organization's customers have members, it is the id of the buyer instead.
    #[serde(rename = "customer_id")]
    pub(crate) customer: Option<Uuid>,
    #[serde(rename = "member_id")]
    pub(crate) member: Option<Uuid>,
    pub(crate) email: Option<String>,
    #[serde(rename = "token")]
    pub(crate) invitation: Option<String>,
    #[serde(rename = "token_expires")]
    pub(crate) invitation_expires_at: Option<Timestamp>,
    #[serde(skip, default = "Timestamp::seeded")]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) modified_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) claimed_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) revoked_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TeamSeatStatus {
    Pending,
    Claimed,
    Revoked,
}

impl Grant {
    pub(crate) fn view(
        &self,
        customer: Option<&Customer>,
        benefit: Option<&Benefit>,
        organization: Option<&Organization>,
        license: Option<&License>,
    ) -> Value {
        json!({
            "created_at": self.created_at,
            "modified_at": self.modified_at,
            "id": self.id.to_string(),
            "granted_at": self.is_granted.then_some(self.created_at),
            "revoked_at": (!self.is_granted).then_some(self.created_at),
            "customer_id": self.customer.to_string(),
            "member_id": self.member.map(|id| id.to_string()),
            "benefit_id": self.benefit.to_string(),
            "subscription_id": null,
            "order_id": self.order.map(|id| id.to_string()),
            "is_granted": self.is_granted,
            "is_revoked": !self.is_granted,
            "error": null,
            "customer": customer.map(Customer::portal_view),
            "benefit": benefit.map(|benefit| benefit.view_in_grant(organization)),
            "properties": {
                "license_key_id": self.license.to_string(),
                "display_key": license.map(License::display_key),
            },
        })
    }
}

impl TeamSeat {
    /// Sets the date of the claim or the revocation, which a seed does not contain, to the date on which the seat was
    /// created.
    pub(crate) fn with_dates(self) -> Self {
        let at = |status| (self.status == status).then_some(self.created_at);
        let (claimed_at, revoked_at) = (at(TeamSeatStatus::Claimed), at(TeamSeatStatus::Revoked));
        Self { claimed_at, revoked_at, ..self }
    }

    /// Returns the e-mail address of the person who has the seat: the seat's own address, or else the member's, or else
    /// the customer's.
    pub(crate) fn address<'a>(&'a self, member: Option<&'a Member>, customer: Option<&'a Customer>) -> Option<&'a str> {
        let of_member = || member.map(|member| member.email.as_str());
        self.email.as_deref().or_else(of_member).or_else(|| customer.and_then(Customer::email))
    }

    pub(crate) fn view(&self, member: Option<&Member>, address: Option<&str>) -> Value {
        json!({
            "created_at": self.created_at,
            "modified_at": self.modified_at,
            "id": self.id.to_string(),
            "subscription_id": null,
            "order_id": self.order.to_string(),
            "status": self.status,
            "customer_id": self.customer.map(|id| id.to_string()),
            "member_id": self.member.map(|id| id.to_string()),
            "member": member.map(Member::full_view),
            "email": self.email,
            "customer_email": address,
            "invitation_token_expires_at": self.invitation_expires_at,
            "claimed_at": self.claimed_at,
            "revoked_at": self.revoked_at,
            "seat_metadata": {},
        })
    }
}

fn yes() -> bool {
    true
}
