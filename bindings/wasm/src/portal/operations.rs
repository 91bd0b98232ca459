//! The first step of each operation of the portal.

use super::NextPortalStep;
use crate::arguments::now;
use crate::engine::Engine;
use crate::under_way::Value;
use polar_license::portal::ConfirmedByUser;
use polar_license::portal::steps::{self, Step};
use std::time::Duration;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Engine {
    /// Makes Polar e-mail a code.
    #[wasm_bindgen(js_name = requestCode)]
    pub fn request_code(&self, email: &str, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, _| Some(steps::request_code(context, email, now).map(Value::CodeRequest)))
    }

    /// Makes Polar e-mail a code to one of several customers.
    #[wasm_bindgen(js_name = requestCodeFor)]
    pub fn request_code_for(&self, customer: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            let (choice, customer) = held.customer(customer)?;
            Some(steps::request_code_for(context, choice, customer, now).map(Value::CodeRequest))
        })
    }

    /// Starts a session with a code.
    pub fn authenticate(&self, code: &str, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, _| Some(steps::authenticate(context, code, now).map(Value::Session)))
    }

    /// Starts a session with an invitation.
    #[wasm_bindgen(js_name = claimSeat)]
    pub fn claim_seat(&self, invitation: &str) -> NextPortalStep {
        self.begin_portal(|context, _| Some(steps::claim_seat(context, invitation).map(Value::Session)))
    }

    /// Starts a session with a token.
    #[wasm_bindgen(js_name = sessionFromToken)]
    pub fn session_from_token(&self, token: &str) -> NextPortalStep {
        self.begin_portal(|context, _| Some(Step::Done(steps::session_from_token(&context, token).map(Value::Session))))
    }

    /// Creates a checkout with a link.
    pub fn checkout(&self, link: &str) -> NextPortalStep {
        self.begin_portal(|context, _| Some(steps::open_checkout(context, link).map(Value::Checkout)))
    }

    /// Returns a checkout that was created elsewhere.
    #[wasm_bindgen(js_name = checkoutFromSecret)]
    pub fn checkout_from_secret(&self, #[wasm_bindgen(js_name = clientSecret)] client_secret: &str) -> NextPortalStep {
        self.begin_portal(|context, _| {
            Some(Step::Done(steps::checkout_from_secret(&context, client_secret).map(Value::Checkout)))
        })
    }

    /// Waits until a checkout is paid.
    pub fn follow(
        &self,
        checkout: u32,
        #[wasm_bindgen(js_name = withinMs)] within_ms: f64,
        wall: f64,
        mono: f64,
    ) -> NextPortalStep {
        let now = now(wall, mono);
        // `as` saturates, and converts NaN to 0
        let within = Duration::from_millis(within_ms as u64);
        self.begin_portal(|context, held| {
            Some(steps::follow(context, held.page(checkout)?, within, now).map(Value::Purchase))
        })
    }

    /// Returns the customer's keys.
    #[wasm_bindgen(js_name = licenseKeys)]
    pub fn license_keys(&self, session: u32) -> NextPortalStep {
        self.begin_portal(|context, held| {
            Some(steps::license_keys(context, held.token(session)?.clone()).map(Value::Keys))
        })
    }

    /// Returns the customer's keys that can be used.
    #[wasm_bindgen(js_name = usableKeys)]
    pub fn usable_keys(&self, session: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            Some(steps::usable_keys(context, held.token(session)?.clone(), now).map(Value::Keys))
        })
    }

    /// Activates the suitable key.
    pub fn restore(&self, session: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            Some(steps::restore(context, held.token(session)?.clone(), now).map(Value::Restored))
        })
    }

    /// Activates the suitable key, and waits for it if it is still on its way.
    #[wasm_bindgen(js_name = restoreWhenGranted)]
    pub fn restore_when_granted(&self, session: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            Some(steps::restore_when_granted(context, held.token(session)?.clone(), now).map(Value::Restored))
        })
    }

    /// Activates the key of a purchase.
    #[wasm_bindgen(js_name = restorePurchase)]
    pub fn restore_purchase(&self, session: u32, purchase: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            let (token, purchase) = (held.token(session)?.clone(), held.purchase(purchase)?);
            Some(steps::restore_purchase(context, token, purchase, now).map(Value::Restored))
        })
    }

    /// Activates this key.
    #[wasm_bindgen(js_name = activateKey)]
    pub fn activate_key(&self, session: u32, key: u32) -> NextPortalStep {
        self.begin_portal(|context, held| {
            let (token, key) = (held.token(session)?.clone(), held.key(key)?.clone());
            Some(steps::activate(context, token, key).map(Value::Restored))
        })
    }

    /// Returns the devices of a key.
    pub fn devices(&self, session: u32, key: u32) -> NextPortalStep {
        self.begin_portal(|context, held| {
            let (token, key) = (held.token(session)?.clone(), held.key(key)?.clone());
            let listed = steps::devices(context, token, key.clone(), false);
            Some(listed.map(|devices| Value::Devices(key, devices)))
        })
    }

    /// Releases the seat of a device.
    pub fn release(&self, device: u32) -> NextPortalStep {
        self.begin_portal(|context, held| {
            let (key, device) = held.device(device)?;
            Some(steps::release(context, key, device).map(Value::Released))
        })
    }

    /// Replaces a key, after the user has confirmed it.
    pub fn rotate(&self, session: u32, key: u32, wall: f64, mono: f64) -> NextPortalStep {
        let now = now(wall, mono);
        self.begin_portal(|context, held| {
            let (token, key) = (held.token(session)?.clone(), held.key(key)?.clone());
            Some(steps::rotate(context, token, key, ConfirmedByUser, now).map(Value::Key))
        })
    }
}
