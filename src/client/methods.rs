//! The operations of a client, with their documentation, for every client alike.

/// Declares the methods that ask the engine of `self.driver`: without an argument such that wait, with `async` and `await`
/// such that return futures.
macro_rules! methods {
    ($($async:ident, $await:ident)?) => {
        /// Activates a license key on this device, and remembers it. Takes a seat only if the key has an activation limit
        /// and is not active here already.
        ///
        /// # Errors
        /// `refused` with the [reason](crate::Error::reason) if Polar or the configuration denies the key; `storage` if
        /// the license cannot be stored: no seat was taken, or, if storing fails only afterwards, the license works until
        /// the app ends and [`maybe_applied`](crate::Error::maybe_applied) says whether it has a seat; `network`,
        /// `timeout`, `server` and `rate_limited` if Polar did not answer; `invalid_argument` for what cannot be a key.
        /// After any of them a license that was here is as it was before. With
        /// [`maybe_applied`](crate::Error::maybe_applied) a seat may have been taken; the decision keeps saying so.
        pub $($async)? fn activate(&self, key: &str) -> Result<$crate::Decision, $crate::Error> {
            let options = $crate::client::options::ActivateOptions::new().key(key);
            self.activate_with(options)$(.$await)?
        }

        /// Activates the stored key again, or moves a license here. Errors as [`activate`](Self::activate).
        pub $($async)? fn activate_with(
            &self,
            options: $crate::client::options::ActivateOptions,
        ) -> Result<$crate::Decision, $crate::Error> {
            self.driver.run(options.into())$(.$await)?.result
        }

        /// Asks Polar now. If Polar cannot be reached, the decision stands, and its
        /// [problem](crate::Decision::problem) says why.
        pub $($async)? fn validate(&self) -> $crate::Decision {
            self.driver.run($crate::engine::Operation::Validate)$(.$await)?.into_decision()
        }

        /// Asks Polar if that is due, or if access is not allowed and Polar was not asked within the last five seconds. Call
        /// it when the app starts, and when a user without access tries again.
        pub $($async)? fn refresh(&self) -> $crate::Decision {
            let operation = $crate::engine::Operation::Refresh($crate::engine::Patience::Short);
            self.driver.run(operation)$(.$await)?.into_decision()
        }

        /// The decision at this instant, from memory.
        #[must_use]
        pub fn current(&self) -> $crate::Decision {
            self.driver.current()
        }

        /// Whether a feature is on at this instant, from memory. A feature that the configuration does not name is off, and
        /// the log says so once.
        #[must_use]
        pub fn allows(&self, feature: &str) -> bool {
            self.driver.allows(feature)
        }

        /// Returns `true` if the license includes a version of the app that was built on this day, from memory. See
        /// [`Decision::covers`](crate::Decision::covers).
        #[must_use]
        pub fn covers(&self, built: impl Into<$crate::Date>) -> bool {
            self.driver.current().covers(built)
        }

        /// Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
        ///
        /// # Errors
        /// `usage_exhausted` if fewer are left, `not_activated` without a license; otherwise as
        /// [`activate`](Self::activate). With [`maybe_applied`](crate::Error::maybe_applied) they may have been counted;
        /// they are never sent twice.
        pub $($async)? fn consume(&self, count: u32) -> Result<$crate::Decision, $crate::Error> {
            self.driver.run($crate::engine::Operation::Consume(count))$(.$await)?.result
        }

        /// Releases the seat and removes the license from this device.
        ///
        /// # Errors
        /// `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` if Polar did not answer:
        /// then nothing is removed; `storage` if the license cannot be removed from this device: with
        /// [`maybe_applied`](crate::Error::maybe_applied) the seat was released, and this has to be done again.
        pub $($async)? fn deactivate(
            &self,
        ) -> Result<$crate::client::deactivation::Deactivation, $crate::Error> {
            let outcome = self.driver.run($crate::engine::Operation::Deactivate)$(.$await)?;
            $crate::client::deactivation::Deactivation::of(outcome)
        }

        /// Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's
        /// customer portal; [`deactivate`](Self::deactivate) releases it.
        ///
        /// # Errors
        /// `storage` if the record could not be removed.
        pub $($async)? fn forget(&self) -> Result<$crate::Decision, $crate::Error> {
            self.driver.run($crate::engine::Operation::Forget)$(.$await)?.result
        }

        /// Ends every operation under way: they return the kind `cancelled`, or the decision with that problem. An
        /// activation that was sent may still take its seat; the decision keeps saying so.
        pub fn cancel(&self) {
            self.driver.cancel();
        }
    };
}

pub(crate) use methods;
