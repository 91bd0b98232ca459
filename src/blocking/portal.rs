//! The customer portal for native programs.

use super::driver::Driver;
use crate::client::portal::{checkout_by_link, portal};
use crate::codes::Deactivated;
use crate::error::Error;
use crate::portal::steps;
use crate::portal::{
    CheckoutPage, CodeRequest, ConfirmedByUser, Customer, CustomerChoice, Device, Devices, LicenseKey, Progress,
    Purchase, Restored, Token,
};
use std::fmt;
use std::ops::ControlFlow::{self, Continue};
use std::sync::Arc;
use std::time::Duration;

portal!(Arc, []);
checkout_by_link!(Arc);
