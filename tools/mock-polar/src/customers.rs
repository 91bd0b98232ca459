//! Customers. Polar sends their personal data with every license, and so does this server. But here the data is
//! invented, so that tests can search for it in files and logs. All addresses end in `example.com`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    pub(crate) organization: Uuid,
    fields: Map<String, Value>,
}

/// A member of a customer that is a team.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Member {
    #[serde(default = "Uuid::new_v4")]
    pub(crate) id: Uuid,
    #[serde(rename = "customer_id")]
    pub(crate) customer: Uuid,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) role: Role,
    #[serde(skip, default = "Timestamp::seeded")]
    pub(crate) created_at: Timestamp,
}

/// The role of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    BillingManager,
    #[default]
    Member,
}

impl Role {
    /// Returns `true` if a member with this role may see and change payments, seats and members.
    pub(crate) fn manages(self) -> bool {
        match self {
            Self::Owner | Self::BillingManager => true,
            Self::Member => false,
        }
    }
}

impl Customer {
    /// Returns an invented customer with a value in every field. `index` selects the person.
    pub(crate) fn invented(id: Uuid, organization: Uuid, index: usize) -> Self {
        const PEOPLE: [(&str, &str, &str, &str); 3] = [
            (
                "Ottilie Quillfeather",
                "ottilie.quillfeather@example.com",
                "Quillfeather Instruments Ltd",
                "17 Marmalade Row",
            ),
            ("Barnaby Thistlewick", "barnaby.thistlewick@example.com", "Thistlewick & Daughters", "4 Periwinkle Mews"),
            ("Seraphina Moonglade", "seraphina.moonglade@example.com", "Moonglade Cartography", "221 Lanternfish Lane"),
        ];
        let (name, email, company, street) =
            PEOPLE.iter().cycle().nth(index % PEOPLE.len()).copied().unwrap_or_default();
        let fields = json!({
            "email": email,
            "email_verified": true,
            "type": "individual",
            "name": name,
            "billing_name": company,
            "billing_address": {
                "line1": street,
                "line2": "Third staircase",
                "postal_code": "ZZ99 9QX",
                "city": "Little Wobbling",
                "state": null,
                "country": "GB",
            },
            "tax_id": [format!("GB99900011{index}"), "gb_vat"],
            "locale": "en-GB",
            "external_id": format!("crm-user-{index:04}"),
            "metadata": { "crm_note": format!("prefers tea, account {index}"), "vip": true, "score": 7, "ratio": 0.5 },
            "avatar_url": format!("https://www.gravatar.com/avatar/{:0>64}?d=404", id.simple()),
        });
        Self::described(id, organization, &fields)
    }

    /// Returns a customer as a seed describes it. Four fields have defaults: `created_at`, `metadata`, `email_verified`
    /// and `type`. Any other omitted field is null.
    pub(crate) fn described(id: Uuid, organization: Uuid, given: &Value) -> Self {
        let defaults = json!({
            "created_at": "2026-01-02T03:04:05.678901Z",
            "modified_at": null,
            "metadata": {},
            "external_id": null,
            "email": null,
            "email_verified": false,
            "type": "individual",
            "name": null,
            "billing_name": null,
            "billing_address": null,
            "tax_id": null,
            "locale": null,
            "default_payment_method_id": null,
            "deleted_at": null,
            "first_user_event_at": null,
            "avatar_url": null,
        });
        let mut fields = defaults.as_object().cloned().unwrap_or_default();
        for (name, value) in given.as_object().into_iter().flatten() {
            if let Some(field) = fields.get_mut(name) {
                *field = value.clone();
            }
        }
        Self { id, organization, fields }
    }

    /// Creates the record of a customer who buys for the first time.
    pub(crate) fn new(organization: Uuid, email: &str, now: Timestamp) -> Self {
        let id = Uuid::new_v4();
        // The real Polar puts a hash of the address into this URL. Any text of the same form will do.
        let avatar_url = format!("https://www.gravatar.com/avatar/{0}{0}?d=404", id.simple());
        let fields = json!({ "email": email, "created_at": now, "avatar_url": avatar_url });
        Self::described(id, organization, &fields)
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.fields.get("email").and_then(Value::as_str)
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.fields.get("name").and_then(Value::as_str)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.fields.get("deleted_at").is_some_and(|at| !at.is_null())
    }

    /// Changes fields of the customer. Ignores unknown fields.
    pub(crate) fn change(&mut self, changes: impl IntoIterator<Item = (&'static str, Value)>, now: Timestamp) {
        for (name, value) in changes.into_iter().chain([("modified_at", now.to_string().into())]) {
            if let Some(field) = self.fields.get_mut(name) {
                *field = value;
            }
        }
    }

    /// Returns the `customer` object of a license.
    pub(crate) fn view(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("id".to_owned(), self.id.to_string().into());
        fields.insert("organization_id".to_owned(), self.organization.to_string().into());
        Value::Object(fields)
    }

    /// Returns the customer as the customer portal shows it.
    pub(crate) fn portal_view(&self) -> Value {
        const SHOWN: [&str; 11] = [
            "created_at",
            "modified_at",
            "email",
            "email_verified",
            "name",
            "billing_name",
            "billing_address",
            "tax_id",
            "default_payment_method_id",
            "type",
            "locale",
        ];
        let mut fields = self.fields.clone();
        fields.retain(|name, _| SHOWN.contains(&name.as_str()));
        fields.insert("id".to_owned(), self.id.to_string().into());
        fields.insert("oauth_accounts".to_owned(), json!({}));
        Value::Object(fields)
    }

    /// Returns the `user` object of a license, which describes the customer. `user` is an older name for a customer.
    pub(crate) fn user(&self) -> Value {
        let text = |name: &str| self.fields.get(name).and_then(Value::as_str);
        let initial: String =
            text("name").or_else(|| text("email")).into_iter().flat_map(|s| s.chars().take(1)).collect();
        json!({
            "id": self.id.to_string(),
            "email": self.fields.get("email"),
            "public_name": initial,
            "avatar_url": self.fields.get("avatar_url"),
        })
    }

    /// Returns strings that identify the person, except those so short that they could occur by chance.
    pub(crate) fn personal_data(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for name in
            ["email", "name", "billing_name", "billing_address", "tax_id", "external_id", "metadata", "avatar_url"]
        {
            if let Some(value) = self.fields.get(name) {
                collect_strings(value, &mut texts);
            }
        }
        texts.retain(|text| text.len() > 6);
        texts
    }
}

impl Member {
    pub(crate) fn new(customer: Uuid, email: &str, role: Role, now: Timestamp) -> Self {
        Self { id: Uuid::new_v4(), customer, email: email.to_owned(), name: None, role, created_at: now }
    }

    /// Returns the member in the form that a list of members contains.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "created_at": self.created_at,
            "modified_at": null,
            "email": self.email,
            "name": self.name,
            "role": self.role,
        })
    }

    /// Returns the member in the form that a seat or a key contains. It has more fields than the form in a list of
    /// members.
    pub(crate) fn full_view(&self) -> Value {
        let mut view = self.view();
        if let Some(fields) = view.as_object_mut() {
            fields.insert("customer_id".to_owned(), self.customer.to_string().into());
            fields.insert("external_id".to_owned(), Value::Null);
        }
        view
    }
}

fn collect_strings(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_strings(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
