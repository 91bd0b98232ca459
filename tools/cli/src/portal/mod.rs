//! What a customer does in the customer portal, by a code from a mail. A session lasts as long as the command: nothing of
//! it is stored, so each command asks for a code of its own.
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
use outcome::Stop;
use std::io;

/// Runs the errand and prints its result.
pub(crate) fn run(common: &Common, errand: Errand) -> io::Result<Exit> {
    let ended = license::open(common).map_err(Stop::from).and_then(|client| Desk::new(client).run(errand));
    match ended {
        Ok(outcome) => outcome.print(common.json),
        Err(stop) => stop.print(common.json),
    }
}
