//! Checks the connection to Polar with one request, which is sent in the same way as the client's own requests. The
//! findings never show the address of a proxy or the body of a reply.

use super::finding::{Check, Fault, Finding};
use crate::blocking::http::{Obstacle, Probe, Route, leaves_certificates_out, probe, route, wrong_proxy_variables};
use crate::client::connection::CertificateFault;
use crate::client::exchange_log;
use crate::clock::{Clock, SystemClock};
use crate::codes::Reason;
use crate::config::{Config, Environment};
use crate::engine::{accepts, updates_ended};
use crate::json::Json;
use crate::key::Key;
use crate::license::Terms;
use crate::text::printable;
use crate::time::Timestamp;
use crate::transport::{Answer, Request};
use crate::wire::{Cause, Confirmed, Rejection, Validate};
use std::time::Duration;
use uuid::Uuid;

/// A key and an organization that do not exist. Polar answers as for any other unknown key.
const NO_KEY: &str = "POLAR-LICENSE-SELF-TEST";
const NO_ORGANIZATION: Uuid = Uuid::from_u128(0x5e1f7e57_0000_4000_8000_000000000000);

/// The newest version of Polar's API that this library is tested with.
const NEWEST_TESTED: &str = "2027-01";

/// The clock counts as right if it deviates by at most this much.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Asks Polar once about a key that does not exist. Finds out who answers, over which proxy and with which certificate,
/// and whether this computer's clock is right. Needs no license key. The request counts towards Polar's rate limit.
pub fn network(environment: &Environment, timeout: Duration) -> Vec<Finding> {
    let (key, request) = made_up();
    let Some(request) = request else { return Vec::new() };
    let asked = Asked::new(environment, &request, timeout);
    let mut findings = asked.findings();
    let detail = if asked.is_polar() {
        format!("Polar was asked about `{key}`, a key that does not exist")
    } else {
        String::from("no license key was given, and Polar did not answer")
    };
    findings.push(Finding::unchecked(
        Check::Key,
        detail,
        "Give the license key as well: only with a key does Polar say whether the organization is right.",
    ));
    findings
}

/// Does the same checks as [`network`], but asks Polar about the given license key. Also finds out whether Polar knows
/// the key in the configured organization, and whether the app accepts it. If Polar does not know the key, also asks
/// Polar's other environment (the sandbox instead of production, or the reverse), because the key may belong there.
pub fn network_with_key(config: &Config, key: &Key) -> Vec<Finding> {
    let request = Validate::new(key, config.organization_id());
    let asked = Asked::new(config.environment(), &request, config.timeout());
    let mut findings = asked.findings();
    findings.push(asked.about_key(config, &request));
    findings
}

fn made_up() -> (&'static str, Option<Validate>) {
    (NO_KEY, Key::parse(NO_KEY).ok().map(|key| Validate::new(&key, NO_ORGANIZATION)))
}

/// A request that was sent, and its outcome.
struct Asked {
    url: String,
    route: Route,
    probe: Probe,
    /// Polar's answer, if Polar answered.
    reply: Result<Confirmed, Rejection>,
    /// This computer's time when the reply arrived.
    wall: Timestamp,
    took_ms: u64,
}

impl Asked {
    fn new(environment: &Environment, request: &Validate, timeout: Duration) -> Self {
        let url = environment.base_url().to_owned();
        let route = route(&url);
        let clock = SystemClock::new();
        let start = clock.now();
        let sent = Request::post([url.as_str(), Validate::PATH].concat(), request.body(), timeout);
        let probe = probe(&sent);
        let end = clock.now();
        let took_ms = start.until(end.mono);
        exchange_log::log(&sent, &probe.answer, took_ms);
        Self { reply: request.read(&probe.answer), url, route, probe, wall: end.wall, took_ms }
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = wrong_proxies();
        findings.push(self.polar());
        findings.extend(self.proxy());
        findings.extend([self.certificates(), self.clock()]);
        findings
    }

