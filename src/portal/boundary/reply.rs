//! Replies. A reply is the JSON of a result, together with the values whose handles are in the JSON.

use super::handles::{Handles, Holder};
use super::json::{
    CheckoutJson, CodeRequestJson, DevicesJson, LicenseKeyJson, LicenseKeysJson, PurchaseJson, ReleasedJson,
    RestoredJson, SessionJson,
};
use crate::codes::Deactivated;
use crate::json::{self, Json};
use crate::portal::{CheckoutPage, CodeRequest, Devices, LicenseKey, Purchase, Restored, Token};
use std::fmt;
use zeroize::Zeroizing;

/// The result of an operation. Dropping the reply wipes its values and invalidates their handles.
pub struct Reply {
    json: Zeroizing<String>,
    address: Option<Zeroizing<String>>,
    numbers: Vec<u32>,
    handles: Handles,
}

impl Reply {
    /// Returns the result in JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the address of a checkout's page, or `None` if the result has no address. The address contains a secret
    /// that gives access to the buyer's data, so pass it only to the browser.
    pub fn address(&self) -> Option<&str> {
        self.address.as_ref().map(|address| address.as_str())
    }

    /// Returns the string at a JSON pointer (RFC 6901) such as `/keys/0/displayKey`.
    pub fn text(&self, pointer: &str) -> Option<String> {
        self.at(pointer)?.string()
    }

    /// Returns the integer at a JSON pointer. Returns 1 for `true` and 0 for `false`.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        let value = self.at(pointer)?;
        value.integer().or_else(|| value.boolean().map(i64::from))
    }

    /// Returns the length of the array at a JSON pointer, or 0 if there is no array.
    pub fn count(&self, pointer: &str) -> usize {
        self.at(pointer).and_then(Json::items).map_or(0, Iterator::count)
    }

    /// Returns the JSON of the value at a JSON pointer.
    pub fn json_at(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).map(Json::document)
    }

    /// Returns a reply that contains a session with this token. Does not check the token: the caller has done so.
    pub fn session(token: Token, handles: &Handles) -> Self {
        Outcome::of(token).reply(handles)
    }

    /// Returns the value at a JSON pointer. Does not support escapes, because no name in a reply needs one.
    fn at(&self, pointer: &str) -> Option<Json<'_>> {
        let document = Json::parse(self.json.as_bytes())?;
        pointer.split('/').skip(1).try_fold(document, |value, name| match value.items() {
            Some(mut items) => items.nth(name.parse().ok()?),
            None => value.get(name),
        })
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.handles.release(&self.numbers);
    }
}

/// Omits the result.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

/// The result of an operation. [`reply`](Self::reply) stores its values and gives them handles.
pub struct Outcome(Box<dyn Answer + Send>);

impl Outcome {
    /// Writes the result as JSON. Some values must not appear in the JSON. They are stored in `handles`, and the JSON
    /// contains a handle for each.
    pub fn reply(self, handles: &Handles) -> Reply {
        let mut holder = Holder::new(handles);
        let json = Zeroizing::new(self.0.json(&mut holder));
        Reply { json, address: self.0.address(), numbers: holder.numbers(), handles: handles.clone() }
    }

    pub(super) fn of<T: Answer + Send + 'static>(result: T) -> Self {
        Self(Box::new(result))
    }
}

/// The devices of a license key, together with the key.
pub(super) struct DevicesOf(pub(super) LicenseKey, pub(super) Devices);

/// A result that can become a reply.
pub(super) trait Answer {
    /// Returns the result as JSON. Some values must not appear in the JSON. They are stored in `holder`, and the JSON
    /// contains a handle for each.
    fn json(&self, holder: &mut Holder<'_>) -> String;

    /// Returns the address of a checkout's page, if the result has one.
    fn address(&self) -> Option<Zeroizing<String>> {
        None
    }
}

macro_rules! answers {
    ($($type:ident: |$this:ident, $holder:pat_param| $json:expr;)+) => {$(
        impl Answer for $type {
            fn json(&self, $holder: &mut Holder<'_>) -> String {
                let $this = self;
                json::write(&$json)
            }
        }
    )+};
}

type Keys = Vec<LicenseKey>;

answers! {
    CodeRequest: |request, holder| CodeRequestJson::of(request, holder);
    Token: |token, holder| SessionJson::of(token, holder);
    Purchase: |purchase, holder| PurchaseJson::of(purchase, holder);
    Keys: |keys, holder| LicenseKeysJson::of(keys, holder);
    LicenseKey: |key, holder| LicenseKeyJson::of(key, holder);
    Restored: |restored, holder| RestoredJson::of(restored, holder);
    DevicesOf: |listed, holder| DevicesJson::of(&listed.0, &listed.1, holder);
    Deactivated: |deactivated, _| ReleasedJson { deactivated: *deactivated };
}

impl Answer for CheckoutPage {
    fn json(&self, holder: &mut Holder<'_>) -> String {
        json::write(&CheckoutJson::of(self, holder))
    }

    fn address(&self) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(self.address().to_owned()))
    }
}
