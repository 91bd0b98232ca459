//! Values that JavaScript passes back. JavaScript has only their numbers, so that no JavaScript object contains a token
//! or a license key. A value is wiped when JavaScript releases its number.

use crate::numbered::Numbered;
use polar_license::portal::{CheckoutPage, Customer, CustomerChoice, Device, LicenseKey, Purchase, Token};

/// The held values by their numbers.
#[derive(Default)]
pub(crate) struct HeldValues {
    values: Numbered<Held>,
    last_number: u32,
}

/// A value for which JavaScript has a number.
pub(crate) enum Held {
    /// The token of a session.
    Token(Token),
    /// One of several customers with the same address.
    Customer(CustomerChoice, Customer),
    Page(CheckoutPage),
    Purchase(Purchase),
    Key(LicenseKey),
    /// A device, and the key that is active on it.
    Device(LicenseKey, Device),
}

impl HeldValues {
    pub(crate) fn hold(&mut self, value: Held) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.values.insert(self.last_number, value);
        self.last_number
    }

    pub(crate) fn let_go(&mut self, number: u32) {
        drop(self.values.take(number));
    }

    pub(crate) fn token(&self, number: u32) -> Option<&Token> {
        if let Held::Token(token) = self.values.get(number)? { Some(token) } else { None }
    }

    pub(crate) fn customer(&self, number: u32) -> Option<(&CustomerChoice, &Customer)> {
        if let Held::Customer(choice, customer) = self.values.get(number)? { Some((choice, customer)) } else { None }
    }

    pub(crate) fn page(&self, number: u32) -> Option<&CheckoutPage> {
        if let Held::Page(page) = self.values.get(number)? { Some(page) } else { None }
    }

    pub(crate) fn purchase(&self, number: u32) -> Option<&Purchase> {
        if let Held::Purchase(purchase) = self.values.get(number)? { Some(purchase) } else { None }
    }

    pub(crate) fn key(&self, number: u32) -> Option<&LicenseKey> {
        if let Held::Key(key) = self.values.get(number)? { Some(key) } else { None }
    }

    pub(crate) fn device(&self, number: u32) -> Option<(&LicenseKey, &Device)> {
        if let Held::Device(key, device) = self.values.get(number)? { Some((key, device)) } else { None }
    }
}
