//! The files in `tests/scenarios`, in the format that their README describes. A member that the README does not
//! describe is an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use polar_license::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) type Members = Map<String, Value>;

/// The files, which are compiled into the program because a browser has no file system. `tests/scenarios.rs` compares
/// this list with the folder.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("activate.json", include_str!("activate.json")),
    ("air-gap.json", include_str!("air-gap.json")),
    ("clock.json", include_str!("clock.json")),
    ("deactivate.json", include_str!("deactivate.json")),
    ("decisions.json", include_str!("decisions.json")),
    ("not-polar.json", include_str!("not-polar.json")),
    ("offline.json", include_str!("offline.json")),
    ("pacing.json", include_str!("pacing.json")),
    ("polar-answers.json", include_str!("polar-answers.json")),
    ("processes.json", include_str!("processes.json")),
    ("purchase.json", include_str!("purchase.json")),
    ("record.json", include_str!("record.json")),
    ("seats.json", include_str!("seats.json")),
    ("storage.json", include_str!("storage.json")),
    ("trial.json", include_str!("trial.json")),
    ("updates.json", include_str!("updates.json")),
    ("usage.json", include_str!("usage.json")),
    ("vendor.json", include_str!("vendor.json")),
];

/// The files about the customer portal, which are in `portal/`.
pub(crate) const PORTAL_FILES: &[(&str, &str)] = &[
    ("bought.json", include_str!("portal/bought.json")),
    ("codes.json", include_str!("portal/codes.json")),
    ("devices.json", include_str!("portal/devices.json")),
    ("lost-key.json", include_str!("portal/lost-key.json")),
    ("rotated.json", include_str!("portal/rotated.json")),
    ("texts.json", include_str!("portal/texts.json")),
];

/// The contents of `common.json`, which all scenarios of a folder share.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Common {
    #[serde(skip)]
    files: &'static [(&'static str, &'static str)],
    /// Whether the local Polar answers requests, instead of the exchanges in the steps.
    #[serde(default)]
    pub(crate) local_polar: bool,
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) config: Members,
    pub(crate) device: String,
    #[serde(default)]
    pub(crate) sold: BTreeMap<String, Members>,
    pub(crate) given: BTreeMap<String, Vec<Step>>,
    #[serde(default)]
    pub(crate) license_key: Members,
    pub(crate) personal: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(rename = "about")]
    pub(crate) _about: String,
    pub(crate) scenarios: Vec<Scenario>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    #[serde(rename = "why")]
    pub(crate) _why: String,
    pub(crate) shows: Vec<String>,
    /// The library's defect that makes this scenario fail at present.
    pub(crate) broken: Option<String>,
    #[serde(default)]
    pub(crate) config: Members,
    pub(crate) device: Option<String>,
    #[serde(default)]
    pub(crate) sold: BTreeMap<String, Members>,
    pub(crate) given: Option<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Step {
    /// The computer on which the step happens. Default: [`A`].
    #[serde(rename = "on")]
    pub(crate) computer: Option<String>,
    /// The process that carries out the step.
    #[serde(rename = "as")]
    pub(crate) process: Option<String>,
    #[serde(rename = "do")]
    pub(crate) operation: Option<Operation>,
    pub(crate) key: Option<String>,
    pub(crate) replace_previous: bool,
    pub(crate) count: u32,
    /// The text that another computer has made, and how the user copied it.
    pub(crate) text: Option<String>,
    pub(crate) copy: Option<Copy>,
    pub(crate) restart: Option<Restart>,
    pub(crate) clock: Option<ClockStep>,
    pub(crate) store: Option<StoreStep>,
    pub(crate) polar: Vec<Exchange>,
    /// The number of times that the step is carried out. Default: once.
    pub(crate) times: Option<u32>,
    /// Requests to the local Polar.
    pub(crate) control: Vec<Control>,
    /// An operation of the customer portal. `with` contains its arguments.
    pub(crate) call: Option<String>,
    pub(crate) with: Members,
    /// The name under which the reply or the text of the operation is stored.
    pub(crate) name: Option<String>,
    pub(crate) waits: Option<Waits>,
    /// For each endpoint, the steps that happen between the local Polar's handling of a request and the arrival of the
    /// reply.
    pub(crate) during: BTreeMap<String, Vec<Step>>,
    /// Members of the decision that must hold at every instant of the step.
    pub(crate) always: Option<Members>,
    pub(crate) expect: Option<Members>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Current,
    Activate,
    Validate,
    Refresh,
    Consume,
    Deactivate,
    Forget,
    StartTrial,
    OfflineRequest,
    OfflineAnswer,
    OfflineImport,
    OfflineReturn,
    OfflineRelease,
}

