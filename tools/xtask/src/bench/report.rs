//! Writes the report: Markdown for people, JSON for programs, and a plot of each figure as SVG.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use xshell::{Shell, cmd};

use super::figure::{Measured, Precision};
use super::goal::Outcome;
use super::number::number;
use super::row::{Role, Row};
use crate::workspace;

/// Describes this machine: one line for each property that may affect the measured numbers.
pub(crate) fn machine(sh: &Shell) -> Result<Vec<(&'static str, String)>> {
    let after = |file: &str, name: &str| -> Result<String> {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
        Ok(line.map_or_else(String::new, |(_, value)| value.trim().to_owned()))
    };
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(vec![
        ("processor", format!("{}, {} cores", after("/proc/cpuinfo", "model name")?, cores()?)),
        ("memory", after("/proc/meminfo", "MemTotal")?),
        ("system", format!("Linux {}", cmd!(sh, "uname -r").quiet().read()?)),
        ("Rust", cmd!(sh, "rustc --version").quiet().read()?),
        ("Node", cmd!(sh, "node --version").quiet().read()?),
        ("processes that wanted to run in the minute before", load.split(' ').next().unwrap_or_default().to_owned()),
    ])
}

fn cores() -> Result<usize> {
    Ok(std::thread::available_parallelism()?.get())
}

