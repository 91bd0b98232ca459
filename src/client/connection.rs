//! Decides which addresses the native network stacks may connect to, and composes the messages of failed connections,
//! so that all stacks behave alike. This module itself opens no connection.

use crate::transport::{Answer, Failure, Sent};
use std::io;
use std::net::IpAddr;
use std::time::Duration;

pub(crate) const WRONG_ADDRESS: &str = "the address is neither https nor on this computer; correct the environment";

/// The kind of server that receives a request. The kind decides how the request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Remote,
    /// A test server on this machine.
    Loopback,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Target {
    /// Returns the kind of server at an address, and whether the connection is encrypted. Returns `None` if requests to
    /// the address are not allowed.
    pub(crate) fn of(scheme: &str, host: &str) -> Option<(Self, Scheme)> {
        let target = if is_loopback(host) { Self::Loopback } else { Self::Remote };
        match (scheme, target) {
            ("https", _) => Some((target, Scheme::Https)),
            ("http", Self::Loopback) => Some((target, Scheme::Http)),
            _ => None,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Returns the message for a request that was not sent because the value of the environment variable `variable` is not
/// the address of a proxy.
pub(crate) fn wrong_proxy(variable: &str) -> String {
    format!("the variable {variable} holds no proxy's address, so nothing was sent; correct it or remove it")
}

/// Returns a timeout if the request has no time left, and `None` otherwise. A request without time is never passed to
/// the network stack, which might check the limit only after it has sent something.
pub(crate) fn no_time(timeout: Duration) -> Option<Answer> {
    timeout.is_zero().then(|| Answer::failed(Failure::Timeout, Sent::No, timeout_message(Sent::No)))
}

pub(crate) fn timeout_message(sent: Sent) -> &'static str {
    match sent {
        Sent::No => "could not connect to Polar in time",
        Sent::Maybe => "no complete answer in time",
    }
}

/// The fault of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateFault {
    /// This computer does not trust the authority that issued the certificate.
    Authority,
    /// This computer's date is outside the certificate's validity period.
    Date,
    /// The certificate was issued for the name of another server.
    Name,
    Other,
}

impl CertificateFault {
    /// Returns the fault of the certificate that rustls reports in `reason`, or `None` if `reason` is about something
    /// else.
    pub(crate) fn of(reason: &str) -> Option<Self> {
        // error codes of Windows: CERT_E_EXPIRED, CERT_E_UNTRUSTEDROOT and CERT_E_CN_NO_MATCH
        const EXPIRED: u32 = 0x800B_0101;
        const UNTRUSTED_ROOT: u32 = 0x800B_0109;
        const NO_MATCH: u32 = 0x800B_010F;
        let problem = certificate_problem(reason)?;
        Some(match windows_code(problem).map(i32::cast_unsigned) {
            Some(EXPIRED) => Self::Date,
            Some(UNTRUSTED_ROOT) => Self::Authority,
            Some(NO_MATCH) => Self::Name,
            Some(_) => Self::Other,
            None if problem.contains("expired") || problem.contains("not valid yet") => Self::Date,
            None if problem.contains("UnknownIssuer") => Self::Authority,
            None if problem.contains("not valid for name") => Self::Name,
            None => Self::Other,
        })
    }
}

/// Returns a line for developers and logs that explains why no secure connection was made. `reason` is the error that
/// rustls reported.
pub(crate) fn tls_message(reason: &str) -> String {
    if is_plain_text(reason) {
        return String::from("no secure connection to Polar: the answer is not encrypted");
    }
    let Some(problem) = certificate_problem(reason) else {
        return format!("no secure connection to Polar: {}", without_names(reason));
    };
    if let Some(code) = windows_code(problem) {
        return format!("the connection's certificate is not trusted: Windows says 0x{code:08X}");
    }
    let hint = match CertificateFault::of(reason) {
        Some(CertificateFault::Date) => "; check the date of this computer",
        Some(CertificateFault::Authority | CertificateFault::Name | CertificateFault::Other) | None => "",
    };
    format!("the connection's certificate is not trusted: {problem}{hint}")
}

/// Returns `true` if rustls reports that the server does not speak TLS, because its answer is not a TLS record.
pub(crate) fn is_plain_text(reason: &str) -> bool {
    reason == "received corrupt message of type InvalidContentType"
}

fn certificate_problem(reason: &str) -> Option<&str> {
    without_names(reason).strip_prefix("invalid peer certificate: ")
}

/// Removes the certificate's names from the report, because they could reveal whose network this is. rustls lists these
/// names after a semicolon.
fn without_names(reason: &str) -> &str {
    reason.split(';').next().unwrap_or_default()
}

/// Returns the code of a Windows error for which rustls has no variant. `rustls-platform-verifier` writes such a code
/// as `OS Error -2146762482`.
fn windows_code(problem: &str) -> Option<i32> {
    let (_, rest) = problem.split_once("OS Error ")?;
    rest.split(' ').next()?.parse().ok()
}

/// Describes an error for developers and logs. Common errors have a fixed text, because the operating system's own
/// texts vary with its version and language.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
pub(crate) fn describe(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        kind @ (Kind::AddrNotAvailable
        | Kind::BrokenPipe
        | Kind::ConnectionAborted
        | Kind::ConnectionRefused
        | Kind::ConnectionReset
        | Kind::HostUnreachable
        | Kind::NetworkDown
        | Kind::NetworkUnreachable
        | Kind::NotConnected
        | Kind::PermissionDenied) => kind.to_string(),
        Kind::UnexpectedEof => "closed by the other side".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_problems_are_explained() {
        let expired = "invalid peer certificate: certificate expired: verification time 1 (UNIX)";
        assert!(tls_message(expired).ends_with("; check the date of this computer"));
        assert_eq!(CertificateFault::of(expired), Some(CertificateFault::Date));
        let name = "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for b";
        let expected = "the connection's certificate is not trusted: certificate not valid for name \"a\"";
        assert_eq!(tls_message(name), expected);
        assert_eq!(CertificateFault::of(name), Some(CertificateFault::Name));
        let windows = "invalid peer certificate: Other(OtherError(\"OS Error -2146762482 (words; of Windows)\"))";
        let expected = "the connection's certificate is not trusted: Windows says 0x800B010E";
        assert_eq!(tls_message(windows), expected);
        assert_eq!(CertificateFault::of(windows), Some(CertificateFault::Other));
        let untrusted = "invalid peer certificate: Other(OtherError(\"OS Error -2146762487 (words)\"))";
        assert_eq!(CertificateFault::of(untrusted), Some(CertificateFault::Authority));
        let unknown = "invalid peer certificate: UnknownIssuer";
        assert_eq!(CertificateFault::of(unknown), Some(CertificateFault::Authority));
        assert_eq!(CertificateFault::of("received fatal alert: HandshakeFailure"), None);
    }

    #[test]
    fn an_unencrypted_answer_is_reported_as_such() {
        let plain = "received corrupt message of type InvalidContentType";
        assert!(is_plain_text(plain));
        assert_eq!(tls_message(plain), "no secure connection to Polar: the answer is not encrypted");
        assert!(!is_plain_text("received fatal alert: HandshakeFailure"));
    }
}
