//! The options of an activation.

use crate::engine::Operation;
use crate::key::TypedKey;
use std::fmt;

/// The key to activate, and whether an older seat may be released for it. The default is to activate the stored key,
/// and only on a free seat.
#[derive(Clone, Default)]
#[must_use = "options do nothing until an operation takes them"]
pub struct ActivateOptions {
    key: Option<TypedKey>,
    replace_previous: bool,
}

impl ActivateOptions {
    /// Creates options with which an activation uses the stored key and takes only a free seat.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the key, as the user typed it.
    pub fn key(mut self, key: impl Into<TypedKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets whether to move the license here. If it is to be moved and no seat is free, the activation releases the
    /// older seat that this device knows of, but only if it is a seat of the same key. Set this for a home directory
    /// that was moved to another machine.
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