type Machine = [(&'static str, String)];

/// Returns the folder of the report.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("bench"))
}

/// Writes the report with these figures.
pub(crate) fn write(machine: &Machine, figures: &[Measured<'_>]) -> Result<()> {
    let folder = folder()?;
    fs::create_dir_all(&folder)?;
    for Measured { figure, rows } in figures {
        fs::write(folder.join(figure.name).with_extension("svg"), plot(rows))?;
    }
    fs::write(folder.join("report.md"), markdown(machine, figures, true))?;
    let machine: serde_json::Map<_, _> = machine.iter().map(|(name, value)| ((*name).into(), json!(value))).collect();
    let figures = figures.iter().map(|Measured { figure, rows }| {
        let (name, title, unit, how) = (figure.name, figure.title, figure.unit, figure.how);
        json!({ "name": name, "title": title, "unit": unit, "precision": figure.precision, "how": how, "rows": rows })
    });
    let report = json!({ "machine": machine, "figures": figures.collect::<Vec<_>>() });
    Ok(fs::write(folder.join("report.json"), serde_json::to_string_pretty(&report)?)?)
}

/// Writes the report, without its plots, into a file of the repository.
pub(crate) fn keep(machine: &Machine, figures: &[Measured<'_>], file: &str) -> Result<()> {
    Ok(fs::write(workspace::root().join(file), markdown(machine, figures, false))?)
}

fn markdown(machine: &Machine, figures: &[Measured<'_>], with_plots: bool) -> String {
    let mut text = String::from(INTRODUCTION);
    text += "\n| machine | |\n|---|---|\n";
    for (name, value) in machine {
        _ = writeln!(text, "| {name} | {value} |");
    }
    text += "\n## Goals\n\n";
    text += &goals(figures);
    text += "\n## Where an alternative costs less\n\n";
    text += &better(figures);
    for measured in figures {
        _ = write!(text, "\n## {}\n\n{}\n\n{}", measured.figure.title, measured.figure.how, table(measured));
        if with_plots {
            _ = writeln!(text, "\n![{0}]({1}.svg)", measured.figure.title, measured.figure.name);
        }
    }
    text
}

/// The text above the figures.
const INTRODUCTION: &str = include_str!("introduction.md");

/// Checks whether the row meets its goal. Takes the baseline from `rows`.
fn outcome(row: &Row, rows: &[Row]) -> Option<Outcome> {
    let value = |row: &Row| row.value.as_ref().ok().copied();
    let baseline = rows.iter().find(|row| row.role == Role::Baseline).and_then(value);
    row.goal.as_ref()?.outcome(value(row)?, row.ratio, baseline)
}

/// Says how many goals are met, and lists the others, each with the reason.
fn goals(figures: &[Measured<'_>]) -> String {
    let (mut count, mut missed) = (0_usize, Vec::new());
    for Measured { figure, rows } in figures {
        for row in rows {
            let Some(outcome) = outcome(row, rows) else { continue };
            count = count.saturating_add(1);
            if !outcome.is_met {
                let reason = row.goal.as_ref().and_then(|goal| goal.obstacle).unwrap_or_default();
                let Outcome { goal, measured, .. } = outcome;
                let (title, unit, subject) = (figure.title, figure.unit, &row.subject);
                let line = format!("- {title} in {unit}: {subject}, {measured}; the goal is {goal}. {reason}");
                missed.push(line.trim_end().to_owned());
            }
        }
    }
    let met = count.saturating_sub(missed.len());
    let mut text = format!("{met} of {count} goals are met. Each goal is beside its figure.\n");
    if !missed.is_empty() {
        _ = writeln!(text, "\nMissed:\n\n{}", missed.join("\n"));
    }
    text
}

/// Returns a Markdown list of the alternatives that cost less than this project, for each figure.
fn better(figures: &[Measured<'_>]) -> String {
    let mut list = String::new();
    for Measured { figure, rows } in figures {
        // The alternatives talk to other servers, so their times cannot be compared with ours. But each server has its
        // own baseline, and the ratios to the baselines can be compared.
        let cost = |row: &Row| match figure.precision {
            Precision::Ratio => row.ratio,
            Precision::Exact | Precision::Machine => row.value.as_ref().ok().copied(),
        };
        let of = |row: &&Row| Some((row.subject.clone(), cost(row)?));
        // the first row of this project is for an app with the default settings
        let Some((usual, ours)) = rows.iter().find(|row| row.role == Role::Ours).and_then(|row| of(&row)) else {
            continue;
        };
        let peers = rows.iter().filter(|row| row.role == Role::Peer).filter_map(|row| of(&row));
        for (peer, cost) in peers.filter(|(_, cost)| *cost < ours) {
            let unit = if figure.precision == Precision::Ratio { "times the baseline" } else { figure.unit };
            let (cost, ours) = (number(cost), number(ours));
            _ = writeln!(list, "- {}: {peer} {cost} {unit}; {usual} {ours}", figure.title);
        }
    }
    if list.is_empty() { String::from("Nowhere in these figures.\n") } else { list }
}

fn table(measured: &Measured<'_>) -> String {
    let Measured { figure, rows } = measured;
    let precision = match figure.precision {
        Precision::Exact => "exact",
        Precision::Ratio => "this machine",
        Precision::Machine => "about; this machine",
    };
    let has_ratio = rows.iter().any(|row| row.ratio.is_some());
    let has_goal = rows.iter().any(|row| row.goal.is_some());
    let columns = |value: &str, ratio: &str, goal: &str| {
        let ratio = if has_ratio { format!(" {ratio} |") } else { String::new() };
        let goal = if has_goal { format!(" {goal} |") } else { String::new() };
        format!(" {value} |{ratio}{goal}\n")
    };
    let mut text = format!("| |{}", columns(&format!("{} ({precision})", figure.unit), "times the baseline", "goal"));
    text += &format!("|---|{}", columns("---:", "---:", "---").replace(' ', ""));
    for row in rows {
        let value = row.value.as_ref().map_or_else(|reason| format!("not measured: {reason}"), |value| number(*value));
        let ratio = row.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let goal = outcome(row, rows).map_or_else(String::new, |outcome| {
            format!("{}: {}", outcome.goal, if outcome.is_met { "met" } else { "**missed**" })
        });
        let bold = if row.role == Role::Ours { "**" } else { "" };
        _ = write!(text, "| {bold}{}{bold} |{}", row.subject, columns(&value, &ratio, &goal));
    }
    text
}

/// Draws one bar for each row: blue for this project, grey for the others.
fn plot(rows: &[Row]) -> String {
    const LEFT: f64 = 440.0;
    const LONGEST: f64 = 400.0;
    const LINE: f64 = 26.0;
    let values = || rows.iter().filter_map(|row| row.value.as_ref().ok().map(|value| (row, *value)));
    let most = values().map(|(_, value)| value).fold(f64::MIN_POSITIVE, f64::max);
    let mut bars = String::new();
    for (index, (row, value)) in values().enumerate() {
        let (top, long) = (index as f64 * LINE, (value.max(0.0) / most * LONGEST).max(1.0));
        let color = if row.role == Role::Ours { "#2563eb" } else { "#9ca3af" };
        let subject = row.subject.replace('&', "&amp;").replace('<', "&lt;").replace('`', "");
        let (middle, before, after, shown) = (top + LINE * 0.7, LEFT - 8.0, LEFT + long + 8.0, number(value));
        _ = write!(bars, r#"<text x="{before}" y="{middle}" text-anchor="end">{subject}</text>"#);
        _ = write!(
            bars,
            r#"<rect x="{LEFT}" y="{}" width="{long:.1}" height="{}" fill="{color}"/>"#,
            top + 4.0,
            LINE - 8.0
        );
        _ = writeln!(bars, r#"<text x="{after:.1}" y="{middle}">{shown}</text>"#);
    }
    let (wide, high) = (LEFT + LONGEST + 120.0, values().count() as f64 * LINE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" font-family=\"sans-serif\" \
         font-size=\"13\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{bars}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::figure::Figure;
    use super::super::goal::Goal;
    use super::super::table;
    use super::*;

    fn figure(precision: Precision) -> Figure {
        let measure = |_: &super::super::setting::Setting<'_>| Ok(Vec::new());
        Figure { name: "size", title: "Size", unit: "bytes", precision, how: "Counted.", needs: &[], measure }
    }

    #[test]
    fn alternatives_that_cost_less_are_listed_and_baselines_are_not() {
        let (exact, ratio) = (figure(Precision::Exact), figure(Precision::Ratio));
        let row = |subject, role, value, ratio| Row::new(subject, role, value).with_ratio(ratio);
        let rows = || {
            vec![
                row("bare", Role::Baseline, 1.0, 1.0),
                row("ours", Role::Ours, 5.0, 1.0),
                row("small", Role::Peer, 4.0, 3.0),
                row("near", Role::Peer, 20.0, 0.5),
                Row::missing("broken", Role::Peer, "does not build".into()),
            ]
        };
        let list = |figure| better(&[Measured { figure, rows: rows() }]);
        assert_eq!(list(&exact), "- Size: small 4 bytes; ours 5\n");
        assert_eq!(list(&ratio), "- Size: near 0.50 times the baseline; ours 1\n");
    }

    #[test]
    fn a_row_without_a_figure_gives_the_reason() {
        let figure = figure(Precision::Exact);
        let rows = vec![Row::missing("broken", Role::Peer, "does not build".into()), Row::ours("ours", 1234.0)];
        let expected =
            "| | bytes (exact) |\n|---|---:|\n| broken | not measured: does not build |\n| **ours** | 1,234 |\n";
        assert_eq!(table(&Measured { figure: &figure, rows }), expected);
    }

    #[test]
    fn each_goal_is_beside_its_figure_and_missed_goals_are_listed() {
        let figure = figure(Precision::Exact);
        let goal = |limit| Goal::at_most(limit).because("It would take a smaller engine.");
        let rows = vec![Row::ours("slim", 8.0).with_goal(goal(9.0)), Row::ours("main", 8.0).with_goal(goal(7.0))];
        let measured = [Measured { figure: &figure, rows }];
        let expected = "| | bytes (exact) | goal |\n|---|---:|---|\n| **slim** | 8 | at most 9: met |\n\
                        | **main** | 8 | at most 7: **missed** |\n";
        assert_eq!(measured.iter().map(table).collect::<String>(), expected);
        let expected = "1 of 2 goals are met. Each goal is beside its figure.\n\nMissed:\n\n\
                        - Size in bytes: main, 8; the goal is at most 7. It would take a smaller engine.\n";
        assert_eq!(goals(&measured), expected);
    }

    #[test]
    fn the_kept_report_has_every_figure_of_the_table() {
        let kept = workspace::text(super::super::KEPT).unwrap();
        for figure in table::FIGURES {
            assert!(kept.contains(&format!("\n## {}\n\n{}\n", figure.title, figure.how)), "{}", figure.name);
        }
    }
}
