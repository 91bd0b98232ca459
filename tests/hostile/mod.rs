//! The hostile server: a suite of cases for apps in every language. The README beside it describes the table, the
//! devices, and the tasks of an app.

mod device;
pub(crate) mod judge;
pub(crate) mod program;
mod server;
mod table;
