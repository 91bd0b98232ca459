//! What a test does around the customer portal.

use std::time::Duration;

use super::{MockPolar, or_panic};
use crate::fulfilment;
use crate::mails::Mail;
use crate::portal::{self, Purchase};

/// The customer portal, from the other side: the mailbox, the buyer, the vendor's backend.
impl MockPolar {
    /// The mails that Polar sent, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.state(|state| state.mails.clone())
    }

    /// Waits until Polar has sent `count` mails; `false` if that takes longer than `timeout`.
    pub fn wait_for_mails(&self, count: usize, timeout: Duration) -> bool {
        self.machine.shared.wait_for(|state| state.mails.len(), count, timeout)
    }

    /// From now on, mails take this long, by the server's clock. At the start: no time.
    pub fn delay_mails(&self, by: Duration) {
        self.state(|state| state.worker.delay_mails(by));
    }

    /// From now on, it takes this long from a purchase or a claimed seat to its key. At the start: a second.
    pub fn delay_purchases(&self, by: Duration) {
        self.state(|state| state.worker.delay_purchases(by));
    }

    /// Has Polar's worker do now what it would do later: mails arrive, and purchases have their keys.
    pub fn run_worker(&self) {
        self.state(fulfilment::run_all);
        self.machine.shared.announce();
    }

    /// Pays a checkout, by its client secret, as a buyer in a browser does, whatever it costs.
    #[track_caller]
    pub fn pay(&self, client_secret: &str, email: &str) -> Purchase {
        let fields = serde_json::json!({ "customer_email": email, "customer_billing_address": { "country": "GB" } });
        let fields = fields.as_object().cloned().unwrap_or_default();
        let paid = self.state(|state| portal::pay(state, client_secret, &fields, &self.url()));
        or_panic(paid.map_err(|refusal| String::from_utf8_lossy(&refusal.body).into_owned()))
    }

    /// A token for the customer with this address, which a vendor's backend would hand to an app.
    #[track_caller]
    pub fn customer_token(&self, email: &str) -> String {
        let token = self.state(|state| portal::customer_token(state, email));
        or_panic(token.ok_or_else(|| format!("there is no customer `{email}`")))
    }

    /// Whether the customer portal shows the activations of this benefit's keys (name or id): the vendor's switch "Enable
    /// user to deactivate instances via Polar". At the start: yes, unless the seed says no.
    #[track_caller]
    pub fn show_activations(&self, benefit: &str, shown: bool) {
        let id = self.benefit_id(benefit);
        self.state(|state| state.database.show_activations(id, shown));
    }

    /// How many event streams are open.
    pub fn open_streams(&self) -> usize {
        self.state(|state| state.events.count())
    }
}
