//! The commands that use the customer portal. A customer signs in with a code from an e-mail. A session ends together
//! with its command and is not stored, so each command asks for a code of its own. On a terminal, `devices` can also
//! release a device, and `release` can also activate the key, in the same session.
//!
//! ```text
//! restore · devices · release · rotate ─► session: address ─► code ─┐
//! buy ──► the purchase is followed ─────────────────────► code ─────┼─► command ─► outcome ─► printed
//! claim ► invitation ───────────────────────────────────────────────┘       └─► choice, if there are several
//! ```
//!
//! These commands print no code and no token. They print an e-mail address only on the terminal where the code is
//! typed.

mod choice;
mod command;
mod outcome;
mod session;
mod waiting;

use crate::args::Common;
use crate::args::portal::PortalCommand;
use crate::exit::Exit;
use crate::license;
use command::PortalRunner;
use std::io;

/// Runs the command and prints its result.
pub(crate) fn run(common: &Common, command: PortalCommand) -> io::Result<Exit> {
    let runner = match license::open(common) {
        Ok(client) => PortalRunner::new(client),
        Err(error) => return license::fail(&error, common.json),
    };
    match runner.run(command) {
        Ok(outcome) => outcome.print(&runner.license(), common.json),
        Err(stop) => stop.print(&runner.license(), common.json),
    }
}
