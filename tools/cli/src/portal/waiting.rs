//! Reports progress on stderr while a command waits.

use crate::output;
use polar_license::portal::{Progress, Stage};
use std::ops::ControlFlow;

/// Returns a callback that writes a line whenever the wait reaches another stage. The callback never stops the wait.
pub(super) fn progress_notes() -> impl FnMut(Progress) -> ControlFlow<()> {
    let mut last = None;
    move |progress| {
        let stage = progress.stage();
        if last.replace(stage) != Some(stage) {
            output::note(match stage {
                Stage::Open => "Waiting until the purchase is completed.",
                Stage::Paying => "Waiting for the payment.",
                Stage::Granting => "Waiting for the license key, five minutes at most.",
                // a later version of the library may have added other stages
                _ => "Waiting.",
            });
        }
        ControlFlow::Continue(())
    }
}
