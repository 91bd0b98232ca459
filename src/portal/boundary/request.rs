//! Builds JSON requests for the typed functions of the bindings.

use crate::json;
use zeroize::Zeroizing;

/// A request in JSON. It is wiped when it is dropped.
pub struct Request(Zeroizing<String>);

impl Request {
    /// Creates the request for the operation `call`.
    pub fn new(call: &str) -> Self {
        Self(Zeroizing::new(["{\"call\":", &json::write(call)].concat()))
    }

    /// Adds a member whose value is a string.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.member(name, &Zeroizing::new(json::write(value)))
    }

    /// Adds a member whose value is a handle or another number.
    #[must_use]
    pub fn number(self, name: &str, value: impl Into<u64>) -> Self {
        self.member(name, &json::write(&value.into()))
    }

    /// Completes the request, and returns its JSON.
    pub fn json(self) -> Zeroizing<String> {
        self.followed_by(&["}"]).0
    }

    fn member(self, name: &str, value: &str) -> Self {
        self.followed_by(&[",", &json::write(name), ":", value])
    }

    /// Returns the text with `parts` appended. Allocates the full length at once, because growing would leave a partial
    /// copy of a secret in memory.
    fn followed_by(self, parts: &[&str]) -> Self {
        Self(Zeroizing::new([&[self.0.as_str()], parts].concat().concat()))
    }
}