    /// Returns `true` if Polar itself answered.
    fn is_polar(&self) -> bool {
        self.no_answer().is_none()
    }

    /// Returns the reason why Polar did not answer, or `None` if it did.
    fn no_answer(&self) -> Option<&Rejection> {
        match &self.reply {
            Ok(_) | Err(Rejection::Denied(_)) => None,
            Err(Rejection::NotAnswered(Cause::UsageExhausted | Cause::Invalid { .. })) => None,
            Err(no_answer @ Rejection::NotAnswered(Cause::RateLimited(_) | Cause::Unreachable { .. })) => {
                Some(no_answer)
            }
        }
    }

    fn polar(&self) -> Finding {
        if self.probe.obstacle == Some(Obstacle::ProxyVariable) {
            let detail = format!("{}: nothing was sent, because of the proxy's setting", self.url);
            return Finding::unchecked(Check::Polar, detail, "Polar is asked once the proxy's setting is correct.");
        }
        let fault = |fault, detail: String| Finding::faulty(Check::Polar, fault, format!("{}: {detail}", self.url));
        let Some(no_answer) = self.no_answer() else {
            let answered = format!("{} answered in {} ms", self.url, self.took_ms);
            return Finding::good(Check::Polar, format!("{answered}{}", self.version()));
        };
        let rejection = no_answer.to_string();
        match &self.probe.answer {
            Answer::Reply { status: 429, .. } => fault(Fault::RateLimited, rejection),
            Answer::Reply { status, body, .. } => {
                let who = who_answered(*status, body);
                let detail = if who == Fault::CaptivePortal {
                    portal(&format!("HTTP {status}"))
                } else if who == Fault::EndpointGone {
                    format!("Polar has no such endpoint, or not in this version (HTTP {status})")
                } else {
                    rejection
                };
                fault(who, detail)
            }
            Answer::Failed { .. } => {
                let which = self.probe.obstacle.map_or(Fault::NoNetwork, |obstacle| self.obstacle(obstacle));
                let could_not = "could not connect to Polar";
                let detail = if which == Fault::ProxyUnreachable {
                    rejection.replace(could_not, "could not connect to the proxy")
                } else if which == Fault::ProxyRefused {
                    rejection.replace(could_not, "the connection through the proxy failed")
                } else if which == Fault::CaptivePortal {
                    portal("without encryption")
                } else {
                    rejection
                };
                fault(which, detail)
            }
        }
    }

    /// Returns text to append to a detail: the version of Polar's API in which the reply was written. The text is empty
    /// if the version is not known.
    fn version(&self) -> String {
        let Some(version) = self.probe.version.as_deref().filter(|version| is_version(version)) else {
            return String::new();
        };
        let newest = NEWEST_TESTED;
        // a version is a year and a month, so comparing two versions as text shows which one is later
        let note = if version > newest {
            format!(", which is newer than those tested here (up to {newest})")
        } else {
            String::new()
        };
        format!(", version {version}{note}")
    }

    fn obstacle(&self, obstacle: Obstacle) -> Fault {
        let has_proxy = self.route.proxy.is_some();
        match obstacle {
            Obstacle::Address => Fault::Configuration,
            Obstacle::ProxyVariable => Fault::ProxyAddress,
            Obstacle::Timeout => Fault::Timeout,
            Obstacle::HostName => Fault::ProxyLookup,
            Obstacle::Connection if has_proxy => Fault::ProxyUnreachable,
            // a filtering proxy accepts the connection, and then cuts it off or answers in the server's place
            Obstacle::BrokenOff | Obstacle::PlainText if has_proxy => Fault::ProxyRefused,
            Obstacle::Connection | Obstacle::BrokenOff if self.is_on_this_computer() => Fault::NoLocalServer,
            Obstacle::Connection | Obstacle::BrokenOff => Fault::NoNetwork,
            Obstacle::Proxy => Fault::ProxyRefused,
            Obstacle::Certificate(fault) => of_certificate(fault),
            Obstacle::PlainText => Fault::CaptivePortal,
            Obstacle::Tls => Fault::NoEncryption,
            Obstacle::Answer => Fault::NotPolar,
        }
    }

