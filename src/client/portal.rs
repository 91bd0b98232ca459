//! Declares and documents the customer portal of a client, in one place for all kinds of client.

/// Declares `Portal`, `Session` and `Checkout` for one kind of client. `Pointer` is the type of the shared pointer to
/// the client's driver. `bounds` are the trait bounds of the function `progress`, which some methods call to report
/// progress. With the last arguments `async, await`, the methods return futures; without them, the methods block.
///
/// This is a macro because one Rust function cannot both block and return a future. Without the macro, each operation
/// of the portal would have to be written once for each kind of client.
macro_rules! portal {
    ($Pointer:ident, [$($bounds:tt)*] $(, $async:ident, $await:ident)?) => {
        /// The customer portal of a [client](super::Client), returned by its `portal()`. See [`portal`](crate::portal).
        #[derive(Clone)]
        pub struct Portal {
            driver: $Pointer<Driver>,
        }

        /// A customer's session. It finds the customer's license keys, restores a license, and manages devices. It
        /// lasts an hour, and Polar offers no way to end it early. So keep it in memory only, and drop it when its
        /// dialog closes.
        #[derive(Clone)]
        pub struct Session {
            driver: $Pointer<Driver>,
            token: Token,
        }

        /// A purchase in progress.
        #[derive(Clone)]
        pub struct Checkout {
            driver: $Pointer<Driver>,
            page: CheckoutPage,
        }

        impl Portal {
            pub(super) fn new(driver: $Pointer<Driver>) -> Self {
                Self { driver }
            }

            /// Asks Polar to mail a code to the address of the purchase. Polar does not say whether it knows the
            /// address: show [`CodeSent::message`](crate::portal::CodeSent::message), which contains the address.
            ///
            /// # Errors
            /// `invalid_argument` if `email` is not an e-mail address; `rate_limited`, with the time to wait, if too
            /// many codes were requested or entered; `storage` if this attempt cannot be recorded on this device. In
            /// the case of `storage`, nothing was sent.
            pub $($async)? fn request_code(&self, email: &str) -> Result<CodeRequest, Error> {
                self.driver.portal(|context, now| steps::request_code(context, email, now), |_| Continue(()))$(.$await)?
            }

            /// Asks Polar to mail a code to one of several customers with the same address. Fails with the errors of
            /// [`request_code`](Self::request_code).
            pub $($async)? fn request_code_for(
                &self,
                choice: &CustomerChoice,
                customer: &Customer,
            ) -> Result<CodeRequest, Error> {
                let begin = |context, now| steps::request_code_for(context, choice, customer, now);
                self.driver.portal(begin, |_| Continue(()))$(.$await)?
            }

            /// Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A
            /// text that cannot be a code is refused without a request.
            ///
            /// # Errors
            /// `invalid_argument` if the code is wrong or has expired; otherwise the errors of
            /// [`request_code`](Self::request_code). If no answer comes, the code may be used up: request another one.
            pub $($async)? fn authenticate(&self, code: &str) -> Result<Session, Error> {
                let begin = |context, now| steps::authenticate(context, code, now);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// Starts a session by accepting an invitation to a team. `invitation` is the token of the invitation, or
            /// the link in the e-mail. An invitation works once. Polar issues the key a moment later; see
            /// [`Session::restore_when_granted`].
            ///
            /// # Errors
            /// `refused` if the invitation was used or has expired. If no answer comes, the invitation may have been
            /// accepted all the same. In that case, start a session with a code by e-mail.
            pub $($async)? fn claim_seat(&self, invitation: &str) -> Result<Session, Error> {
                let begin = |context, _| steps::claim_seat(context, invitation);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. Anybody can
            /// open a success page with a token of their own. So put a random number into the success URL when you
            /// start a purchase. Use the token only if the success page is opened with the same number.
            ///
            /// # Errors
            /// `invalid_argument` if `token` cannot be a token.
            pub fn session_from_token(&self, token: &str) -> Result<Session, Error> {
                Ok(self.session(steps::session_from_token(&self.driver.portal_context(), token)?))
            }

            /// Creates a checkout with the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open the
            /// [address](Checkout::address) of the checkout in a browser. The checkout keeps the parameters of the
            /// link, except those that name the buyer.
            ///
            /// # Errors
            /// `invalid_argument` if `link` is not a link of this form; `refused` if Polar does not know it.
            // Absent in web pages, because a page cannot read the address to which the link redirects.
            #[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
            pub $($async)? fn checkout(&self, link: &str) -> Result<Checkout, Error> {
                let begin = |context, _| steps::open_checkout(context, link);
                let page = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }

            /// Returns the checkout that the vendor's backend has created and that has this client secret. Sends
            /// nothing.
            ///
            /// # Errors
            /// `invalid_argument` if `client_secret` cannot be a client secret.
            pub fn checkout_from_secret(&self, client_secret: &str) -> Result<Checkout, Error> {
                let page = steps::checkout_from_secret(&self.driver.portal_context(), client_secret)?;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }

            /// Runs the operation that `request` describes. For bindings; not part of the public interface.
            #[doc(hidden)]
            pub $($async)? fn call(
                &self,
                request: &str,
                handles: &Handles,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Reply, Error> {
                let begin = |context, now| boundary::begin(request, context, handles, now);
                Ok(self.driver.portal(begin, progress)$(.$await)??.reply(handles))
            }

            /// Starts a session with a token that was read before, for example by a success page. Sends nothing.
            #[must_use]
            pub fn session(&self, token: Token) -> Session {
                Session { driver: $Pointer::clone(&self.driver), token }
            }
        }

        impl Session {
            /// Returns the customer's license keys that belong to this organization and to a benefit that the
            /// configuration accepts. Usable keys come first, sorted by expiry with the latest first.
            ///
            /// # Errors
            /// `refused` if the session has ended.
            pub $($async)? fn license_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, _| steps::license_keys(context, token), |_| Continue(()))$(.$await)?
            }

            /// Returns those of the customer's [license keys](Self::license_keys) that can be used, in the same order.
            /// If no key can be used, the list contains the expired key with the latest expiry, because this device's
            /// clock may be wrong. Polar decides during the activation whether that key is valid. The list is never
            /// empty.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has neither a usable nor an expired key for this app; `refused`
            /// without a reason if the session has ended.
            pub $($async)? fn usable_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::usable_keys(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// Activates the customer's license key on this device: the key that is active here already, or the only
            /// key that can be used. If several keys can be used, returns them as [`Restored::Choose`]. If no seat is
            /// free, returns the devices as [`Restored::NoSeat`]. If no key can be used, asks Polar to activate the
            /// expired key with the latest expiry, because this device's clock may be wrong. If that key has really
            /// expired, Polar refuses it and no seat is taken.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has no key for this app, or none that can be used; `refused`
            /// without a reason if the session has ended; otherwise the errors of the client's `activate`.
            pub $($async)? fn restore(&self) -> Result<Restored, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::restore(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// Restores the license like [`restore`](Self::restore), and waits up to five minutes for a key that is
            /// still on its way after an invitation was accepted. Calls `progress` before each wait; if `progress`
            /// returns [`Break`](std::ops::ControlFlow::Break), the wait ends.
            ///
            /// # Errors
            /// `timeout` if the key has not arrived; otherwise the errors of [`restore`](Self::restore).
            pub $($async)? fn restore_when_granted(
                &self,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Restored, Error> {
                let token = self.token.clone();
                let begin = |context, now| steps::restore_when_granted(context, token, now);
                self.driver.portal(begin, progress)$(.$await)?
            }

            /// Activates the license key of a purchase. Waits up to five minutes for Polar to create the key.
            /// `progress` and the errors are the same as in [`restore_when_granted`](Self::restore_when_granted).
            pub $($async)? fn restore_purchase(
                &self,
                purchase: &Purchase,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Restored, Error> {
                let token = self.token.clone();
                let begin = |context, now| steps::restore_purchase(context, token, purchase, now);
                self.driver.portal(begin, progress)$(.$await)?
            }

            /// Activates one of the customer's keys, for example the key that the user has chosen. Fails with the
            /// errors of [`restore`](Self::restore).
            pub $($async)? fn activate(&self, key: &LicenseKey) -> Result<Restored, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::activate(context, token, key), |_| Continue(()))$(.$await)?
            }

            /// Returns the devices on which a key is active, or [`Devices::Hidden`] if the vendor does not show them to
            /// customers.
            ///
            /// # Errors
            /// `refused` if the session has ended, or if the key no longer belongs to the customer.
            pub $($async)? fn devices(&self, key: &LicenseKey) -> Result<Devices, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::devices(context, token, key, false), |_| Continue(()))$(.$await)?
            }

            /// Releases the seat of a device. Does not use the session's token. If `device` is this device, does the
            /// same as the client's `deactivate`.
            ///
            /// Returns [`Deactivated::Unknown`] if Polar does not know the seat, or no longer knows it, and
            /// [`Deactivated::KeyUnknown`] if Polar no longer knows the key. In both cases, list the keys and devices
            /// again.
            ///
            /// # Errors
            /// `network`, `timeout`, `server` and `rate_limited` if Polar did not answer; `cancelled` if the app
            /// cancelled. If [`maybe_applied`](crate::Error::maybe_applied) is true, the seat may have been released:
            /// list the devices again.
            pub $($async)? fn release(&self, key: &LicenseKey, device: &Device) -> Result<Deactivated, Error> {
                self.driver.portal(|context, _| steps::release(context, key, device), |_| Continue(()))$(.$await)?
            }

            /// Replaces a license key with a new one. The old key stops working at once on **all** devices of the
            /// customer. The devices keep their seats, but need the new key. Ask the user first. If the license on this
            /// device belongs to this key, the license continues with the new key, even if the key was replaced before
            /// and this device did not know that. The new key is stored before this method returns.
            ///
            /// # Errors
            /// `storage` if nothing can be stored on this device. In this case,
            /// [`maybe_applied`](crate::Error::maybe_applied) says whether Polar has replaced the key. If Polar has
            /// replaced the key, [`license_keys`](Self::license_keys) lists the new key. If `maybe_applied` is true for
            /// any other error, the key may have been replaced: list the keys again.
            pub $($async)? fn rotate(&self, key: &LicenseKey, confirmed: ConfirmedByUser) -> Result<LicenseKey, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, now| steps::rotate(context, token, key, confirmed, now), |_| Continue(()))$(.$await)?
            }
        }

        impl Checkout {
            /// Returns the address to open in a browser. It contains a secret that gives access to the buyer's data, so
            /// pass the address only to the browser.
            pub fn address(&self) -> &str {
                self.page.address()
            }

            /// Waits until the purchase is paid, but no longer than `within`, and then makes Polar e-mail a code to the
            /// buyer. The buyer may close the page meanwhile. Calls `progress` before each wait; if `progress` returns
            /// [`Break`](std::ops::ControlFlow::Break), the wait ends. May be called again after any error.
            ///
            /// # Errors
            /// `timeout` if the purchase was not paid in time; `refused` if the payment failed or the checkout is older
            /// than a day; after the payment, the errors of [`Portal::request_code`].
            pub $($async)? fn follow(
                &self,
                within: Duration,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Purchase, Error> {
                self.driver.portal(|context, now| steps::follow(context, &self.page, within, now), progress)$(.$await)?
            }
        }

        impl fmt::Debug for Portal {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Portal").finish_non_exhaustive()
            }
        }

        impl fmt::Debug for Session {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Session").finish_non_exhaustive()
            }
        }

        impl fmt::Debug for Checkout {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Checkout").finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use portal;
