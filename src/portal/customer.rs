//! One of several customers with the same e-mail address.

use crate::text::printable;
use std::fmt;
use uuid::Uuid;

/// One of several customers with the same e-mail address. A customer may be a person or a team.
#[derive(Clone, PartialEq, Eq)]
pub struct Customer {
    pub(super) id: Uuid,
    name: Option<String>,
}

impl Customer {
    pub(super) fn new(id: Uuid, name: Option<String>) -> Self {
        Self { id, name: name.map(|name| printable(&name)) }
    }

    /// Returns the customer's name, or `None` if the customer has no name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Omits personal data.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").finish_non_exhaustive()
    }
}
