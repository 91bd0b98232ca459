//! The operations of the portal: their names, arguments and results, and how they begin. To add one, add a row.

use super::arguments::{Arguments, Checkout, Confirmation, Customer, Device, Key, Purchase, Session, Text, Within};
use super::reply::{DevicesOf, Outcome};
use crate::error::Error;
use crate::portal::steps::{self, Step};

/// An operation of the portal.
pub struct Operation {
    /// The value of `call` in a request.
    pub name: &'static str,
    /// The documentation of the operation for all languages. Names errors by their kinds.
    #[cfg(feature = "schema")]
    pub about: &'static str,
    /// The names and types of the arguments, in their order. A `Session` or a `Checkout` comes first: object-oriented
    /// languages have the operation as its method.
    pub arguments: &'static [(&'static str, &'static str)],
    /// The name of the result's description in [`schema::portal`](crate::schema::portal).
    #[cfg(feature = "schema")]
    pub result: &'static str,
    /// Whether it waits for somebody else, and reports the progress meanwhile.
    #[cfg(feature = "schema")]
    pub waits: bool,
    pub(super) begin: fn(Arguments<'_>) -> Result<Step<Outcome>, Error>,
}

/// Makes a table of operations. The type of an argument is one of [`arguments`](super::arguments).
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
    /// Makes Polar e-mail a code to the address of the purchase. Polar does not tell whether it knows the address: show
    /// `message`, which contains the address.
    ///
    /// Fails with `invalid_argument` if `email` is not an e-mail address; with `rate_limited` and the time to wait if too
    /// many codes were requested or tried; with `storage` if the try cannot be counted, in which case nothing was sent.
    "requestCode": ("email" email: Text) -> CodeRequest;
    |context, now| steps::request_code(context, &email, now)

    /// Makes Polar e-mail a code to one of several customers with the same address. Fails like `requestCode`.
    "requestCodeFor": ("customer" customer: Customer) -> CodeRequest;
    |context, now| steps::request_code_for(context, &customer.0, &customer.1, now)

    /// Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
    /// cannot be a code is refused without a request.
    ///
    /// Fails with `invalid_argument` if the code is wrong or has expired; otherwise like `requestCode`. If no answer comes,
    /// the code may be used up: request another one.
    "authenticate": ("code" code: Text) -> Session;
    |context, now| steps::authenticate(context, &code, now)

    /// Starts a session by accepting an invitation to a team. `invitation` is its token, or the link in its e-mail, and
    /// works once. The key arrives a moment later: continue with `restoreWhenGranted`.
    ///
    /// Fails with `refused` if the invitation was used or has expired. If no answer comes, it may have been accepted; then
    /// a code by e-mail starts the session.
    "claimSeat": ("invitation" invitation: Text) -> Session;
    |context, _| steps::claim_seat(context, &invitation)

    /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. A page cannot know who
    /// sent it a token: compare a value that only the app and its own purchase know.
    ///
    /// Fails with `invalid_argument` if `token` cannot be a token.
    "sessionFromToken": ("token" token: Text) -> Session;
    |context, _| Step::Done(steps::session_from_token(&context, &token))

    /// Creates a checkout with the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its `address` in a browser. Keeps
    /// the link's parameters, except those that name the buyer.
    ///
    /// Fails with `invalid_argument` if `link` is not such a link, and in web pages, which cannot see the target of a link:
    /// use `checkoutFromSecret` there. Fails with `refused` if Polar does not know the link.
    "checkout": ("link" link: Text) -> Checkout;
    |context, _| steps::open_checkout(context, &link)

    /// Returns a checkout that the vendor's backend has created, by its client secret. Sends nothing.
    ///
    /// Fails with `invalid_argument` if `clientSecret` cannot be a client secret.
    "checkoutFromSecret": ("clientSecret" client_secret: Text) -> Checkout;
    |context, _| Step::Done(steps::checkout_from_secret(&context, &client_secret))

