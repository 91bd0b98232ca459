//! What a customer does in the customer portal, by a code from a mail. A session lasts as long as the command: nothing of
//! it is stored, so each command asks for a code of its own. On a terminal, `devices` and `release` go on in the same session.
//!
//! ```text
//! restore · devices · release · rotate ─► session: address ─► code ─┐
//! buy ──► the purchase is followed ─────────────────────► code ─────┼─► errand ─► outcome ─► printed
//! claim ► invitation ───────────────────────────────────────────────┘       └─► choice, if there are several
//! ```
//!
//! Prints no code, no token, and an address only to the terminal where the code is typed.

mod choice;
mod errand;
mod outcome;
mod session;
mod waiting;

use crate::args::Common;
use crate::args::portal::Errand;
use crate::exit::Exit;
use crate::license;
use errand::Desk;
use std::io;

/// Runs the errand and prints its result.
pub(crate) fn run(common: &Common, errand: Errand) -> io::Result<Exit> {
    let desk = match license::open(common) {
        Ok(client) => Desk::new(client),
        Err(error) => return license::fail(&error, common.json),
    };
    match desk.run(errand) {
        Ok(outcome) => outcome.print(&desk.license(), common.json),
        Err(stop) => stop.print(&desk.license(), common.json),
    }
}
