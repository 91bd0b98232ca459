//! Prints the demo, as text or as JSON.

use super::scene::Scene;
use crate::{output, show};
use polar_license::{Decision, Key};
use std::io::{self, IsTerminal};
use std::{env, fmt};

pub(super) struct Timeline {
    as_json: bool,
    coloured: bool,
    steps: Vec<String>,
    limit: u32,
}

/// A step of the demo, and the decision that resulted from it.
pub(super) struct Step<'a> {
    pub(super) day: u64,
    pub(super) title: &'static str,
    pub(super) decision: &'a Decision,
    pub(super) seats: usize,
}

impl Timeline {
    pub(super) fn new(as_json: bool) -> Self {
        let coloured = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
        Self { as_json, coloured, steps: Vec::new(), limit: 0 }
    }

    /// Prints the beginning of the first act.
    pub(super) fn begin(&mut self, scene: &Scene) -> io::Result<()> {
        let key = self.next_act(scene);
        let days = |time: std::time::Duration| time.as_secs() / (24 * 60 * 60);
        self.say(&format!(
            "An app, the license key {key} for {} devices, and a local Polar at {}.\n\
             A confirmation counts as fresh for {} day; without Polar, access lasts {} days.",
            self.limit,
            scene.polar.url(),
            days(scene.config().refresh_interval()),
            days(scene.config().offline_grace()),
        ))
    }

    /// Prints the beginning of the second act.
    pub(super) fn begin_lost_laptop(&mut self, scene: &Scene) -> io::Result<()> {
        let key = self.next_act(scene);
        self.say(&format!(
            "\nA lost laptop, and the license key {key} for {} device, which nobody has noted.",
            self.limit
        ))
    }

    /// Begins an act, and returns the masked form of the act's license key.
    fn next_act(&mut self, scene: &Scene) -> String {
        self.limit = scene.polar.key(&scene.key).limit_activations.unwrap_or_default();
        Key::parse(&scene.key).map(|key| key.to_string()).unwrap_or_default()
    }

    /// Prints one more line about the last step.
    pub(super) fn remark(&self, text: &str) -> io::Result<()> {
        self.say(&format!("            {:<10} {text}", ""))
    }

    /// Prints a step, and returns its number.
    pub(super) fn show(&mut self, step: &Step<'_>) -> io::Result<usize> {
        let number = self.steps.len().saturating_add(1);
        let Step { day, title, decision, seats } = step;
        let title_json = serde_json::Value::from(*title);
        self.steps.push(format!(
            r#"{{"step":{number},"day":{day},"title":{title_json},"seats":{seats},"decision":{}}}"#,
            decision.to_json()
        ));
        let (access, colour) = if decision.allowed() { ("access", GREEN) } else { ("no access", RED) };
        let mut text = format!(
            "\n{number:>2}  day {day:<3} {}\n            {} {:<11} {}",
            self.paint(BOLD, title),
            self.paint(colour, &format!("{access:<10}")),
            decision.state().as_str(),
            decision.message(),
        );
        let detail = |text: &mut String, detail: &dyn fmt::Display| {
            text.push_str(&format!("\n            {:<10} {detail}", ""));
        };
        detail(&mut text, &format!("features: {}; seats taken: {seats} of {}", show::features(decision), self.limit));
        if let Some(problem) = decision.problem() {
            detail(&mut text, &format!("problem: {}", show::problem(problem)));
        }
        if decision.next_step() != polar_license::NextStep::None {
            detail(&mut text, &format!("next step: {}", decision.next_step()));
        }
        self.say(&text)?;
        Ok(number)
    }

    /// Prints the end of the demo. As text, this is one last line. As JSON, it is a single object with all steps.
    pub(super) fn end(&self, passed: bool) -> io::Result<()> {
        if self.as_json {
            return output::print(&format!(r#"{{"passed":{passed},"steps":[{}]}}"#, self.steps.join(",")));
        }
        let count = self.steps.len();
        self.say(&if passed {
            format!("\nAll {count} steps had the expected results.")
        } else {
            format!("\nStopped after {count} steps.")
        })
    }

    fn say(&self, text: &str) -> io::Result<()> {
        if self.as_json { Ok(()) } else { output::print(text) }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.coloured { format!("{colour}{text}{RESET}") } else { text.to_owned() }
    }
}

// The codes for style and color in ECMA-48 (select graphic rendition).
const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";
