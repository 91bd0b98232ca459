//! A self-test of the parts that a license depends on: the connection to Polar, the clock, and the place where the
//! license is kept. Customers can send its results to support instead of "it does not work". The self-test does not
//! decide whether a license is valid, and does not change the license.
//!
//! No finding contains a license key, a user's name, or the address of a proxy. A path is shown with `~` for the home
//! directory and `USER` for the user's name.
//!
//! ```text
//! network   one request ──► polar · proxy · certificates · clock · key   (two if Polar does not know the key)
//! storage   one save, rehearsed ──► device · storage
//! ```
//!
//! ```no_run
//! use polar_license::Config;
//! use polar_license::blocking::diagnosis;
//!
//! let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//! let network = diagnosis::network(config.environment(), config.timeout());
//! for finding in network.iter().chain(&diagnosis::storage(&config, None)) {
//!     println!("{}: {}", finding.check(), finding.detail());
//!     println!("{}", finding.advice().unwrap_or_default());
//! }
//! # Ok::<(), polar_license::Error>(())
//! ```

mod finding;
mod network;
mod privacy;
mod storage;

pub use finding::{Check, Fault, Finding, Outcome};
pub use network::{network, network_with_key};
pub use privacy::shown_path;
pub use storage::storage;
