//! The customer portal for Rust in web pages. A checkout to follow is made by the vendor's backend here: a browser hides
//! where a checkout link leads to.

use super::driver::Driver;
use crate::client::portal::portal;
use crate::codes::Deactivated;
use crate::error::Error;
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
