//! What is waited for, on stderr: a line for each thing, not for each time.

use crate::output;
use polar_license::portal::{Progress, Stage};
use std::ops::ControlFlow;

/// Says what is waited for whenever that changes, and goes on.
pub(super) fn notes() -> impl FnMut(Progress) -> ControlFlow<()> {
    let mut last = None;
    move |progress| {
        let stage = progress.stage();
        if last.replace(stage) != Some(stage) {
            output::note(match stage {
                Stage::Open => "Waiting until the purchase is completed.",
                Stage::Paying => "Waiting for the payment.",
                Stage::Granting => "Waiting for the license key, five minutes at most.",
                // what a later version of the library waits for
                _ => "Waiting.",
            });
        }
        ControlFlow::Continue(())
    }
}
