//! E-mail addresses as Polar checks them: their form, and whether their domain takes mail.

use serde_json::{Value, json};

/// Why an address is refused, as pydantic says it.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) context: Value,
}

/// The address without surrounding space. Polar looks the domain up; here, `nosuchdomain.…` does not exist, and
/// `nomail.…` takes no mail.
pub(crate) fn check(text: &str) -> Result<String, Refused> {
    let email = text.trim();
    let malformed = |reason: &str| Refused {
        message: format!("value is not a valid email address: {reason}"),
        context: json!({ "reason": reason }),
    };
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Err(malformed("An email address must have an @-sign."));
    };
    if local.is_empty() {
        return Err(malformed("There must be something before the @-sign."));
    }
    if domain.is_empty() {
        return Err(malformed("There must be something after the @-sign."));
    }
    if local.contains(char::is_whitespace) || domain.contains(char::is_whitespace) {
        return Err(malformed("The email address contains invalid characters: SPACE."));
    }
    if !domain.contains('.') {
        return Err(malformed("The part after the @-sign is not valid. It should have a period."));
    }
    let undeliverable = |reason: String| Refused {
        message: format!("{email} is not a valid email address: {reason}"),
        context: json!({ "email": email, "reason": reason }),
    };
    match domain.split('.').next() {
        Some("nosuchdomain") => Err(undeliverable(format!("The domain name {domain} does not exist."))),
        Some("nomail") => Err(undeliverable(format!("The domain name {domain} does not accept email."))),
        Some(_) | None => Ok(email.to_owned()),
    }
}