/// The mistakes with which a user copies a text. A position counts characters, from the end if it is negative.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Copy {
    /// The position of a character that becomes another one.
    change: Option<i64>,
    /// The position of a character that is missing.
    skip: Option<i64>,
    /// The position of a character that is there twice.
    double: Option<i64>,
    /// The number of characters that are copied.
    first: Option<usize>,
    /// The length of the lines into which the text is broken, in lower case.
    lines: Option<usize>,
}

/// A request to the local Polar. It goes to Polar's own interface if its path begins with `/v1/`, otherwise to the
/// control endpoint.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Control {
    pub(crate) get: Option<String>,
    pub(crate) post: Option<String>,
    pub(crate) patch: Option<String>,
    pub(crate) delete: Option<String>,
    /// Whether the request comes from the vendor's backend and contains the vendor's token.
    pub(crate) vendor: bool,
    pub(crate) body: Value,
    pub(crate) times: Option<u32>,
    /// The name under which the reply is stored.
    pub(crate) name: Option<String>,
    pub(crate) expect: Value,
}

/// For an operation that waits: what happens during the wait, and which reports are expected.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Waits {
    /// The time that the operation has to wait before the requests in `control` are sent.
    pub(crate) after: Option<String>,
    pub(crate) control: Vec<Control>,
    /// The number of the report at which the app cancels the operation.
    pub(crate) cancel_at: Option<usize>,
    /// The stage that every report must have.
    pub(crate) stage: Option<String>,
    /// The bounds of the waited time in the last report.
    pub(crate) at_least: Option<String>,
    pub(crate) at_most: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Restart {
    pub(crate) config: Members,
    pub(crate) device: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClockStep {
    pub(crate) pass: Option<String>,
    pub(crate) hold: Option<String>,
    pub(crate) sleep: Option<String>,
    pub(crate) wall: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreStep {
    pub(crate) flip: Option<i64>,
    pub(crate) set: Option<(usize, u8)>,
    pub(crate) truncate: Option<usize>,
    pub(crate) text: Option<String>,
    pub(crate) keep: Option<String>,
    pub(crate) put: Option<String>,
    pub(crate) remove: bool,
    pub(crate) fails: Option<Fails>,
    /// The number of writes that succeed before all further writes fail.
    pub(crate) writes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fails {
    #[default]
    Nothing,
    Reading,
    Writing,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    pub(crate) request: Endpoint,
    #[serde(default)]
    pub(crate) body: Members,
    pub(crate) reply: Reply,
    /// The steps that happen while the request is under way.
    #[serde(default)]
    pub(crate) during: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Endpoint {
    Validate,
    Activate,
    Deactivate,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Reply {
    pub(crate) confirmed: Option<Members>,
    /// Whether only the first half of the body arrives.
    pub(crate) half: bool,
    pub(crate) denied: Option<String>,
    pub(crate) malformed: Option<Vec<String>>,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: Option<Value>,
    pub(crate) fail: Option<Fail>,
    pub(crate) sent: Option<Sent>,
    pub(crate) killed: bool,
    pub(crate) cancelled: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fail {
    Network,
    Timeout,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Sent {
    No,
    Maybe,
}

/// The computer of all steps that name no other one.
pub(crate) const A: &str = "A";

/// Returns the moment at which every scenario begins, on all clocks.
pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

impl Common {
    /// Returns what the scenarios of the license share.
    pub(crate) fn load() -> Self {
        Self::read(include_str!("common.json"), FILES)
    }

    /// Returns what the scenarios of the customer portal share.
    pub(crate) fn of_portal() -> Self {
        Self::read(include_str!("portal/common.json"), PORTAL_FILES)
    }

    fn read(text: &str, files: &'static [(&'static str, &'static str)]) -> Self {
        let names: BTreeMap<String, String> =
            serde_json::from_value(serde_json::from_str::<Value>(text).unwrap()["names"].clone()).unwrap();
        let common: Self =
            serde_json::from_str(&with_names(&names, text)).unwrap_or_else(|error| panic!("common.json: {error}"));
        Self { names, files, ..common }
    }

    /// Reads the text of a file.
    pub(crate) fn parse(&self, name: &str, text: &str) -> Result<File, String> {
        let mut file: File =
            serde_json::from_str(&with_names(&self.names, text)).map_err(|error| format!("{name}: {error}"))?;
        file.name = name.to_owned();
        Ok(file)
    }

    /// Returns every scenario file of all folders, each with what the scenarios of its folder share.
    pub(crate) fn all_files() -> Vec<(Arc<Self>, File)> {
        let with_files = |common: Self| {
            let (files, common) = (common.files(), Arc::new(common));
            files.into_iter().map(move |file| (Arc::clone(&common), file))
        };
        [Self::load(), Self::of_portal()].into_iter().flat_map(with_files).collect()
    }

    /// Returns every scenario file of the folder.
    pub(crate) fn files(&self) -> Vec<File> {
        let read = |(name, text): &(&str, &str)| self.parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        self.files.iter().map(read).collect()
    }
}

impl Scenario {
    /// Returns the steps that lead to the scenario's initial situation, and then the scenario's own steps.
    pub(crate) fn all_steps(&self, common: &Common) -> Vec<Step> {
        let given = self.given.iter().flat_map(|name| {
            common.given.get(name).unwrap_or_else(|| panic!("scenario `{}`: there is no given `{name}`", self.name))
        });
        given.chain(&self.steps).cloned().collect()
    }
}

impl Operation {
    /// Returns `true` if this computer acts for another one.
    pub(crate) fn is_for_another(self) -> bool {
        matches!(self, Self::OfflineAnswer | Self::OfflineRelease)
    }
}

impl Copy {
    /// Returns the copy of a text.
    pub(crate) fn of(&self, text: &str) -> String {
        let mut copied: Vec<char> = text.chars().collect();
        let at = |from: i64| usize::try_from(if from < 0 { text.len() as i64 + from } else { from }).unwrap();
        if let Some(at) = self.change.map(at) {
            copied[at] = if copied[at] == '7' { '9' } else { '7' };
        }
        if let Some(at) = self.skip.map(at) {
            copied.remove(at);
        }
        if let Some(at) = self.double.map(at) {
            copied.insert(at, copied[at]);
        }
        copied.truncate(self.first.unwrap_or(copied.len()));
        match self.lines {
            None => copied.into_iter().collect(),
            Some(length) => {
                let lines = copied.chunks(length).map(|line| line.iter().collect::<String>().to_lowercase());
                lines.collect::<Vec<_>>().join(" \r\n ")
            }
        }
    }
}

impl Step {
    /// Returns the computer on which the step happens.
    pub(crate) fn computer(&self) -> &str {
        self.computer.as_deref().unwrap_or(A)
    }

    /// Returns the text that the operation reads.
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().expect("the operation needs `text`")
    }

    pub(crate) fn summary(&self) -> String {
        let names = self.computer.iter().chain(&self.process);
        let process: String = names.map(|name| format!("{name}: ")).collect();
        if let Some(call) = &self.call {
            return format!("{process}{call}");
        }
        let what = match (self.operation, &self.restart, &self.clock, &self.store) {
            (Some(operation), ..) => format!("{operation:?}").to_lowercase(),
            (_, Some(_), ..) => String::from("restart"),
            (.., Some(_), _) => String::from("clock"),
            (.., Some(_)) => String::from("store"),
            _ => String::from("nothing"),
        };
        format!("{process}{what}")
    }
}

/// Replaces strings by the values of the names that they consist of. A string that only contains a name stays as it is.
fn with_names(names: &BTreeMap<String, String>, text: &str) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("\"{name}\""), &format!("\"{value}\"")))
}

/// Converts a duration such as `3d`, `-15d`, `+1h30m` or `23h59m59s999ms` to milliseconds. A year has 365 days.
pub(crate) fn duration_ms(text: &str) -> i64 {
    let (sign, mut rest) = match text.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (1, text),
    };
    let mut total = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or_else(|| panic!("`{text}` lacks a unit"));
        let (number, unit) = rest.split_at(digits);
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, more) = unit.split_at(end);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "y" => 365 * 86_400_000,
            other => panic!("`{other}` in `{text}` is no unit"),
        };
        total += number.parse::<i64>().unwrap_or_else(|_| panic!("`{text}` is no duration")) * unit;
        rest = more;
    }
    sign * total
}

/// Parses a date and time, or a duration since the start of the scenario.
pub(crate) fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| Timestamp::from_unix_ms(start().unix_ms() + duration_ms(text)))
}
