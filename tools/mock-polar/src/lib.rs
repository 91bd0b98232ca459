#![doc = include_str!("../README.md")]
//
// The files, in layers: each uses only files of the lines below its own.
//
//   server                                       the Rust API: starts and stops a server, controls its state
//   http · connections · delivery                connections, requests, replies; sending an answer
//   - - - - - - - - - - - - - - - - - - - - - -  above: the feature `server`; below: no socket, no thread
//   machine                                      the local Polar, to be put behind any HTTP server
//   control · polar · inject                     the control endpoint; Polar's web layers; applying a fault to a reply
//   portal                                       the answers of Polar's endpoints: one file for each part
//   merchant · fulfilment · answer               actions of the merchant; jobs of Polar's worker; a reply, ready to be sent
//   state                                        everything that a server holds, behind one lock
//   seed                                         the initial state
//   seed_file                                    a seed as JSON
//   database                                     Polar's records, and finding them
//   purchases                                    orders, grants, the seats of a team
//   checkout · licenses                          checkouts; keys and activations
//   sold                                         the subscription or order through which a key was sold
//   catalog · customers                          organizations and products; people and their personal data
//   clock · fault · limit · versions · worker    the other parts of the state
//   sessions · mails                             tokens and codes; mails
//   form · captive · cors · pages · query        bodies and queries of requests; captive portals; browsers; Polar's pages
//   addresses · ids                              e-mail addresses; ids
//   problem                                      the body of a 422
//   reply · request                              values
//   endpoint · events                            paths; streams
//   timer · timestamp                            letting time pass; points in time
//   error

// After a variant is added to an enum, the crate must not compile until every `match` handles the variant.
#![deny(clippy::wildcard_enum_match_arm)]

mod addresses;
mod answer;
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
mod endpoint;
mod error;
mod events;
mod fault;
mod form;
mod fulfilment;
#[cfg(feature = "server")]
mod http;
mod ids;
mod inject;
mod licenses;
mod limit;
mod machine;
mod mails;
mod merchant;
mod pages;
mod polar;
mod portal;
mod problem;
mod purchases;
mod query;
mod reply;
mod request;
mod seed;
mod seed_file;
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
