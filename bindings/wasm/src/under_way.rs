//! The operations of the portal that are under way, and the engine's operations that are run for them. Runs nothing itself.

use crate::held::HeldValues;
use crate::numbered::Numbered;
use polar_license::Deactivated;
use polar_license::engine::{self, Outcome};
use polar_license::portal::steps::Step;
use polar_license::portal::{CheckoutPage, CodeRequest, Devices, LicenseKey, Purchase, Restored, Token};

/// What is under way in the portal.
#[derive(Default)]
pub(crate) struct Portal {
    pub(crate) steps: Numbered<Step<Value>>,
    pub(crate) held: HeldValues,
    pub(crate) runs: Runs,
}

/// Operations of the engine that are run for steps of the portal.
#[derive(Default)]
pub(crate) struct Runs {
    /// Whose step is resumed at this moment.
    pub(crate) current: Option<u32>,
    /// By the number of a step of the engine: that of the portal's step that it is run for.
    pub(crate) under_way: Numbered<u32>,
    /// By the number of the portal's step.
    pub(crate) ended: Numbered<Outcome>,
}

/// What an operation ends with.
pub(crate) enum Value {
    CodeRequest(CodeRequest),
    Session(Token),
    Checkout(CheckoutPage),
    Purchase(Purchase),
    Keys(Vec<LicenseKey>),
    Restored(Restored),
    /// The devices of a key.
    Devices(LicenseKey, Devices),
    Released(Deactivated),
    Key(LicenseKey),
}

impl Portal {
    /// The step of the engine with this number is resumed.
    pub(crate) fn resumes(&mut self, number: u32) {
        self.runs.current = self.runs.under_way.take(number);
    }

    /// What has become of it: another step, with this number.
    pub(crate) fn goes_on(&mut self, number: u32) {
        if let Some(run_for) = self.runs.current.take() {
            self.runs.under_way.insert(number, run_for);
        }
    }

    /// What has become of it: the operation has ended.
    pub(crate) fn ends(&mut self, step: engine::Step) {
        if let (Some(run_for), engine::Step::Done(outcome)) = (self.runs.current.take(), step) {
            self.runs.ended.insert(run_for, outcome);
        }
    }
}
