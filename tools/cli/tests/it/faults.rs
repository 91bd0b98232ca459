//! Every fault of the local Polar, with the problem that the command must report.

use mock_polar::{Fault, Garbage};
use std::time::Duration;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) fault: Fault,
    /// The kind of the problem that is reported. `None` if Polar's answer arrives in spite of the fault.
    pub(crate) kind: Option<&'static str>,
    /// Whether Polar may have carried out the request, as far as the client can know.
    pub(crate) maybe_applied: bool,
    /// Whether Polar never answers.
    pub(crate) hangs: bool,
}

/// Returns one case for each variant of each kind of fault.
pub(crate) fn all() -> Vec<Case> {
    let ms = Duration::from_millis;
    let mut cases = Vec::new();
    for status in [200, 302, 403, 404, 407, 511] {
        cases.push(case(format!("captive portal {status}"), Fault::captive_portal(status), "network"));
    }
    for status in [500, 502, 503, 504] {
        cases.push(case(format!("{status} as text"), Fault::server_error(status), "server"));
        cases.push(case(format!("{status} as a page"), Fault::server_error_html(status), "server"));
    }
    for wait in [None, Some(0), Some(3), Some(3600)] {
        let limited = case(format!("429, retry after {wait:?}"), Fault::rate_limited(wait), "rate_limited");
        cases.push(Case { maybe_applied: false, ..limited });
    }
    for garbage in [
        Garbage::Binary,
        Garbage::ForeignJson,
        Garbage::DeepJson,
        Garbage::Empty,
        Garbage::OtherKey,
        Garbage::OtherOrganization,
        Garbage::OtherActivation,
    ] {
        cases.push(case(format!("{garbage:?}"), Fault::garbage(garbage), "network"));
    }
    for (status, body) in [(403, r#"{"error":"forbidden"}"#), (404, r#"{"detail":"Not Found"}"#), (410, "{}")] {
        let fault = Fault::reply(status, "application/json", body);
        cases.push(case(format!("somebody else's {status}"), fault, "network"));
    }
    cases.extend([
        case("dropped before", Fault::drop_connection(), "network"),
        case("dropped after", Fault::drop_connection().after_handling(), "network"),
        case("502 after", Fault::server_error(502).after_handling(), "server"),
        case("truncated", Fault::truncated_body(), "network"),
        case("huge", Fault::huge_body(16 * 1024 * 1024), "network"),
        Case { hangs: true, ..case("stalled", Fault::stall(), "timeout") },
        Case { hangs: true, ..case("delayed", Fault::delay(ms(60_000)), "timeout") },
        Case { hangs: true, ..case("endless", Fault::slow_body(ms(1_000)), "timeout") },
        harmless("a little late", Fault::delay(ms(50))),
        harmless("slow", Fault::slow_body(Duration::from_micros(1))),
    ]);
    const DAY: i64 = 24 * 60 * 60;
    for days in [-400, -3, -1, 1, 3, 400] {
        cases.push(harmless(format!("a clock off by {days} days"), Fault::skewed_clock(days * DAY)));
    }
    cases
}

fn case(name: impl Into<String>, fault: Fault, kind: &'static str) -> Case {
    Case { name: name.into(), fault, kind: Some(kind), maybe_applied: true, hangs: false }
}

fn harmless(name: impl Into<String>, fault: Fault) -> Case {
    Case { kind: None, maybe_applied: false, ..case(name, fault, "") }
}
