//! Addresses that an app configures: which part is the host, and whether that is this machine. Opens no connection, and
//! leaves what an address is for to those who use it.

/// Host and port of an address without its scheme.
pub(crate) fn authority(address: &str) -> &str {
    address.split_once(['/', '?', '#']).map_or(address, |(authority, _)| authority)
}

/// What is made of digits and dots alone is an address, never a name that somebody could register.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    host == "localhost"
        || authority.starts_with("[::1]")
        || host.starts_with("127.") && host.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
}

/// Neither seen nor allowed inside an address or a name.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_control() || c.is_whitespace()
}
