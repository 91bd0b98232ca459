//! Converts the arguments of a request to the types that operations take.

use super::handles::{Handles, Held};
use crate::error::Error;
use crate::json::Json;
use crate::portal::context::Context;
use crate::portal::{self, ConfirmedByUser, CustomerChoice, LicenseKey, Token};
use crate::time::Now;
use std::time::Duration;
use zeroize::Zeroizing;

/// The inputs of an operation: the members of the request, and everything else that the operation needs.
pub(super) struct Arguments<'a> {
    pub(super) json: Json<'a>,
    pub(super) context: Context,
    pub(super) handles: &'a Handles,
    pub(super) now: Now,
}

/// A type that can be read from an argument of a request.
pub(super) trait Argument: Sized {
    /// A description of the accepted values, for the message of an error.
    const EXPECTED: &'static str;

    /// Reads a member. Returns `None` if the member does not have this type.
    fn read(json: Option<Json<'_>>, handles: &Handles) -> Option<Self>;
}

impl Arguments<'_> {
    pub(super) fn read<T: Argument>(&self, name: &str) -> Result<T, Error> {
        let json = self.json.get(name).filter(|json| !json.is_null());
        // the error omits the value that was passed, because it may be a secret
        T::read(json, self.handles).ok_or_else(|| self.context.mistake(&format!("`{name}` must be {}", T::EXPECTED)))
    }
}

/// A text that a person typed or pasted, or a secret.
pub(super) type Text = Zeroizing<String>;
pub(super) type Session = Token;
pub(super) type Customer = (CustomerChoice, portal::Customer);
pub(super) type Checkout = portal::CheckoutPage;
pub(super) type Purchase = portal::Purchase;
pub(super) type Key = LicenseKey;
pub(super) type Device = (LicenseKey, portal::Device);
pub(super) type Confirmation = ConfirmedByUser;

/// A duration, in milliseconds in the request. If the request contains no duration, the value is half an hour.
pub(super) struct Within(pub(super) Duration);

impl Argument for Text {
    const EXPECTED: &'static str = "a string";

    fn read(json: Option<Json<'_>>, _: &Handles) -> Option<Self> {
        json?.string().map(Zeroizing::new)
    }
}

impl Argument for Within {
    const EXPECTED: &'static str = "a number of milliseconds";

    fn read(json: Option<Json<'_>>, _: &Handles) -> Option<Self> {
        const DEFAULT_MS: u64 = 30 * 60 * 1000;
        let ms = json.map_or(Some(DEFAULT_MS), |json| json.integer()?.try_into().ok())?;
        Some(Self(Duration::from_millis(ms)))
    }
}

impl Argument for Confirmation {
    const EXPECTED: &'static str = "true: the old key stops working on all devices, so ask the user first";

    fn read(json: Option<Json<'_>>, _: &Handles) -> Option<Self> {
        json?.boolean()?.then_some(Self)
    }
}

/// Implements `Argument` for types whose values stay in the core. A binding knows only the value's handle, a number,
/// and sends it in requests.
macro_rules! held {
    ($($type:ident: $expected:literal, $pattern:pat => $value:expr;)+) => {$(
        impl Argument for $type {
            const EXPECTED: &'static str = $expected;

            fn read(json: Option<Json<'_>>, handles: &Handles) -> Option<Self> {
                let number = json?.integer()?.try_into().ok()?;
                handles.get(number, |held| if let $pattern = held { Some($value) } else { None })
            }
        }
    )+};
}

held! {
    Session: "the handle of a session", Held::Session(token) => token.clone();
    Customer: "the handle of a customer", Held::Customer(choice, customer) => (choice.clone(), customer.clone());
    Checkout: "the handle of a checkout", Held::Checkout(page) => page.clone();
    Purchase: "the handle of a purchase", Held::Purchase(purchase) => purchase.clone();
    Key: "the handle of a license key", Held::Key(key) => key.clone();
    Device: "the handle of a device", Held::Device(key, device) => (key.clone(), device.clone());
}
