//! The data that a buyer enters at a checkout.

use serde_json::{Value, json};

use super::countries;
use crate::form::Form;
use crate::problem::Rule;
use crate::reply::Reply;
use crate::request::RecordedRequest;

/// The data in a request that changes or confirms a checkout. Polar ignores all other fields of the body, including the
/// success URL.
pub(super) struct Entries {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// The billing address. A part that the buyer left out is null.
    pub(super) address: Option<Value>,
    pub(super) locale: Option<String>,
}

impl Entries {
    /// Reads the body of a request. Like Polar, refuses an invalid body before it looks for the checkout.
    pub(super) fn of(request: &RecordedRequest) -> Result<Self, Reply> {
        Self::read(Form::of(request)?)
    }

    pub(super) fn read(mut form: Form) -> Result<Self, Reply> {
        let name = form.optional_string("customer_name").and_then(|name| {
            if name.chars().count() <= 256 {
                return not_empty(&name);
            }
            form.refuse("customer_name", Rule::StringTooLong, name.into());
            None
        });
        let email = form.optional_email("customer_email");
        let address = form.nested("customer_billing_address", address);
        let locale = form.optional_string("locale").and_then(|locale| {
            if is_locale(&locale) {
                return Some(locale);
            }
            form.refuse("locale", Rule::StringPatternMismatch, locale.into());
            None
        });
        if form.is_valid() { Ok(Self { name, email, address, locale }) } else { Err(form.rejection()) }
    }
}

fn address(form: &mut Form) -> Value {
    let mut line = |name| form.optional_string(name).and_then(|text| not_empty(&text));
    let (line1, line2, postal_code) = (line("line1"), line("line2"), line("postal_code"));
    let (city, state) = (line("city"), line("state"));
    let country = form.choice("country", &countries::codes());
    json!({
        "line1": line1, "line2": line2, "postal_code": postal_code, "city": city, "state": state, "country": country,
    })
}

fn not_empty(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Returns `true` if a text is a language with or without a region: `^[a-zA-Z]{2,3}(-[a-zA-Z]{2}|-[0-9]{3})?$`.
fn is_locale(text: &str) -> bool {
    let are = |text: &str, is: fn(&u8) -> bool| text.bytes().all(|byte| is(&byte));
    let (language, region) = text.split_once('-').map_or((text, None), |(language, region)| (language, Some(region)));
    let is_region = |region: &str| {
        (region.len() == 2 && are(region, u8::is_ascii_alphabetic))
            || (region.len() == 3 && are(region, u8::is_ascii_digit))
    };
    (2..=3).contains(&language.len()) && are(language, u8::is_ascii_alphabetic) && region.is_none_or(is_region)
}
