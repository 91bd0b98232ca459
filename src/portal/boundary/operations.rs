//! The operations of the portal: their names, arguments and results, and the functions that begin them. To add an
//! operation, add a row to the table at the end of this file.

use super::arguments::{Arguments, Checkout, Confirmation, Customer, Device, Key, Purchase, Session, Text, Within};
use super::reply::{DevicesOf, Outcome};
use crate::error::Error;
use crate::portal::steps::{self, Step};

/// An operation of the portal.
pub struct Operation {
    /// The operation's name, which a request contains as the value of `call`.
    pub name: &'static str,
    /// The documentation of the operation, for the bindings in all languages. It names errors by their kinds.
    #[cfg(feature = "schema")]
    pub about: &'static str,
    /// The names and types of the arguments, in their order. An argument of the type `Session` or `Checkout` comes
    /// first: in object-oriented languages, the operation is a method of this argument.
    pub arguments: &'static [(&'static str, &'static str)],
    /// The name under which [`schema::portal`](crate::schema::portal) describes the result.
    #[cfg(feature = "schema")]
    pub result: &'static str,
    /// Whether the operation waits for something outside of the app, such as a payment, and reports its progress
    /// meanwhile.
    #[cfg(feature = "schema")]
    pub waits: bool,
    pub(super) begin: fn(Arguments<'_>) -> Result<Step<Outcome>, Error>,
}

/// Creates the table of operations from rows. The types of arguments are those in [`arguments`](super::arguments).
macro_rules! operations {
    ($(
        $(#[doc = $about:literal])+
        $name:literal: ($($argument:literal $value:ident: $type:ident),*) -> $result:ident $(, waits = $waits:literal)?;
        |$context:ident, $now:pat_param| $steps:expr
    )+) => {
        /// Every operation.
        pub static OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            #[cfg(feature = "schema")]
            about: concat!($($about, "\n"),+),
            arguments: &[$(($argument, stringify!($type))),*],
            #[cfg(feature = "schema")]
            result: stringify!($result),
            #[cfg(feature = "schema")]
            waits: false $(|| $waits)?,
            begin: |arguments| {
                $(let $value = arguments.read::<$type>($argument)?;)*
                let Arguments { context: $context, now: $now, .. } = arguments;
                Ok($steps.map(Outcome::of))
            },
        }),+];
    };
}

