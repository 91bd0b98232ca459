//! The values that JavaScript receives from the portal: plain objects, and numbers for the values that it passes back.
//! Their members come from the core; their TypeScript is in `ts/src/portal/types.ts`.

use crate::held::{Held, HeldValues};
use crate::under_way::Value;
use crate::values::milliseconds;
use polar_license::portal::json::{
    CodeSentJson, CustomerJson, DeviceJson, HiddenDevicesJson, LicenseKeyJson, ProgressJson,
};
use polar_license::portal::steps::WaitStep;
use polar_license::portal::{self, LicenseKey};
use polar_license::transport::{Method, PortalRequest};
use polar_license::{Deactivated, Error, ErrorDetails};
use serde::Serialize;
use std::ops::Deref;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str =
    r#"import type { CodeSent, Customer, Device, HiddenDevices, LicenseKey, Progress } from "./portal/types.js";"#;

/// The next step for a driver of the portal, and the number with which it is resumed.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "lowercase", rename_all_fields = "camelCase")]
#[tsify(missing_as_null, hashmap_as_object)]
pub enum PortalStep<'a> {
    /// Run the operation that `run` starts, then call `resumeRun`.
    Run { number: u32 },
    /// Send this request once, within `timeout_ms`, and read at most `reply_limit` bytes. Never show any part of it.
    Exchange {
        number: u32,
        #[tsify(type = "\"GET\" | \"POST\"")]
        method: &'static str,
        url: &'a str,
        headers: Vec<(&'static str, &'a str)>,
        /// Null for a request without a body.
        body: Option<&'a str>,
        timeout_ms: u64,
        reply_limit: u32,
    },
    /// Report the progress, and wait until the monotonic clock says `until`.
    Wait {
        number: u32,
        until: u64,
        #[tsify(type = "Progress")]
        progress: ProgressJson,
    },
    /// The operation has ended, with a value or an error.
    Done {
        value: Option<PortalValue<'a>>,
        #[tsify(type = "Failure | null")]
        error: Option<ErrorDetails<'a>>,
    },
}

/// The result of an operation, by the name of its type.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
#[tsify(missing_as_null, hashmap_as_object)]
pub enum PortalValue<'a> {
    CodeRequest(CodeRequestValue<'a>),
    Session(u32),
    Checkout { held: u32, address: &'a str },
    Purchase { held: u32, code: CodeRequestValue<'a> },
    Keys(Vec<HeldKey>),
    Restored(RestoredValue<'a>),
    Devices(DevicesValue<'a>),
    Released(#[tsify(type = "Deactivated")] Deactivated),
    Key(HeldKey),
}

#[derive(Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[tsify(missing_as_null)]
pub enum CodeRequestValue<'a> {
    Sent {
        #[tsify(type = "CodeSent")]
        shown: CodeSentJson<'a>,
    },
    Choose {
        email: &'a str,
        customers: Vec<HeldCustomer<'a>>,
    },
}

#[derive(Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[tsify(missing_as_null, hashmap_as_object)]
pub enum RestoredValue<'a> {
    /// The license was restored; the current decision describes it.
    Licensed,
    Choose {
        keys: Vec<HeldKey>,
    },
    NoSeat {
        key: HeldKey,
        devices: DevicesValue<'a>,
        #[tsify(type = "Failure")]
        error: ErrorDetails<'a>,
    },
}

#[derive(Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[tsify(missing_as_null)]
pub enum DevicesValue<'a> {
    Listed {
        devices: Vec<HeldDevice<'a>>,
    },
    Hidden {
        #[tsify(type = "HiddenDevices")]
        shown: HiddenDevicesJson<'a>,
    },
}

#[derive(Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct HeldCustomer<'a> {
    held: u32,
    #[tsify(type = "Customer")]
    shown: CustomerJson<'a>,
}

#[derive(Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct HeldKey {
    held: u32,
    #[tsify(type = "LicenseKey")]
    shown: Box<LicenseKeyJson>,
}

#[derive(Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct HeldDevice<'a> {
    held: u32,
    #[tsify(type = "Device")]
    shown: DeviceJson<'a>,
}

