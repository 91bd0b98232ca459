//! The hostile server as a suite that apps in every language go through. The README beside it describes the table, the
//! devices, and what an app is asked to do.

mod device;
pub(crate) mod judge;
pub(crate) mod program;
mod server;
mod table;
