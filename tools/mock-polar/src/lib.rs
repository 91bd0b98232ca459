#![doc = include_str!("../README.md")]

mod admin;
mod check;
mod clock;
mod control;
mod error;
mod fault;
mod http;
mod json;
mod limit;
mod people;
mod polar;
mod reply;
mod seed;
mod server;
mod state;
mod time;
mod world;

pub use admin::{Activation, KeyInfo, NewKey};
pub use error::Error;
pub use fault::{Endpoint, Fault, FaultId, Garbage};
pub use seed::{
    DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_BASIC, DEMO_KEY_DISABLED, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE,
    DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, Seed,
};
pub use server::{Builder, MockPolar};
pub use state::RecordedRequest;
pub use time::Timestamp;
pub use world::Status;
