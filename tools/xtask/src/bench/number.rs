//! Formats the numbers of the report.

use crate::npm_package::grouped;

/// Shows a number with three significant digits if it is small, and otherwise in groups of three digits.
pub(crate) fn number(value: f64) -> String {
    match value {
        value if value.abs() < 10.0 && value.fract() != 0.0 => format!("{value:.2}"),
        value if value.abs() < 100.0 && value.fract() != 0.0 => format!("{value:.1}"),
        value => grouped(value.round().max(0.0) as u64),
    }
}
