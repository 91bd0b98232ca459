//! The operations of the portal that are under way, and the engine's operations that are run for them. Runs nothing itself.

use crate::held::HeldValues;
use polar_license::Deactivated;
use polar_license::engine::{self, Outcome};
use polar_license::portal::steps::Step;
use polar_license::portal::{CheckoutPage, CodeRequest, Devices, LicenseKey, Purchase, Restored, Token};

/// What is under way in the portal.
#[derive(Default)]
pub(crate) struct Portal {
    /// The steps, each with its number.
    pub(crate) steps: Vec<(u32, Step<Value>)>,
    pub(crate) held: HeldValues,
    pub(crate) runs: Runs,
}

/// Operations of the engine that are run for steps of the portal.
#[derive(Default)]
pub(crate) struct Runs {
    /// Whose step is resumed at this moment.
    pub(crate) current: Option<u32>,
    /// The number of a step of the engine, and of the portal's that it is run for.
    pub(crate) under_way: Vec<(u32, u32)>,
    pub(crate) ended: Vec<(u32, Outcome)>,
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
        self.runs.current = taken(&mut self.runs.under_way, number);
    }

    /// What has become of it: another step, with this number.
    pub(crate) fn goes_on(&mut self, number: u32) {
        if let Some(run_for) = self.runs.current.take() {
            self.runs.under_way.push((number, run_for));
        }
    }

    /// What has become of it: the operation has ended.
    pub(crate) fn ends(&mut self, step: engine::Step) {
        if let (Some(run_for), engine::Step::Done(outcome)) = (self.runs.current.take(), step) {
            self.runs.ended.push((run_for, outcome));
        }
    }
}

/// Takes what has this number out of a list.
pub(crate) fn taken<T>(all: &mut Vec<(u32, T)>, number: u32) -> Option<T> {
    let at = all.iter().position(|(known, _)| *known == number);
    at.map(|at| all.swap_remove(at).1)
}
