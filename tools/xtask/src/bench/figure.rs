//! Defines one table of the report, and how its numbers are measured.

use anyhow::Result;
use serde::Serialize;

use super::row::Row;
use super::setting::Setting;
use crate::requirements::Requirement;

/// One table of the report. In every table, lower numbers are better.
pub(crate) struct Figure {
    /// The name for `--only`, for the plot's file and for links.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) precision: Precision,
    /// A description of what the figure measures and how, with the command. It is so complete that a stranger can
    /// repeat the measurement.
    pub(crate) how: &'static str,
    pub(crate) needs: &'static [&'static Requirement],
    pub(crate) measure: fn(&Setting<'_>) -> Result<Vec<Row>>,
}

impl Figure {
    /// Installs the tools that the figure needs, and measures it.
    pub(crate) fn rows(&self, setting: &Setting<'_>) -> Result<Vec<Row>> {
        self.needs.iter().try_for_each(|requirement| requirement.ensure(setting.sh))?;
        (self.measure)(setting)
    }
}

/// Whether the numbers of a figure also hold on other machines.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Precision {
    /// A number that is counted, not timed. It is the same on every machine with the same compilers and versions,
    /// except for a few instructions that depend on random numbers.
    Exact,
    /// Times that are compared within one run. The ratio to the baseline also holds on other machines, but the time
    /// itself holds only on this machine.
    Ratio,
    /// Measured once on this machine.
    Machine,
}

/// A figure with its results.
pub(crate) struct Measured<'a> {
    pub(crate) figure: &'a Figure,
    pub(crate) rows: Vec<Row>,
}
