//! The tokens of customers, members and vendors, and the codes that customers exchange for tokens.

use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// The sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Anonymous,
    Customer(Uuid),
    Member(Uuid),
    /// A vendor, identified by the id of its organization.
    Vendor(Uuid),
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) subject: Subject,
    pub(crate) expires_at: Timestamp,
    pub(crate) return_url: Option<String>,
}

/// A code that was sent by mail.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Code {
    pub(crate) code: String,
    #[serde(rename = "customer_id")]
    pub(crate) customer: Uuid,
    pub(crate) email: String,
    #[serde(rename = "expires", default = "Timestamp::far_future")]
    pub(crate) expires_at: Timestamp,
}

const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);
const CODE_LIFETIME: Duration = Duration::from_secs(30 * 60);

impl Session {
    pub(crate) fn new(subject: Subject, now: Timestamp) -> Self {
        let prefix = match subject {
            Subject::Member(_) => "polar_mst_",
            Subject::Customer(_) | Subject::Anonymous => "polar_cst_",
            Subject::Vendor(_) => "polar_oat_",
        };
        Self { token: random_token(prefix), subject, expires_at: now + TOKEN_LIFETIME, return_url: None }
    }
}

impl Code {
    pub(crate) fn new(customer: Uuid, email: &str, now: Timestamp) -> Self {
        const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let code = random(ALPHABET, 6);
        Self { code, customer, email: email.to_owned(), expires_at: now + CODE_LIFETIME }
    }
}

/// Returns a random secret in the form of Polar's secrets: the prefix, then 43 characters.
pub(crate) fn random_token(prefix: &str) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    format!("{prefix}{}", random(ALPHABET, 43))
}

/// Returns random characters. They are made from UUIDs, which are random enough for a server that protects nothing.
fn random(alphabet: &[u8], length: usize) -> String {
    let bytes = std::iter::repeat_with(Uuid::new_v4).flat_map(|id| id.into_bytes().into_iter().take(6));
    bytes
        .filter_map(|byte| alphabet.get(usize::from(byte) % alphabet.len()))
        .take(length)
        .map(|c| char::from(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_tokens_have_polars_form() {
        let now = Timestamp::SEEDED;
        let code = Code::new(Uuid::nil(), "a@example.com", now).code;
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{code}");
        let session = Session::new(Subject::Member(Uuid::nil()), now);
        assert!(session.token.starts_with("polar_mst_") && session.token.len() == 53, "{}", session.token);
        assert_eq!(session.expires_at, now + Duration::from_secs(3600));
    }
}
