//! The results of a figure: one row for each subject.

use serde::{Serialize, Serializer};

use super::goal::Goal;

/// The result for one subject.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) subject: String,
    pub(crate) role: Role,
    /// The measured number, or the reason why the subject could not be measured.
    #[serde(serialize_with = "value_or_reason")]
    pub(crate) value: Result<f64, String>,
    /// The ratio of this row's number to the baseline's number, if there is a baseline.
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// A part of this project.
    Ours,
    /// A package that a user could choose instead.
    Peer,
    /// The least that the measured operation can cost, such as one request written by hand. The other rows are compared
    /// with this one.
    Baseline,
}

impl Row {
    pub(crate) fn new(subject: impl Into<String>, role: Role, value: f64) -> Self {
        Self { subject: subject.into(), role, value: Ok(value), ratio: None, goal: None }
    }

    pub(crate) fn ours(subject: impl Into<String>, value: f64) -> Self {
        Self::new(subject, Role::Ours, value)
    }

    /// Creates a row of a subject that could not be measured.
    pub(crate) fn missing(subject: impl Into<String>, role: Role, reason: String) -> Self {
        Self { subject: subject.into(), role, value: Err(reason), ratio: None, goal: None }
    }

    pub(crate) fn with_ratio(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    pub(crate) fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }
}

fn value_or_reason<S: Serializer>(value: &Result<f64, String>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Ok(value) => serializer.serialize_f64(*value),
        Err(reason) => serializer.serialize_str(reason),
    }
}
