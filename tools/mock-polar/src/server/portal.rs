//! Methods with which a test reads the mails, pays at the checkout page and acts as the vendor's backend.

use std::time::Duration;

use super::{MockPolar, or_panic};
use crate::fulfilment;
use crate::mails::Mail;
use crate::portal::{self, Purchase};

/// Methods for the customer portal: the mailbox, the buyer and the vendor's backend.
impl MockPolar {
    /// Returns the mails that Polar sent, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.state(|state| state.mails.clone())
    }

    /// Waits until Polar has sent `count` mails. Returns `false` if that takes longer than `timeout`.
    pub fn wait_for_mails(&self, count: usize, timeout: Duration) -> bool {
        self.machine.shared.wait_for(|state| state.mails.len(), count, timeout)
    }

    /// Sets how long Polar waits before it sends a mail, by the server's clock. Applies only to mails that are
    /// requested after this call. Without this call, Polar sends mails immediately.
    pub fn delay_mails(&self, by: Duration) {
        self.state(|state| state.worker.delay_mails(by));
    }

    /// Sets how long Polar waits after a purchase, or after the claim of a seat, before it grants the key. Applies only
    /// to purchases and claims that are made after this call. Without this call, Polar waits for one second.
    pub fn delay_purchases(&self, by: Duration) {
        self.state(|state| state.worker.delay_purchases(by));
    }

    /// Makes Polar's worker carry out all of its jobs now, even those that are not due: mails arrive, and purchases get
    /// their keys.
    pub fn run_worker(&self) {
        self.state(fulfilment::run_all);
        self.machine.shared.announce();
    }

    /// Pays for a checkout as a buyer would in a browser, whatever its price. The client secret identifies the
    /// checkout.
    #[track_caller]
    pub fn pay(&self, client_secret: &str, email: &str) -> Purchase {
        let fields = serde_json::json!({ "customer_email": email, "customer_billing_address": { "country": "GB" } });
        let fields = fields.as_object().cloned().unwrap_or_default();
        let paid = self.state(|state| portal::pay(state, client_secret, &fields, &self.url()));
        or_panic(paid.map_err(|refusal| String::from_utf8_lossy(&refusal.body).into_owned()))
    }

    /// Creates a token for the customer with this e-mail address, as a vendor's backend does for an app.
    #[track_caller]
    pub fn customer_token(&self, email: &str) -> String {
        let token = self.state(|state| portal::customer_token(state, email));
        or_panic(token.ok_or_else(|| format!("there is no customer `{email}`")))
    }

    /// Shows or hides the activations of a benefit's keys in the customer portal. `benefit` is the benefit's name or
    /// its id. In Polar, vendors have the switch "Enable user to deactivate instances via Polar" for this. When the
    /// server starts, the activations are shown, unless the seed hides them.
    #[track_caller]
    pub fn show_activations(&self, benefit: &str, shown: bool) {
        let id = self.benefit_id(benefit);
        self.state(|state| state.database.show_activations(id, shown));
    }

    /// Returns the number of open event streams.
    pub fn open_streams(&self) -> usize {
        self.state(|state| state.events.count())
    }
}
