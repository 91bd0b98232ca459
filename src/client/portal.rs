//! The customer portal of a client, with its documentation. The same for every client.

/// Declares `Portal`, `Session` and `Checkout` over the driver. Without a last argument the methods block; with `async`
/// and `await` they return futures. `Pointer` shares the driver, and `bounds` are those of a function that reports
/// progress.
///
/// This is a macro because one Rust function cannot block for one client and return a future for another. Without it, a
/// new operation of the portal would be written in three clients, with its documentation in another file.
macro_rules! portal {
    ($Pointer:ident, [$($bounds:tt)*] $(, $async:ident, $await:ident)?) => {
        /// The customer portal of a [client](super::Client), returned by its `portal()`. See [`portal`](crate::portal).
        #[derive(Clone)]
        pub struct Portal {
            driver: $Pointer<Driver>,
        }

        /// A customer's session, which lasts an hour: finds license keys, restores a license, manages devices. Keep it
        /// in memory only, and drop it together with the dialog that it belongs to. Polar cannot end it early.
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

            /// Makes Polar e-mail a code to the address of the purchase. Polar does not tell whether it knows the
            /// address: show [`CodeSent::message`](crate::portal::CodeSent::message), which contains the address.
            ///
            /// # Errors
            /// `invalid_argument` if `email` is not an e-mail address; `rate_limited` with the time to wait if too many
            /// codes were requested or tried; `storage` if the try cannot be counted, in which case nothing was sent.
            pub $($async)? fn request_code(&self, email: &str) -> Result<CodeRequest, Error> {
                self.driver.portal(|context, now| steps::request_code(context, email, now), |_| Continue(()))$(.$await)?
            }

            /// Makes Polar e-mail a code to one of several customers with the same address. Fails like
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
            /// `invalid_argument` if the code is wrong or has expired; otherwise like
            /// [`request_code`](Self::request_code). If no answer comes, the code may be used up: request another one.
            pub $($async)? fn authenticate(&self, code: &str) -> Result<Session, Error> {
                let begin = |context, now| steps::authenticate(context, code, now);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// Starts a session by accepting an invitation to a team. `invitation` is its token, or the link in its
            /// e-mail, and works once. The key arrives a moment later; see [`Session::restore_when_granted`].
            ///
            /// # Errors
            /// `refused` if the invitation was used or has expired. If no answer comes, it may have been accepted; then
            /// a code by e-mail starts the session.
            pub $($async)? fn claim_seat(&self, invitation: &str) -> Result<Session, Error> {
                let begin = |context, _| steps::claim_seat(context, invitation);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. A page cannot
            /// know who sent it a token: compare a value that only the app and its own purchase know.
            ///
            /// # Errors
            /// `invalid_argument` if `token` cannot be a token.
            pub fn session_from_token(&self, token: &str) -> Result<Session, Error> {
                Ok(self.session(steps::session_from_token(&self.driver.portal_context(), token)?))
            }

            /// Creates a checkout with the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its
            /// [address](Checkout::address) in a browser. Keeps the link's parameters, except those that name the
            /// buyer.
            ///
            /// # Errors
            /// `invalid_argument` if `link` is not such a link; `refused` if Polar does not know it.
            // a browser hides the target of a link
            #[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
            pub $($async)? fn checkout(&self, link: &str) -> Result<Checkout, Error> {
                let begin = |context, _| steps::open_checkout(context, link);
                let page = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }

            /// Returns a checkout that the vendor's backend has created, by its client secret. Sends nothing.
            ///
            /// # Errors
            /// `invalid_argument` if `client_secret` cannot be a client secret.
            pub fn checkout_from_secret(&self, client_secret: &str) -> Result<Checkout, Error> {
                let page = steps::checkout_from_secret(&self.driver.portal_context(), client_secret)?;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }

            /// Runs an operation that a binding describes. Not part of the public interface.
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
            /// Returns the customer's license keys for this organization and the benefits that the configuration
            /// accepts. Usable keys come first, and among them those with the latest expiry.
            ///
            /// # Errors
            /// `refused` if the session has ended.
            pub $($async)? fn license_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, _| steps::license_keys(context, token), |_| Continue(()))$(.$await)?
            }

            /// Returns those [license keys](Self::license_keys) that can be used, in the same order; at least one. If
            /// all have expired by this device's clock, which may be wrong, returns the key with the latest expiry:
            /// Polar decides when it is activated.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has no key for this app or none that can be used; `refused`
            /// without a reason if the session has ended.
            pub $($async)? fn usable_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::usable_keys(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// Activates the customer's license key on this device: the one that is active here, or the only one that
            /// can be used. Returns several usable keys to [choose](Restored::Choose) from, or the
            /// [devices](Restored::NoSeat) if no seat is free. If all keys have expired by this device's clock, which
            /// may be wrong, Polar is asked about the one with the latest expiry; an expired key takes no seat.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has no key for this app or none that can be used; `refused`
            /// without a reason if the session has ended; otherwise like `activate`.
            pub $($async)? fn restore(&self) -> Result<Restored, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::restore(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// Restores the license, and waits up to five minutes for a key that is still on its way, after an
            /// invitation was accepted. Calls `progress` before each wait; [`Break`](std::ops::ControlFlow::Break) ends
            /// the wait.
            ///
            /// # Errors
            /// `timeout` if the key has not arrived; otherwise like [`restore`](Self::restore).
            pub $($async)? fn restore_when_granted(
                &self,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Restored, Error> {
                let token = self.token.clone();
                let begin = |context, now| steps::restore_when_granted(context, token, now);
                self.driver.portal(begin, progress)$(.$await)?
            }

            /// Activates the key of a purchase, and waits up to five minutes for it. Errors and `progress` are as for
            /// [`restore_when_granted`](Self::restore_when_granted).
            pub $($async)? fn restore_purchase(
                &self,
                purchase: &Purchase,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Restored, Error> {
                let token = self.token.clone();
                let begin = |context, now| steps::restore_purchase(context, token, purchase, now);
                self.driver.portal(begin, progress)$(.$await)?
            }

            /// Activates one of several suitable keys. Fails like [`restore`](Self::restore).
            pub $($async)? fn activate(&self, key: &LicenseKey) -> Result<Restored, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::activate(context, token, key), |_| Continue(()))$(.$await)?
            }

            /// Returns the devices on which a key is active, or that the vendor does not show them.
            ///
            /// # Errors
            /// `refused` if the session has ended, or the key does not belong to the customer any more.
            pub $($async)? fn devices(&self, key: &LicenseKey) -> Result<Devices, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::devices(context, token, key, false), |_| Continue(()))$(.$await)?
            }

            /// Releases the seat of a device. Does not use the session's token. For this device it does the same as
            /// `deactivate`. Returns [`Deactivated::Unknown`] if Polar does not know the seat, or not any more.
            ///
            /// # Errors
            /// `network`, `timeout`, `server` and `rate_limited` if Polar did not answer; `cancelled` if the app
            /// cancelled. With [`maybe_applied`](crate::Error::maybe_applied) the seat may have been released: list the
            /// devices again.
            pub $($async)? fn release(&self, key: &LicenseKey, device: &Device) -> Result<Deactivated, Error> {
                self.driver.portal(|context, _| steps::release(context, key, device), |_| Continue(()))$(.$await)?
            }

            /// Replaces a license key with a new one. The old key stops working at once on **all** devices of the
            /// customer, which then need the new one. Seats are kept. Ask the user first. If the license here belongs
            /// to this key, even to an earlier text of it, it continues with the new key, which is stored before this
            /// returns.
            ///
            /// # Errors
            /// `storage` if nothing can be stored here. Then nothing was replaced or, with
            /// [`maybe_applied`](crate::Error::maybe_applied), [`license_keys`](Self::license_keys) lists the new key.
            /// Every other error with [`maybe_applied`](crate::Error::maybe_applied) means that the key may have been
            /// replaced: list the keys again.
            pub $($async)? fn rotate(&self, key: &LicenseKey, confirmed: ConfirmedByUser) -> Result<LicenseKey, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, now| steps::rotate(context, token, key, confirmed, now), |_| Continue(()))$(.$await)?
            }
        }

        impl Checkout {
            /// Returns the address to open in a browser. It contains a secret that shows the buyer's data, so pass it
            /// to nothing but the browser.
            pub fn address(&self) -> &str {
                self.page.address()
            }

            /// Waits until the purchase is paid, but no longer than `within`, and then makes Polar e-mail a code to the
            /// buyer. The buyer may close the page meanwhile. Calls `progress` before each wait;
            /// [`Break`](std::ops::ControlFlow::Break) ends the wait. May be called again after any error.
            ///
            /// # Errors
            /// `timeout` if the purchase was not paid in time; `refused` if the payment failed or the checkout is older
            /// than a day; once it is paid, like [`Portal::request_code`].
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
