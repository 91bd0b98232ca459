//! The mails that Polar sends. This server does not deliver them to a mailbox. It keeps them, so that tests and
//! developers can read them.

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
    /// The code for the customer portal, if the mail contains one.
    pub code: Option<String>,
    /// The token of an invitation to a team seat, if the mail contains one.
    pub invitation_token: Option<String>,
    /// The address of the page to which the mail links.
    pub url: String,
    /// The time when the mail was sent.
    pub sent_at: Timestamp,
}

impl fmt::Display for Mail {
    /// Writes the mail as one line for a console.
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
