//! The hostile server: cases for apps in every language. `README.md` in this folder describes the table, the devices,
//! and what an app has to do.

mod device;
pub(crate) mod judge;
pub(crate) mod program;
mod server;
mod table;