    /// Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits half an hour, or no longer
    /// than `withinMs`. The buyer may close the page meanwhile. May be called again after any error.
    ///
    /// Fails with `timeout` if the purchase was not paid in time; with `refused` if the payment failed or the checkout is
    /// older than a day; once it is paid, like `requestCode`.
    "follow": ("checkout" checkout: Checkout, "withinMs" within: Within) -> Purchase, waits = true;
    |context, now| steps::follow(context, &checkout, within.0, now)

    /// Returns the customer's license keys for this organization and the benefits that the configuration accepts. Usable
    /// keys come first, and among them those with the latest expiry.
    ///
    /// Fails with `refused` if the session has ended.
    "licenseKeys": ("session" session: Session) -> LicenseKeys;
    |context, _| steps::license_keys(context, session)

    /// Returns those license keys that can be used, in the order of `licenseKeys`; at least one. If all have expired by this
    /// device's clock, which may be wrong, returns the key with the latest expiry: Polar decides when it is activated.
    ///
    /// Fails with `refused` and a reason if the customer has no key for this app or none that can be used; with `refused`
    /// and no reason if the session has ended.
    "usableKeys": ("session" session: Session) -> LicenseKeys;
    |context, now| steps::usable_keys(context, session, now)

    /// Activates the customer's license key on this device: the one that is active here, or the only one that can be used.
    /// Returns several usable keys to choose from, or the devices if no seat is free. If all keys have expired by this
    /// device's clock, which may be wrong, Polar is asked about the one with the latest expiry; an expired key takes no seat.
    ///
    /// Fails with `refused` and a reason if the customer has no key for this app or none that can be used; with `refused`
    /// and no reason if the session has ended; otherwise like the license's `activate`.
    "restore": ("session" session: Session) -> Restored;
    |context, now| steps::restore(context, session, now)

    /// Restores the license like `restore`, and waits up to five minutes for a key that is still on its way, after an
    /// invitation was accepted.
    ///
    /// Fails with `timeout` if the key has not arrived; otherwise like `restore`.
    "restoreWhenGranted": ("session" session: Session) -> Restored, waits = true;
    |context, now| steps::restore_when_granted(context, session, now)

    /// Activates the key of a purchase, and waits up to five minutes for it. Fails like `restoreWhenGranted`.
    "restorePurchase": ("session" session: Session, "purchase" purchase: Purchase) -> Restored, waits = true;
    |context, now| steps::restore_purchase(context, session, &purchase, now)

    /// Activates one of several suitable keys. Fails like `restore`.
    "activate": ("session" session: Session, "key" key: Key) -> Restored;
    |context, _| steps::activate(context, session, key)

    /// Returns the devices on which a key is active, or that the vendor does not show them.
    ///
    /// Fails with `refused` if the session has ended, or the key does not belong to the customer any more.
    "devices": ("session" session: Session, "key" key: Key) -> Devices;
    |context, _| steps::devices(context, session, key.clone(), false).map(|devices| DevicesOf(key, devices))

    /// Releases the seat of a device. Does not send the session's token. For this device it does the same as the license's
    /// `deactivate`. Returns `unknown` if Polar does not know the seat, or not any more.
    ///
    /// Fails with `network`, `timeout`, `server` or `rate_limited` if Polar did not answer. Then the seat may have been
    /// released: list the devices again.
    "release": ("session" _session: Session, "device" device: Device) -> Released;
    |context, _| steps::release(context, &device.0, &device.1)

    /// Replaces a license key with a new one. The old key stops working at once on all devices of the customer, which then
    /// need the new one. Seats are kept. Ask the user first. If the license here belongs to this key, even to an earlier
    /// text of it, it continues with the new key, which is stored before this returns.
    ///
    /// Fails with `storage` if nothing can be stored here. Any error that may have been applied means that the key may have
    /// been replaced: list the keys again.
    "rotate": ("session" session: Session, "key" key: Key, "confirmedByUser" confirmed: Confirmation) -> LicenseKey;
    |context, now| steps::rotate(context, session, key, confirmed, now)
}