    /// Returns `true` if the address begins with `http:`. Such a server is on this computer, because any other server
    /// must have an `https` address.
    fn is_on_this_computer(&self) -> bool {
        self.url.starts_with("http:")
    }

    /// Returns the finding about the proxy, or `None` if there is no proxy.
    fn proxy(&self) -> Option<Finding> {
        self.route.proxy.as_ref().map(|(protocol, has_user)| {
            let user = if *has_user { ", with a user name" } else { "" };
            let detail = format!("requests go over a proxy ({protocol}{user})");
            let fault = self.probe.obstacle.map(|obstacle| self.obstacle(obstacle));
            match fault.filter(|fault| is_of_proxy(*fault)) {
                Some(fault) => Finding::faulty(Check::Proxy, fault, detail),
                None => Finding::good(Check::Proxy, detail),
            }
        })
    }

    fn certificates(&self) -> Finding {
        let is_left_out = leaves_certificates_out();
        let mut roots = match self.route.system_roots {
            None => String::from("the system verifies certificates itself"),
            Some(0) => String::from("the system has no root certificates, so Mozilla's are used"),
            Some(count) => format!("the system has {count} root certificate{}", if count == 1 { "" } else { "s" }),
        };
        if is_left_out {
            roots.push_str("; SSL_CERT_FILE names no file of certificates");
        }
        match self.probe.obstacle {
            Some(Obstacle::Certificate(fault)) => Finding::faulty(Check::Certificates, of_certificate(fault), roots),
            Some(Obstacle::Tls) => Finding::faulty(Check::Certificates, Fault::NoEncryption, roots),
            None
            | Some(
                Obstacle::Address
                | Obstacle::ProxyVariable
                | Obstacle::HostName
                | Obstacle::Connection
                | Obstacle::BrokenOff
                | Obstacle::Timeout
                | Obstacle::Proxy
                | Obstacle::PlainText
                | Obstacle::Answer,
            ) => {
                let unused = if self.is_on_this_computer() { "not used for an address on this computer; " } else { "" };
                let found = |detail| match is_left_out {
                    true => Finding::warning(Check::Certificates, Fault::UnknownAuthority, detail),
                    false => Finding::good(Check::Certificates, detail),
                };
                found(format!("{unused}{roots}"))
            }
        }
    }

    fn clock(&self) -> Finding {
        let certificate = Some(Obstacle::Certificate(CertificateFault::Date));
        if self.probe.obstacle == certificate {
            let detail = format!("this computer's clock says {}, when the certificate is not valid", self.wall);
            return Finding::faulty(Check::Clock, Fault::CertificateDate, detail);
        }
        let date = self.probe.date.as_deref().and_then(Timestamp::parse_http).filter(|_| self.is_polar());
        let Some(polar) = date else {
            let detail = format!("this computer's clock says {}", self.wall);
            return Finding::unchecked(Check::Clock, detail, "The clock is compared with Polar's once Polar answers.");
        };
        let (ahead, by) = (self.wall > polar, self.wall.since(polar).max(polar.since(self.wall)));
        let direction = if ahead { "ahead of" } else { "behind" };
        if by <= TOLERANCE {
            return Finding::good(Check::Clock, format!("within {} of Polar's", rounded(TOLERANCE)));
        }
        let detail = format!("this computer's clock is {} {direction} Polar's: it says {}", rounded(by), self.wall);
        Finding::faulty(Check::Clock, Fault::Clock, detail)
    }

