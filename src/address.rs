//! Parses configured addresses: extracts the host, and decides whether the host is this machine. Nothing in this file
//! opens a connection.

/// Returns the host and port of an address. The address must not contain its scheme.
pub(crate) fn authority(address: &str) -> &str {
    address.split_once(['/', '?', '#']).map_or(address, |(authority, _)| authority)
}

/// Returns `true` if the host is this machine: `localhost`, `[::1]`, or an IPv4 address that begins with `127.`. A host
/// that begins with `127.` must consist of digits and dots, because anybody can register a name such as
/// `127.example.com`.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    host == "localhost"
        || authority.starts_with("[::1]")
        || host.starts_with("127.") && host.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
}

/// Returns `true` for white space and control characters, which are not allowed inside an address or a name.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_control() || c.is_whitespace()
}
