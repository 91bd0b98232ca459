//! The options of an activation.

use crate::engine::Operation;
use crate::key::TypedKey;
use std::fmt;

/// The key to activate, and whether the activation may release an older seat. By default, the stored key is activated,
/// and only a free seat is taken.
#[derive(Clone, Default)]
#[must_use = "options do nothing until an operation takes them"]
pub struct ActivateOptions {
    key: Option<TypedKey>,
    replace_previous: bool,
}

impl ActivateOptions {
    /// Creates the default options: the activation uses the stored key, and takes only a free seat.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the key, as the user typed it.
    pub fn key(mut self, key: impl Into<TypedKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets whether to move the license to this device if no seat is free. For that, the activation releases a seat of
    /// the same key that this device still remembers from an earlier activation. Use this option if the home directory
    /// was moved to another machine.
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

/// Shows everything but the license key.
impl fmt::Debug for ActivateOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivateOptions").field("replace_previous", &self.replace_previous).finish_non_exhaustive()
    }
}