    fn about_key(&self, config: &Config, request: &Validate) -> Finding {
        let name = named(config.environment());
        match &self.reply {
            Ok(confirmed) => known_key(config, &confirmed.terms),
            Err(Rejection::Denied(Reason::NotFound)) => self.unknown_key(config, request),
            Err(rejection @ Rejection::Denied(_)) => {
                Finding::faulty(Check::Key, Fault::KeyDenied, format!("{name} denies the key: {rejection}"))
            }
            Err(Rejection::NotAnswered(cause @ (Cause::Invalid { .. } | Cause::UsageExhausted))) => {
                Finding::faulty(Check::Key, Fault::Configuration, cause.to_string())
            }
            Err(Rejection::NotAnswered(Cause::RateLimited(_) | Cause::Unreachable { .. })) => {
                Finding::unchecked(Check::Key, "Polar did not answer", "The key is checked once Polar answers.")
            }
        }
    }

    fn unknown_key(&self, config: &Config, request: &Validate) -> Finding {
        let name = named(config.environment());
        let organization = request.organization_id;
        let unknown = format!("{name} does not know the key in the organization {organization}");
        let Some(other) = other_environment(config.environment()) else {
            return Finding::faulty(Check::Key, Fault::UnknownKey, unknown);
        };
        let elsewhere = Self::new(&other, request, config.timeout());
        let other = named(&other);
        match elsewhere.reply {
            Ok(_) | Err(Rejection::Denied(Reason::Inactive | Reason::Expired)) => {
                Finding::faulty(Check::Key, Fault::OtherEnvironment, format!("{unknown}, but {other} does"))
            }
            Err(Rejection::Denied(_)) => {
                Finding::faulty(Check::Key, Fault::UnknownKey, format!("{unknown}, nor does {other}"))
            }
            Err(_) => Finding::faulty(Check::Key, Fault::UnknownKey, format!("{unknown}; {other} could not be asked")),
        }
    }
}

/// Returns the finding about a key that Polar has confirmed: whether the app accepts it.
fn known_key(config: &Config, terms: &Terms) -> Finding {
    let known = format!("{} knows the key in this organization", named(config.environment()));
    if accepts(config, terms.benefit_id).is_err() {
        let accepted: Vec<_> = config.benefits().iter().map(ToString::to_string).collect();
        let detail = format!(
            "{known}, but the app does not accept its benefit {}; it accepts {}",
            terms.benefit_id,
            accepted.join(", ")
        );
        return Finding::faulty(Check::Key, Fault::OtherBenefit, detail);
    }
    match updates_ended(config, terms) {
        Some(until) => {
            let detail = format!("{known}, but it includes only versions of the app that were built until {until}");
            Finding::faulty(Check::Key, Fault::UpdatesEnded, detail)
        }
        None => Finding::good(Check::Key, known),
    }
}

/// Returns a finding for each environment variable that should hold a proxy's address but does not.
fn wrong_proxies() -> Vec<Finding> {
    let wrong = wrong_proxy_variables()
        .into_iter()
        .map(|name| Finding::faulty(Check::Proxy, Fault::ProxyAddress, format!("`{name}` holds no proxy's address")));
    wrong.collect()
}

fn is_of_proxy(fault: Fault) -> bool {
    [Fault::ProxyUnreachable, Fault::ProxyLookup, Fault::ProxyRefused].contains(&fault)
}

/// Returns the detail of a finding if a network's sign-in page answered in Polar's place. `how` describes the page's
/// reply, for example by its HTTP status.
fn portal(how: &str) -> String {
    format!("the sign-in page of a network answered in Polar's place ({how})")
}

fn of_certificate(fault: CertificateFault) -> Fault {
    match fault {
        CertificateFault::Authority => Fault::UnknownAuthority,
        CertificateFault::Date => Fault::CertificateDate,
        CertificateFault::Name | CertificateFault::Other => Fault::WrongCertificate,
    }
}

/// Returns `true` if a text has the form of a version, such as `2026-10`.
fn is_version(text: &str) -> bool {
    let is_digit = |(at, byte): (usize, u8)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 7 && text.bytes().enumerate().all(is_digit)
}

