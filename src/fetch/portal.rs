//! The customer portal for Rust in web pages. A page cannot open a checkout link, because it cannot read the address to
//! which the link redirects. So the vendor's backend must create each checkout.

use super::driver::Driver;
use crate::client::portal::portal;
use crate::codes::Deactivated;
use crate::error::Error;
use crate::portal::boundary::{self, Handles, Reply};
use crate::portal::steps;
use crate::portal::{
    CheckoutPage, CodeRequest, ConfirmedByUser, Customer, CustomerChoice, Device, Devices, LicenseKey, Progress,
    Purchase, Restored, Token,
};
use std::fmt;
use std::ops::ControlFlow::{self, Continue};
use std::rc::Rc;
use std::time::Duration;

portal!(Rc, [+ 'static], async, await);
