//! Formats the numbers of the report.

use crate::npm_package::grouped;

/// Formats a number for the report. A number below 100 that is not whole gets one or two decimal places. Any other
/// number is rounded, and its digits are grouped: `12,345`.
pub(crate) fn number(value: f64) -> String {
    match value {
        value if value.abs() < 10.0 && value.fract() != 0.0 => format!("{value:.2}"),
        value if value.abs() < 100.0 && value.fract() != 0.0 => format!("{value:.1}"),
        value => grouped(value.round().max(0.0) as u64),
    }
}
