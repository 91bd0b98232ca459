#![doc = include_str!("../README.md")]
//
// The files, in layers: each uses only files of the lines below its own.
//
//   server                                       the API: starts and stops a server, controls its state
//   http · connections · delivery                connections, requests, replies; how an answer is sent
//   - - - - - - - - - - - - - - - - - - - - - -  above: the feature `server`; below: no socket, no thread
//   machine                                      the local Polar for any front
//   control · polar · inject                     the control endpoint; Polar's web layers; what a fault does to a reply
//   portal                                       what Polar's endpoints answer: one file for each part
//   merchant · fulfilment · answer               what a merchant does; what Polar's worker does; a reply, ready to be sent
//   state                                        everything a server holds, behind one lock
//   seed                                         what the state begins with
//   seed_file                                    a seed as JSON: keys
//   seed_sales                                   a seed as JSON: what is sold
//   licensing                                    keys: validated, activated, deactivated
//   database                                     Polar's records, and how they are found
//   purchases                                    orders, what they grant, the seats of a team
//   checkout · licenses                          checkouts; keys and activations
//   sold                                         what a key was sold by
//   catalog · customers                          organizations and products; people and their personal data
//   clock · fault · limit · versions · worker    what else the state consists of
//   sessions · mails                             tokens and codes; mails
//   body · captive · cors · pages · query        bodies and queries of requests; captive portals; browsers; Polar's pages
//   pydantic                                     the rules of Polar's framework for a body
//   ids                                          the forms of an id
//   problem                                      what a 422 says
//   json · reply · request                       values
//   encoding · endpoint · events · numbers       texts, paths, streams, numbers in strings
//   timer · timestamp                            letting time pass; points in time
//   error

// A new variant must not compile until every `match` handles it.
#![deny(clippy::wildcard_enum_match_arm)]

mod addresses;
mod answer;
mod body;
mod captive;
mod catalog;
mod checkout;
mod clock;
#[cfg(feature = "server")]
mod connections;
mod control;
mod cors;
mod customers;
mod database;
#[cfg(feature = "server")]
mod delivery;
mod encoding;
mod endpoint;
mod error;
mod events;
mod fault;
mod fulfilment;
#[cfg(feature = "server")]
mod http;
mod ids;
mod inject;
mod json;
mod licenses;
mod licensing;
mod limit;
mod machine;
mod mails;
mod merchant;
mod numbers;
mod pages;
mod polar;
mod portal;
mod problem;
mod purchases;
mod pydantic;
mod query;
mod reply;
mod request;
mod seed;
mod seed_file;
mod seed_sales;
#[cfg(feature = "server")]
mod server;
mod sessions;
mod sold;
mod state;
mod timer;
mod timestamp;
mod versions;
mod worker;

pub use answer::{Answer, Delivery, Disconnect};
pub use endpoint::Endpoint;
pub use error::Error;
pub use events::Stream;
pub use fault::{Fault, FaultId, Garbage};
pub use licenses::{ShownStatus, Status};
pub use machine::Machine;
pub use mails::Mail;
pub use merchant::{Activation, KeyInfo, NewKey};
pub use portal::Purchase;
pub use request::{KEPT_BODY, RecordedRequest};
pub use seed::{
    DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_EMAIL, DEMO_INVITATION, DEMO_KEY_BASIC, DEMO_KEY_DISABLED,
    DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES,
    DEMO_LINK, DEMO_LINK_PAID, DEMO_MEMBERS, DEMO_MEMBERS_ORGANIZATION, DEMO_ORGANIZATION, DEMO_VENDOR_TOKEN, Seed,
};
#[cfg(feature = "server")]
pub use server::{Builder, MockPolar};
pub use sold::{KeyOrder, KeySubscription};
pub use timer::Timer;
pub use timestamp::Timestamp;
pub use versions::ApiVersion;