operations! {
    /// Asks Polar to mail a code to `email`, the address that was used for the purchase. Polar does not say whether it
    /// knows the address. So show the user the `message` of the result, which contains the address.
    ///
    /// Fails with `invalid_argument` if `email` is not an e-mail address. Fails with `rate_limited` and the time to
    /// wait if too many codes were requested or tried. Fails with `storage` if the number of requests cannot be stored;
    /// in this case nothing was sent.
    "requestCode": ("email" email: Text) -> CodeRequest;
    |context, now| steps::request_code(context, &email, now)

    /// Asks Polar to mail a code for the customer whom the user has chosen from several customers with the same
    /// address. Fails like `requestCode`.
    "requestCodeFor": ("customer" customer: Customer) -> CodeRequest;
    |context, now| steps::request_code_for(context, &customer.0, &customer.1, now)

    /// Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
    /// cannot be a code is refused without asking Polar.
    ///
    /// Fails with `invalid_argument` if the code is wrong, was used before, or has expired. Otherwise, fails for the
    /// same reasons as `requestCode`. If no answer arrives, the code may have been used up. In this case, request
    /// another code.
    "authenticate": ("code" code: Text) -> Session;
    |context, now| steps::authenticate(context, &code, now)

    /// Starts a session by accepting an invitation to a team. `invitation` is the link from the e-mail, or the token in
    /// this link. An invitation works once. Polar creates the license key a moment later, so continue with
    /// `restoreWhenGranted`, which waits for the key.
    ///
    /// Fails with `refused` if the invitation was used or has expired. If no answer arrives, Polar may have accepted
    /// the invitation. In this case, start a session with a code by e-mail instead.
    "claimSeat": ("invitation" invitation: Text) -> Session;
    |context, _| steps::claim_seat(context, &invitation)

    /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. Use a token from a
    /// success page only if the page was opened with a secret that the app created for this purchase, such as a random
    /// number in the success URL. Otherwise anybody could open the success page with a token of their own.
    ///
    /// Fails with `invalid_argument` if `token` cannot be a token.
    "sessionFromToken": ("token" token: Text) -> Session;
    |context, _| Step::Done(steps::session_from_token(&context, &token))

    /// Creates a checkout from the vendor's checkout link, `https://buy.polar.sh/polar_cl_…`. Open the checkout's
    /// `address` in a browser. The parameters of the link are kept, except for parameters that identify the buyer.
    ///
    /// Fails with `invalid_argument` if `link` is not a checkout link. Fails with `invalid_argument` in every web page,
    /// because a web page cannot see where a link leads; use `checkoutFromSecret` there. Fails with `refused` if Polar
    /// does not know the link.
    "checkout": ("link" link: Text) -> Checkout;
    |context, _| steps::open_checkout(context, &link)

    /// Returns the checkout that the vendor's backend has created and that `clientSecret` identifies. Sends nothing.
    ///
    /// Fails with `invalid_argument` if `clientSecret` cannot be a client secret.
    "checkoutFromSecret": ("clientSecret" client_secret: Text) -> Checkout;
    |context, _| Step::Done(steps::checkout_from_secret(&context, &client_secret))

    /// Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits for at most `withinMs`,
    /// or for at most half an hour if `withinMs` is absent. The buyer may close the page during the wait. After any
    /// error, this operation may be called again for the same checkout.
    ///
    /// Fails with `timeout` if the purchase was not paid in time. Fails with `refused` if the payment failed, or if the
    /// checkout is older than a day. Fails like `requestCode` if the purchase is paid, but no code can be requested.
    "follow": ("checkout" checkout: Checkout, "withinMs" within: Within) -> Purchase, waits = true;
    |context, now| steps::follow(context, &checkout, within.0, now)

    /// Returns the customer's license keys that belong to this organization and to a benefit that the configuration
    /// accepts. Usable keys come first, sorted by expiry with the latest first.
    ///
    /// Fails with `refused` if the session has ended.
    "licenseKeys": ("session" session: Session) -> LicenseKeys;
    |context, _| steps::license_keys(context, session)

    /// Returns the keys of `licenseKeys` that can be used, in the same order. If no key can be used, the result
    /// contains the expired key with the latest expiry, because this device's clock may be wrong. Polar decides during
    /// the activation whether that key is valid. The result always has at least one key.
    ///
    /// Fails with `refused` and a reason if the customer has neither a usable nor an expired key for this app. Fails
    /// with `refused` and no reason if the session has ended.
    "usableKeys": ("session" session: Session) -> LicenseKeys;
    |context, now| steps::usable_keys(context, session, now)

    /// Activates one of the customer's license keys on this device. If the key of the license on this device can be
    /// used, activates that key. Otherwise activates the only key that can be used. If several keys can be used,
    /// returns them instead, so that the user can choose one. If the key has no free seat, returns the key and its
    /// devices.
    ///
    /// If no key can be used, but some have expired by this device's clock, asks Polar to activate the expired key with
    /// the latest expiry, because the clock may be wrong. If this key has really expired, Polar refuses it and no seat
    /// is taken.
    ///
    /// Fails with `refused` and a reason if the customer has no key for this app, or no key that can be used. Fails
    /// with `refused` and no reason if the session has ended. The other failures are those of the license's `activate`.
    "restore": ("session" session: Session) -> Restored;
    |context, now| steps::restore(context, session, now)

    /// Restores the license like `restore`, but waits up to five minutes if the customer has no usable key yet. Use
    /// this operation after `claimSeat`, because Polar creates the key a moment after an invitation is accepted.
    ///
    /// Fails with `timeout` if the customer still has no key after this wait. The other failures are those of
    /// `restore`.
    "restoreWhenGranted": ("session" session: Session) -> Restored, waits = true;
    |context, now| steps::restore_when_granted(context, session, now)

    /// Activates the key of a purchase, and waits up to five minutes for the key if it does not exist yet. Fails like
    /// `restoreWhenGranted`.
    "restorePurchase": ("session" session: Session, "purchase" purchase: Purchase) -> Restored, waits = true;
    |context, now| steps::restore_purchase(context, session, &purchase, now)

    /// Activates `key`, which the user has chosen from several license keys. Fails like `restore`.
    "activate": ("session" session: Session, "key" key: Key) -> Restored;
    |context, _| steps::activate(context, session, key)

    /// Returns the devices on which a key is active. If Polar shows none, either the vendor hides devices from
    /// customers, or there are none. The result says which of the two is the case, if that can be determined.
    ///
    /// Fails with `refused` if the session has ended, or if the key no longer belongs to the customer.
    "devices": ("session" session: Session, "key" key: Key) -> Devices;
    |context, _| steps::devices(context, session, key.clone(), false).map(|devices| DevicesOf(key, devices))

    /// Releases the seat of a device. Does not send the session's token. If the device is this one, does the same as
    /// the license's `deactivate`. Returns `unknown` if Polar does not know the seat, for example because the seat was
    /// released before.
    ///
    /// Fails with `network`, `timeout` or `server` if no valid answer arrives, and with `rate_limited` if Polar accepts
    /// no request at the moment. If the error says that the request may have been applied, the seat may have been
    /// released: list the devices again.
    "release": ("session" _session: Session, "device" device: Device) -> Released;
    |context, _| steps::release(context, &device.0, &device.1)

    /// Replaces a license key with a new one. The old key stops working at once on all devices of the customer. The
    /// devices keep their seats, but need the new key. Ask the user before you call this operation.
    ///
    /// If the license on this device belongs to this key, the license continues with the new key, even if the key has
    /// been replaced before and this device did not know that. The new key is stored before this operation returns.
    ///
    /// Fails with `storage` if nothing can be stored on this device. If an error says that the request may have been
    /// applied, the key may have been replaced: list the keys again.
    "rotate": ("session" session: Session, "key" key: Key, "confirmedByUser" confirmed: Confirmation) -> LicenseKey;
    |context, now| steps::rotate(context, session, key, confirmed, now)
}
