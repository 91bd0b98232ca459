//! Writes requests and answers to the log, without their keys and bodies. Of an address, only the path is written.

use crate::text::printable;
use crate::transport::{Answer, Request};

/// Logs one request after it has ended: `POST /v1/customer-portal/license-keys/validate: 200 in 143 ms`.
pub(crate) fn log(request: &Request, answer: &Answer, took_ms: u64) {
    let path = path(&request.url);
    match answer {
        Answer::Reply { status, .. } => log::debug!("POST {path}: {status} in {took_ms} ms"),
        Answer::Failed { message, .. } => log::debug!("POST {path}: {} in {took_ms} ms", printable(message)),
    }
}

/// Logs the version of Polar's API in which a reply is written. `version` is the value of the reply's header
/// `Polar-Version`. Called by the network stacks of this crate; an app's own network stack can read the header itself.
#[cfg(any(feature = "http", feature = "tokio", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
pub(crate) fn answered_in(version: Option<&str>) {
    if let Some(version) = version {
        log::debug!("the reply is in version {} of Polar's API", printable(version));
    }
}

fn path(url: &str) -> &str {
    let (_, address) = url.split_once("://").unwrap_or_default();
    address.find('/').and_then(|at| address.get(at..)).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_an_address_is_shown() {
        assert_eq!(path("https://api.polar.sh/v1/x"), "/v1/x");
        for without in ["https://api.polar.sh", "", "/v1"] {
            assert_eq!(path(without), "/");
        }
    }
}
