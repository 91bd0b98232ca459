//! The customer portal of a client, with its documentation, for every client alike.

/// Declares `Portal`, `Session` and `Checkout` over the driver: without an argument at the end such that wait, with `async`
/// and `await` such that return futures. `Pointer` shares the driver; `bounds` are those of a function that reports progress.
macro_rules! portal {
    ($Pointer:ident, [$($bounds:tt)*] $(, $async:ident, $await:ident)?) => {
        /// The customer portal of a [client](super::Client): made by its `portal()`. See [`portal`](crate::portal).
        #[derive(Clone)]
        pub struct Portal {
            driver: $Pointer<Driver>,
        }

        /// What a customer may do for an hour: find the license keys, restore the license, manage devices. Keep it in memory
        /// only, and drop it with the dialog that it belongs to; Polar cannot end it early.
        #[derive(Clone)]
        pub struct Session {
            driver: $Pointer<Driver>,
            token: Token,
        }

        /// A purchase under way.
        #[derive(Clone)]
        pub struct Checkout {
            driver: $Pointer<Driver>,
            page: CheckoutPage,
        }

        impl Portal {
            pub(super) fn new(driver: $Pointer<Driver>) -> Self {
                Self { driver }
            }

            /// Has a code mailed to the address of the purchase. Nobody can tell whether the address is known: show
            /// [`CodeSent::message`](crate::portal::CodeSent::message), which has the address in it.
            ///
            /// # Errors
            /// `invalid_argument` for what is no e-mail address; `rate_limited` with the wait if too many codes were
            /// requested or tried; `storage` if that cannot be counted: then nothing was sent.
            pub $($async)? fn request_code(&self, email: &str) -> Result<CodeRequest, Error> {
                self.driver.portal(|context, now| steps::request_code(context, email, now), |_| Continue(()))$(.$await)?
            }

            /// Has a code mailed for one of several customers with the same address. Errors as
            /// [`request_code`](Self::request_code).
            pub $($async)? fn request_code_for(
                &self,
                choice: &CustomerChoice,
                customer: &Customer,
            ) -> Result<CodeRequest, Error> {
                let begin = |context, now| steps::request_code_for(context, choice, customer, now);
                self.driver.portal(begin, |_| Continue(()))$(.$await)?
            }

            /// Begins a session with a code from a mail. It is trimmed and written in capital letters, and refused without a
            /// request if it cannot be a code.
            ///
            /// # Errors
            /// `invalid_argument` for a code that is wrong or has expired; otherwise as
            /// [`request_code`](Self::request_code). If no answer comes, the code may be used up: ask for another one.
            pub $($async)? fn authenticate(&self, code: &str) -> Result<Session, Error> {
                let begin = |context, now| steps::authenticate(context, code, now);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// Begins a session by accepting an invitation to a team: its token, or the link in its mail. It works once. The
            /// key comes a moment later: [`Session::restore_when_granted`].
            ///
            /// # Errors
            /// `refused` if the invitation was used or has expired. If no answer comes, it may have been accepted; a code by
            /// e-mail does the same then.
            pub $($async)? fn claim_seat(&self, invitation: &str) -> Result<Session, Error> {
                let begin = |context, _| steps::claim_seat(context, invitation);
                let token = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(self.session(token))
            }

            /// A session with a token that a success page or the vendor's backend hands over. Sends nothing. A page cannot
            /// know who sent it a token: compare a value that only the app and its own purchase know.
            ///
            /// # Errors
            /// `invalid_argument` for what cannot be a token.
            pub fn session_from_token(&self, token: &str) -> Result<Session, Error> {
                Ok(self.session(steps::session_from_token(&self.driver.portal_context(), token)?))
            }

            /// A checkout that the vendor's backend has made, by its client secret. Sends nothing.
            ///
            /// # Errors
            /// `invalid_argument` for what cannot be a client secret.
            pub fn checkout_from_secret(&self, client_secret: &str) -> Result<Checkout, Error> {
                let page = steps::checkout_from_secret(&self.driver.portal_context(), client_secret)?;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }

            /// The same with a token that was read already, by a success page for example.
            #[must_use]
            pub fn session(&self, token: Token) -> Session {
                Session { driver: $Pointer::clone(&self.driver), token }
            }
        }

        impl Session {
            /// The customer's license keys of this organization and of the benefits that the configuration accepts: those
            /// that can be used first, and of them those that last longest.
            ///
            /// # Errors
            /// `refused` if the session has ended.
            pub $($async)? fn license_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, _| steps::license_keys(context, token), |_| Continue(()))$(.$await)?
            }

            /// Those of the [license keys](Self::license_keys) that can be used, in the same order; one at least. Where all
            /// have expired by the clock of this device, which may be wrong, it is the one that lasts longest: Polar
            /// decides when it is activated.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has no key for this app, or none that can be used, and without one if
            /// the session has ended.
            pub $($async)? fn usable_keys(&self) -> Result<Vec<LicenseKey>, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::usable_keys(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// Activates the customer's license key on this device: the one that is active here, or the only one that can be
            /// used. Several are returned to [choose](Restored::Choose) from; if no seat is free, the
            /// [devices](Restored::NoSeat) are. Where all have expired by the clock of this device, which may be wrong,
            /// Polar is asked about the one that lasts longest; a key that has expired takes no seat.
            ///
            /// # Errors
            /// `refused` with a reason if the customer has no key for this app, or none that can be used, and without one if
            /// the session has ended; otherwise as `activate`.
            pub $($async)? fn restore(&self) -> Result<Restored, Error> {
                let token = self.token.clone();
                self.driver.portal(|context, now| steps::restore(context, token, now), |_| Continue(()))$(.$await)?
            }

            /// The same, but waits up to five minutes for a key that is on its way, after an invitation was accepted.
            /// `progress` is called before each wait, and ends it with [`Break`](std::ops::ControlFlow::Break).
            ///
            /// # Errors
            /// `timeout` if the key is still not there; otherwise as [`restore`](Self::restore).
            pub $($async)? fn restore_when_granted(
                &self,
                progress: impl FnMut(Progress) -> ControlFlow<()> $($bounds)*,
            ) -> Result<Restored, Error> {
                let token = self.token.clone();
                let begin = |context, now| steps::restore_when_granted(context, token, now);
                self.driver.portal(begin, progress)$(.$await)?
            }

            /// Activates the key of a purchase, and waits up to five minutes for it. Errors and `progress` as
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

            /// Activates this key, of several that fit. Errors as [`restore`](Self::restore).
            pub $($async)? fn activate(&self, key: &LicenseKey) -> Result<Restored, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::activate(context, token, key), |_| Continue(()))$(.$await)?
            }

            /// The devices that a key is active on, or that the vendor does not show them.
            ///
            /// # Errors
            /// `refused` if the session has ended, or the key is not the customer's any more.
            pub $($async)? fn devices(&self, key: &LicenseKey) -> Result<Devices, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::devices(context, token, key, false), |_| Continue(()))$(.$await)?
            }

            /// Releases the seat of a device, without the token. On this device it does what `deactivate` does.
            /// [`Deactivated::Unknown`] if Polar knows no such seat (any more).
            ///
            /// # Errors
            /// `network`, `timeout`, `server` and `rate_limited` if Polar did not answer, `cancelled` if the app gave up. With
            /// [`maybe_applied`](crate::Error::maybe_applied) the seat may have been released: list the devices again.
            pub $($async)? fn release(&self, key: &LicenseKey, device: &Device) -> Result<Deactivated, Error> {
                self.driver.portal(|context, _| steps::release(context, key, device), |_| Continue(()))$(.$await)?
            }

            /// Replaces a license key by another one. The old one ends at once on **all** devices of the customer, which
            /// need the new one then; seats stay. Ask the user first. If the license here is of this key, even if that
            /// was replaced since, it goes on with the new one, which is stored before this returns.
            ///
            /// # Errors
            /// `storage` if nothing can be stored here: nothing was replaced then, or, with
            /// [`maybe_applied`](crate::Error::maybe_applied), [`license_keys`](Self::license_keys) lists the new key.
            /// With [`maybe_applied`](crate::Error::maybe_applied) the key may have been replaced: list the keys again.
            pub $($async)? fn rotate(&self, key: &LicenseKey, confirmed: ConfirmedByUser) -> Result<LicenseKey, Error> {
                let (token, key) = (self.token.clone(), key.clone());
                self.driver.portal(|context, _| steps::rotate(context, token, key, confirmed), |_| Continue(()))$(.$await)?
            }
        }

        impl Checkout {
            /// The address to open in a browser. It holds a secret that shows the buyer's data: give it to the browser and to
            /// nobody else.
            pub fn address(&self) -> &str {
                self.page.address()
            }

            /// Follows the purchase until it is paid, at most for so long, and has a code mailed to the buyer then. It does
            /// not matter whether the buyer closes the page afterwards. `progress` is called before each wait, and ends it
            /// with [`Break`](std::ops::ControlFlow::Break). May be called again after any error.
            ///
            /// # Errors
            /// `timeout` if it was not paid in time, `refused` if the payment failed or the checkout is older than a day;
            /// as [`Portal::request_code`] once it is paid.
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

/// Declares what opens a checkout by a link. Not for web pages: a browser hides where a link leads to.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
macro_rules! checkout_by_link {
    ($Pointer:ident $(, $async:ident, $await:ident)?) => {
        impl Portal {
            /// Makes a checkout by the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its
            /// [address](Checkout::address) in a browser. Parameters of the link are kept, except those that name the buyer.
            ///
            /// # Errors
            /// `invalid_argument` for what is no link; `refused` if Polar does not know it.
            pub $($async)? fn checkout(&self, link: &str) -> Result<Checkout, Error> {
                let begin = |context, _| steps::open_checkout(context, link);
                let page = self.driver.portal(begin, |_| Continue(()))$(.$await)??;
                Ok(Checkout { driver: $Pointer::clone(&self.driver), page })
            }
        }
    };
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub(crate) use checkout_by_link;
pub(crate) use portal;