/// Returns the fault that most likely explains an unexpected reply.
fn who_answered(status: u16, body: &[u8]) -> Fault {
    let is_page = body.trim_ascii_start().starts_with(b"<");
    match status {
        404 if is_bare_not_found(body) => Fault::EndpointGone,
        300..=399 | 511 => Fault::CaptivePortal,
        200..=299 if is_page => Fault::CaptivePortal,
        500..=599 => Fault::ServerFault,
        407 => Fault::ProxyRefused,
        _ => Fault::NotPolar,
    }
}

/// Returns Polar's other environment, to which a key may belong. Returns `None` if the app has configured a server's
/// address and not one of Polar's environments.
pub(super) fn other_environment(environment: &Environment) -> Option<Environment> {
    match environment {
        Environment::Production => Some(Environment::Sandbox),
        Environment::Sandbox => Some(Environment::Production),
        Environment::Url(_) => None,
    }
}

pub(super) fn named(environment: &Environment) -> String {
    match environment {
        Environment::Production => String::from("Polar's production"),
        Environment::Sandbox => String::from("Polar's sandbox"),
        Environment::Url(url) => printable(url),
    }
}

/// Returns `true` if `body` is Polar's standard "not found" body. Polar sends this body if a request's address has no
/// endpoint, or if its API version was removed.
fn is_bare_not_found(body: &[u8]) -> bool {
    let document = Json::parse(body);
    let detail = document.and_then(|document| document.get("detail")).and_then(Json::string);
    detail.as_deref() == Some("Not Found") && document.is_some_and(|document| document.get("error").is_none())
}

/// Formats a duration: in minutes below one hour, in hours below two days, and otherwise in days.
fn rounded(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    let (unit, name) = match seconds {
        0..HOUR => (MINUTE, "minutes"),
        HOUR..172_800 => (HOUR, "hours"),
        _ => (DAY, "days"),
    };
    let half = unit.checked_div(2).unwrap_or_default();
    let count = seconds.saturating_add(half).checked_div(unit).unwrap_or_default();
    format!("{count} {}", if count == 1 { name.trim_end_matches('s') } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_what_people_say() {
        for (seconds, text) in [
            (300, "5 minutes"),
            (3_599, "60 minutes"),
            (3_600, "1 hour"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
            (31_536_000, "365 days"),
        ] {
            assert_eq!(rounded(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_key_that_the_app_does_not_accept_is_not_good() {
        let sold = Timestamp::parse("2026-01-01T00:00:00Z");
        let terms = Terms { benefit_id: Uuid::from_u128(1), created_at: sold, ..Terms::default() };
        let app = || Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app");
        let fault = |app: crate::ConfigBuilder| known_key(&app.build().unwrap(), &terms).fault();
        assert_eq!(fault(app()), None);
        assert_eq!(fault(app().updates(30, "2026-01-31")), None);
        assert_eq!(fault(app().updates(30, "2026-02-01")), Some(Fault::UpdatesEnded));
        let other = app().benefit("b0010000-0000-4000-8000-000000000001");
        assert_eq!(fault(other), Some(Fault::OtherBenefit));
    }

    #[test]
    fn the_servers_that_answer_in_place_of_polar_are_distinguished() {
        let page = b"\n <!doctype html><html>";
        for (status, body, fault) in [
            (200, &page[..], Fault::CaptivePortal),
            (302, b"", Fault::CaptivePortal),
            (307, b"", Fault::CaptivePortal),
            (511, b"", Fault::CaptivePortal),
            (200, b"{}", Fault::NotPolar),
            (403, page, Fault::NotPolar),
            (404, b"{}", Fault::NotPolar),
            (404, br#"{"detail":"Not Found"}"#, Fault::EndpointGone),
            (404, br#"{"error":"x","detail":"Not Found"}"#, Fault::NotPolar),
            (407, page, Fault::ProxyRefused),
            (502, page, Fault::ServerFault),
        ] {
            assert_eq!(who_answered(status, body), fault, "{status}");
        }
    }
}
