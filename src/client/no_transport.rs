//! The error of a client that is built without a network stack and is not given one.

use crate::codes::ErrorKind;
use crate::config::Config;
use crate::error::Error;

/// Returns the error that `open` fails with, so that a developer meets it before a customer does.
pub(crate) fn no_transport(config: &Config) -> Error {
    let detail = "this build has no network stack of its own: give the client a `transport`, or turn on the feature \
                  `http`, or for tokio `tokio`";
    Error::worded(config.texts(), ErrorKind::InvalidConfig, detail)
}
