//! The mails that Polar sends. Here they reach no mailbox: tests and developers read them.

use std::fmt;

use serde::Serialize;

use crate::timestamp::Timestamp;

/// A mail that Polar sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject, such as `Access your demo purchases`.
    pub subject: String,
    /// The code for the customer portal, if the mail has one.
    pub code: Option<String>,
    /// The token of an invitation to a team's seat, if the mail has one.
    pub invitation_token: Option<String>,
    /// The page that the mail links to.
    pub url: String,
    /// The time of sending.
    pub sent_at: Timestamp,
}

impl fmt::Display for Mail {
    /// Writes one line for a console.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mail to {}: {}", self.to, self.subject)?;
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(token) = &self.invitation_token {
            write!(f, ", invitation {token}")?;
        }
        Ok(())
    }
}
