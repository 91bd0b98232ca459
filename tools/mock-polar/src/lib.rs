#![doc = include_str!("../README.md")]
//
// The files, in layers: each uses only files of the lines below its own.
//
//   server                                       the API: starts and stops a server, controls its state
//   http                                         connections, requests, replies
//   control · polar · inject                     the control endpoint; Polar's web layers; what a fault does to a reply
//   portal                                       what Polar's endpoints answer: one file for each part
//   merchant · fulfilment · delivery             what a merchant does; what Polar's worker does; how a reply is sent
//   state                                        everything a server holds, behind one lock
//   seed                                         what the state begins with
//   seed_file                                    a seed as JSON: keys
//   seed_sales                                   a seed as JSON: what is sold
//   licensing                                    keys: validated, activated, deactivated
//   database                                     Polar's records, and how they are found
//   purchases                                    orders, what they grant, the seats of a team
//   checkout · licenses                          checkouts; keys and activations
//   catalog · customers                          organizations and products; people and their personal data
//   clock · connections · fault · limit · worker what else the state consists of
//   sessions · mails                             tokens and codes; mails
//   body · captive · cors · pages · query        bodies and queries of requests; captive portals; browsers; Polar's pages
//   pydantic                                     the rules of Polar's framework for a body
//   ids                                          the forms of an id
//   problem                                      what a 422 says
//   json · reply · request                       values
//   encoding · endpoint · events · numbers       texts, paths, streams, numbers in strings
//   timestamp                                    points in time
//   error

// A new variant must not compile until every `match` handles it.
#![deny(clippy::wildcard_enum_match_arm)]

mod body;
mod captive;
mod catalog;
mod checkout;
mod clock;
mod connections;
mod control;
mod cors;
mod customers;
mod database;
mod delivery;
mod encoding;
mod endpoint;
mod error;
mod events;
mod fault;
mod fulfilment;
mod http;
mod ids;
mod inject;
mod json;
mod licenses;
mod licensing;
mod limit;
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
mod server;
mod sessions;
mod state;
mod timestamp;
mod worker;

pub use endpoint::Endpoint;
pub use error::Error;
pub use fault::{Fault, FaultId, Garbage};
pub use licenses::Status;
pub use mails::Mail;
pub use merchant::{Activation, KeyInfo, NewKey};
pub use portal::Purchase;
pub use request::RecordedRequest;
pub use seed::{
    DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_EMAIL, DEMO_INVITATION, DEMO_KEY_BASIC, DEMO_KEY_DISABLED,
    DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES,
    DEMO_LINK, DEMO_LINK_PAID, DEMO_MEMBERS, DEMO_MEMBERS_ORGANIZATION, DEMO_ORGANIZATION, DEMO_VENDOR_TOKEN, Seed,
};
pub use server::{Builder, MockPolar};
pub use timestamp::Timestamp;
