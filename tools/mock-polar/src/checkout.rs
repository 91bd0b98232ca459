//! Checkouts and the links that open them, as Polar shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::catalog::{Benefit, Product};
use crate::timestamp::Timestamp;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Checkout {
    #[serde(default = "Uuid::new_v4")]
    pub(crate) id: Uuid,
    #[serde(rename = "client_secret")]
    pub(crate) secret: String,
    #[serde(default)]
    pub(crate) status: CheckoutStatus,
    #[serde(rename = "product_id")]
    pub(crate) product: Uuid,
    #[serde(rename = "customer_id")]
    pub(crate) customer: Option<Uuid>,
    #[serde(skip)]
    pub(crate) customer_name: Option<String>,
    pub(crate) customer_email: Option<String>,
    #[serde(skip)]
    pub(crate) billing_address: Value,
    #[serde(skip)]
    pub(crate) ip_address: Option<String>,
    #[serde(skip)]
    pub(crate) locale: Option<String>,
    /// The value of `allow_trial` in replies: `Some(true)` if a request created the checkout, and `None` if the
    /// checkout comes from a seed.
    #[serde(skip)]
    pub(crate) allow_trial: Option<bool>,
    /// The data that the payment provider returned.
    #[serde(skip)]
    pub(crate) payment: Map<String, Value>,
    pub(crate) success_url: Option<String>,
    #[serde(rename = "expires", default = "Timestamp::far_future")]
    pub(crate) expires_at: Timestamp,
    #[serde(skip, default = "Timestamp::seeded")]
    pub(crate) created_at: Timestamp,
    #[serde(skip)]
    pub(crate) modified_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckoutStatus {
    #[default]
    Open,
    Confirmed,
    Succeeded,
    Failed,
    Expired,
}

impl CheckoutStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CheckoutLink {
    #[serde(rename = "client_secret")]
    pub(crate) secret: String,
    #[serde(rename = "product_id")]
    pub(crate) product: Uuid,
    pub(crate) success_url: Option<String>,
}

impl Checkout {
    /// Creates an open checkout.
    pub(crate) fn new(product: Uuid, success_url: Option<String>, secret: String, now: Timestamp) -> Self {
        let payment = json!({ "publishable_key": "" }).as_object().cloned().unwrap_or_default();
        Self {
            id: Uuid::new_v4(),
            secret,
            status: CheckoutStatus::Open,
            product,
            customer: None,
            customer_name: None,
            customer_email: None,
            billing_address: Value::Null,
            ip_address: None,
            locale: Some("en".to_owned()),
            allow_trial: Some(true),
            payment,
            success_url,
            expires_at: now + std::time::Duration::from_secs(24 * 60 * 60),
            created_at: now,
            modified_at: None,
        }
    }

    /// Returns the address of the page on which the buyer pays. `site` is the address of Polar's pages.
    pub(crate) fn url(&self, site: &str) -> String {
        format!("{site}/checkout/{}", self.secret)
    }

    /// Returns the address to which the buyer's browser goes after the purchase.
    pub(crate) fn success_url(&self, site: &str) -> String {
        match &self.success_url {
            Some(url) => url.replace("{CHECKOUT_ID}", &self.id.to_string()),
            None => format!("{}/confirmation", self.url(site)),
        }
    }

    pub(crate) fn view(&self, product: &Product, benefit: Option<&Benefit>, site: &str) -> Map<String, Value> {
        let parts = [self.identity(product, benefit, site), self.amounts(product), self.buyer()];
        parts.iter().filter_map(Value::as_object).flat_map(Clone::clone).collect()
    }

    fn identity(&self, product: &Product, benefit: Option<&Benefit>, site: &str) -> Value {
        let product_view = product.view(benefit);
        let prices: Map<String, Value> =
            [(product.id.to_string(), json!([product.price_view()]))].into_iter().collect();
        json!({
            "id": self.id.to_string(),
            "created_at": self.created_at,
            "modified_at": self.modified_at,
            "custom_field_data": {},
            "payment_processor": "stripe",
            "status": self.status,
            "client_secret": self.secret,
            "url": self.url(site),
            "expires_at": self.expires_at,
            "success_url": self.success_url(site),
            "return_url": null,
            "embed_origin": null,
            "organization_id": product.organization.to_string(),
            "product_id": product.id.to_string(),
            "product_price_id": product.price_id.to_string(),
            "products": [product_view.clone()],
            "product": product_view,
            "product_price": product.price_view(),
            "prices": prices,
            "attached_custom_fields": [],
        })
    }

    fn amounts(&self, product: &Product) -> Value {
        let amount = product.amount();
        let is_paid = !product.is_free();
        json!({
            "amount": amount,
            "seats": null,
            "min_seats": null,
            "max_seats": null,
            "units": null,
            "min_units": null,
            "max_units": null,
            "discount_amount": 0,
            "net_amount": amount,
            "tax_amount": 0,
            "tax_behavior": null,
            "total_amount": amount,
            "subtotal_amount": amount,
            "currency": "usd",
            "allow_trial": self.allow_trial,
            "active_trial_interval": null,
            "active_trial_interval_count": null,
            "trial_end": null,
            "discount_id": null,
            "discount": null,
            "allow_discount_codes": true,
            "is_discount_applicable": is_paid,
            "is_free_product_price": !is_paid,
            "is_payment_required": is_paid,
            "is_payment_setup_required": false,
            "is_payment_form_required": is_paid,
            "payment_method_type": null,
            "payment_processor_metadata": self.payment,
        })
    }

    fn buyer(&self) -> Value {
        json!({
            "require_billing_address": false,
            "customer_id": self.customer.map(|id| id.to_string()),
            "is_business_customer": false,
            "customer_name": self.customer_name,
            "customer_email": self.customer_email,
            "customer_ip_address": self.ip_address,
            "customer_billing_name": null,
            "customer_billing_address": self.billing_address,
            "customer_tax_id": null,
            "locale": self.locale,
            "customer_billing_address_fields": {
                "country": true, "state": false, "city": false, "postal_code": false, "line1": false, "line2": false,
            },
            "billing_address_fields": {
                "country": "required",
                "state": "disabled",
                "city": "disabled",
                "postal_code": "disabled",
                "line1": "disabled",
                "line2": "disabled",
            },
        })
    }
}
