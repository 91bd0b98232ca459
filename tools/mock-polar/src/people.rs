//! Invented people. Polar sends its customers' personal data with every license; so does the mock, to let tests find it
//! where it must never be. Every address ends in `example.com`, every name is made up or long dead.

use serde_json::{Map, Value, json};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    fields: Map<String, Value>,
}

impl Customer {
    /// An invented person with every field filled; the index chooses which.
    pub(crate) fn invented(id: Uuid, index: usize) -> Self {
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
        Self::described(id, &fields)
    }

    /// A person as a seed describes it; what is left out is absent.
    pub(crate) fn described(id: Uuid, given: &Value) -> Self {
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
        Self { id, fields }
    }

    /// The `customer` object of a license.
    pub(crate) fn view(&self, organization: Uuid) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("id".to_owned(), self.id.to_string().into());
        fields.insert("organization_id".to_owned(), organization.to_string().into());
        Value::Object(fields)
    }

    /// The `user` object of a license: the customer once more, under an older name.
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

    /// Texts that identify the person and are too long to occur by chance.
    pub(crate) fn identifying(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for name in
            ["email", "name", "billing_name", "billing_address", "tax_id", "external_id", "metadata", "avatar_url"]
        {
            if let Some(value) = self.fields.get(name) {
                collect(value, &mut texts);
            }
        }
        texts.retain(|text| text.len() > 6);
        texts
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}