impl<'a> PortalStep<'a> {
    pub(super) fn exchange(
        number: u32,
        request: &'a PortalRequest,
        headers: &'a [(&'static str, impl Deref<Target = String>)],
    ) -> Self {
        let (method, body) = match request.method {
            Method::Get => ("GET", None),
            Method::Post => ("POST", Some(request.body.as_str())),
        };
        Self::Exchange {
            number,
            method,
            url: &request.url,
            headers: headers.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            body,
            timeout_ms: milliseconds(request.timeout),
            reply_limit: request.reply_limit.try_into().unwrap_or(u32::MAX),
        }
    }

    pub(super) fn wait<T>(number: u32, step: &WaitStep<T>) -> Self {
        Self::Wait { number, until: step.until, progress: step.progress.into() }
    }

    pub(super) fn done(value: &'a Value, held: &mut HeldValues) -> Self {
        let value = match value {
            Value::CodeRequest(request) => PortalValue::CodeRequest(CodeRequestValue::of(request, held)),
            Value::Session(token) => PortalValue::Session(held.hold(Held::Token(token.clone()))),
            Value::Checkout(page) => {
                PortalValue::Checkout { held: held.hold(Held::Page(page.clone())), address: page.address() }
            }
            Value::Purchase(purchase) => PortalValue::Purchase {
                code: CodeRequestValue::of(&purchase.code, held),
                held: held.hold(Held::Purchase(purchase.clone())),
            },
            Value::Keys(keys) => PortalValue::Keys(HeldKey::all(keys, held)),
            Value::Restored(restored) => PortalValue::Restored(RestoredValue::of(restored, held)),
            Value::Devices(key, devices) => PortalValue::Devices(DevicesValue::of(key, devices, held)),
            Value::Released(deactivated) => PortalValue::Released(*deactivated),
            Value::Key(key) => PortalValue::Key(HeldKey::of(key, held)),
        };
        Self::Done { value: Some(value), error: None }
    }

    pub(super) fn failed(error: &'a Error) -> Self {
        Self::Done { value: None, error: Some(error.details()) }
    }
}

impl<'a> CodeRequestValue<'a> {
    fn of(request: &'a portal::CodeRequest, held: &mut HeldValues) -> Self {
        match request {
            portal::CodeRequest::Sent(sent) => Self::Sent { shown: sent.into() },
            portal::CodeRequest::Choose(choice) => {
                let customers = choice.customers().iter().map(|customer| {
                    let number = held.hold(Held::Customer(choice.clone(), customer.clone()));
                    HeldCustomer { held: number, shown: customer.into() }
                });
                Self::Choose { email: choice.email(), customers: customers.collect() }
            }
        }
    }
}

impl<'a> RestoredValue<'a> {
    fn of(restored: &'a portal::Restored, held: &mut HeldValues) -> Self {
        match restored {
            portal::Restored::Licensed(_) => Self::Licensed,
            portal::Restored::Choose(keys) => Self::Choose { keys: HeldKey::all(keys, held) },
            portal::Restored::NoSeat(full) => Self::NoSeat {
                key: HeldKey::of(&full.key, held),
                devices: DevicesValue::of(&full.key, &full.devices, held),
                error: full.error.details(),
            },
        }
    }
}

impl<'a> DevicesValue<'a> {
    fn of(key: &LicenseKey, devices: &'a portal::Devices, held: &mut HeldValues) -> Self {
        match devices {
            portal::Devices::Listed(devices) => {
                let devices = devices.iter().map(|device| {
                    let number = held.hold(Held::Device(key.clone(), device.clone()));
                    HeldDevice { held: number, shown: device.into() }
                });
                Self::Listed { devices: devices.collect() }
            }
            portal::Devices::Hidden(hidden) => Self::Hidden { shown: hidden.into() },
        }
    }
}

impl HeldKey {
    fn of(key: &LicenseKey, held: &mut HeldValues) -> Self {
        Self { held: held.hold(Held::Key(key.clone())), shown: Box::new(key.into()) }
    }

    fn all(keys: &[LicenseKey], held: &mut HeldValues) -> Vec<Self> {
        keys.iter().map(|key| Self::of(key, held)).collect()
    }
}
