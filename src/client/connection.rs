//! Where the native network stacks connect to, and what they say if that fails: addresses and texts, the same whichever of
//! them an app uses. Connects to nothing itself.

use crate::transport::Sent;
use std::io;
use std::net::IpAddr;

pub(crate) const USER_AGENT: &str = concat!("polar-license/", env!("CARGO_PKG_VERSION"));

pub(crate) const WRONG_ADDRESS: &str = "the address is neither https nor on this computer; correct the environment";

/// Where a request goes, as far as it matters to how it is sent.
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
    /// `None` for an address that nothing is sent to.
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

pub(crate) fn timeout_message(sent: Sent) -> &'static str {
    match sent {
        Sent::No => "could not connect to Polar in time",
        Sent::Maybe => "no complete answer in time",
    }
}

/// What rustls reports, as one line for people.
pub(crate) fn tls_message(reason: &str) -> String {
    // After a semicolon rustls lists the names that the certificate is for: whose network this is.
    let reason = reason.split(';').next().unwrap_or_default();
    let Some(problem) = reason.strip_prefix("invalid peer certificate: ") else {
        return format!("no secure connection to Polar: {reason}");
    };
    if let Some(code) = windows_code(problem) {
        return format!("the connection's certificate is not trusted: Windows says 0x{code:08X}");
    }
    let hint = if problem.contains("expired") || problem.contains("not valid yet") {
        "; check the date of this computer"
    } else {
        ""
    };
    format!("the connection's certificate is not trusted: {problem}{hint}")
}

/// The code of a Windows error that rustls has no variant for, as `rustls-platform-verifier` writes it.
fn windows_code(problem: &str) -> Option<i32> {
    let (_, rest) = problem.split_once("OS Error ")?;
    rest.split(' ').next()?.parse().ok()
}

/// The texts of an operating system vary with its version and language; these do not.
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
        let name = "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for b";
        let expected = "the connection's certificate is not trusted: certificate not valid for name \"a\"";
        assert_eq!(tls_message(name), expected);
        let windows = "invalid peer certificate: Other(OtherError(\"OS Error -2146762482 (words; of Windows)\"))";
        let expected = "the connection's certificate is not trusted: Windows says 0x800B010E";
        assert_eq!(tls_message(windows), expected);
    }
}
