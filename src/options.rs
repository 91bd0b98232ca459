//! How an operation is asked for, where its name alone does not say it. The same for every client.

use crate::engine::Operation;
use std::fmt;

/// What to activate, and how far to go for it. The default: the stored key, taking only a free seat.
#[derive(Clone, Default)]
pub struct ActivateOptions {
    key: Option<String>,
    replace_previous: bool,
}

impl ActivateOptions {
    /// The stored key, taking only a free seat.
    pub fn new() -> Self {
        Self::default()
    }

    /// Activates this key, as the user typed it.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Moves the license here: if no seat is free, the older activation known on this device is given up. For a home
    /// directory that was moved to another machine.
    #[must_use]
    pub fn replace_previous(mut self, replace: bool) -> Self {
        self.replace_previous = replace;
        self
    }
}

impl From<ActivateOptions> for Operation {
    fn from(options: ActivateOptions) -> Self {
        Self::Activate { key: options.key, replace_previous: options.replace_previous }
    }
}

/// Without the license key.
impl fmt::Debug for ActivateOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivateOptions").field("replace_previous", &self.replace_previous).finish_non_exhaustive()
    }
}
