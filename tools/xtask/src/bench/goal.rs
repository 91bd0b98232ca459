//! A goal: a limit that this project has set itself for one row in a table of the report.

use serde::Serialize;

use super::number::number;

#[derive(Serialize)]
pub(crate) struct Goal {
    limit: Limit,
    /// The reason why the goal is missed, and what it would take to meet the goal. The report prints this text only if
    /// the goal is missed.
    pub(crate) obstacle: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    AtMost(f64),
    /// The largest amount by which the number may exceed the baseline.
    AboveBaseline(f64),
    /// The largest ratio to the baseline.
    TimesBaseline(f64),
    Between(f64, f64),
}

/// The result of comparing a goal with a row.
pub(crate) struct Outcome {
    pub(crate) is_met: bool,
    /// The goal in words, without its unit.
    pub(crate) goal: String,
    /// The number that is compared with the goal.
    pub(crate) measured: String,
}

impl Goal {
    pub(crate) const fn at_most(limit: f64) -> Self {
        Self { limit: Limit::AtMost(limit), obstacle: None }
    }

    pub(crate) const fn above_baseline(limit: f64) -> Self {
        Self { limit: Limit::AboveBaseline(limit), obstacle: None }
    }

    pub(crate) const fn times_baseline(limit: f64) -> Self {
        Self { limit: Limit::TimesBaseline(limit), obstacle: None }
    }

    pub(crate) const fn between(least: f64, most: f64) -> Self {
        Self { limit: Limit::Between(least, most), obstacle: None }
    }

    pub(crate) const fn because(self, obstacle: &'static str) -> Self {
        Self { obstacle: Some(obstacle), ..self }
    }

    /// Checks whether a row meets the goal. `value` is the number of the row, `ratio` is its ratio to the baseline, and
    /// `baseline` is the number of the baseline. Returns `None` if the goal needs a number that is missing.
    pub(crate) fn outcome(&self, value: f64, ratio: Option<f64>, baseline: Option<f64>) -> Option<Outcome> {
        let (measured, least, most, reference) = match self.limit {
            Limit::AtMost(most) => (value, None, most, ""),
            Limit::AboveBaseline(most) => (value - baseline?, None, most, " above the baseline"),
            Limit::TimesBaseline(most) => (ratio?, None, most, " times the baseline"),
            Limit::Between(least, most) => (value, Some(least), most, ""),
        };
        let from = least.map_or_else(|| "at most ".to_owned(), |least| format!("{} to ", number(least)));
        Some(Outcome {
            is_met: measured <= most && least.is_none_or(|least| measured >= least),
            goal: format!("{from}{}{reference}", number(most)),
            measured: number(measured),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_compared_with_the_value_the_difference_or_the_ratio() {
        let outcome = |goal: Goal| {
            let Outcome { is_met, goal, measured } = goal.outcome(150.0, Some(1.4), Some(100.0)).unwrap();
            (is_met, format!("{goal}: {measured}"))
        };
        assert_eq!(outcome(Goal::at_most(149.0)), (false, "at most 149: 150".into()));
        assert_eq!(outcome(Goal::at_most(150.0)), (true, "at most 150: 150".into()));
        assert_eq!(outcome(Goal::above_baseline(50.0)), (true, "at most 50 above the baseline: 50".into()));
        assert_eq!(outcome(Goal::times_baseline(1.25)), (false, "at most 1.25 times the baseline: 1.40".into()));
        assert_eq!(outcome(Goal::between(151.0, 160.0)), (false, "151 to 160: 150".into()));
        assert_eq!(outcome(Goal::between(150.0, 160.0)), (true, "150 to 160: 150".into()));
        assert!(Goal::above_baseline(50.0).outcome(150.0, None, None).is_none());
    }
}
