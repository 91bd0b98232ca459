//! The error for a client without a network stack: the build contains none, and the app has set none.

use crate::codes::ErrorKind;
use crate::config::Config;
use crate::error::Error;

/// Returns the error for a client without a network stack. Opening the client fails with it, so that the developer sees
/// the error before a customer does.
pub(crate) fn no_transport(config: &Config) -> Error {
    let detail = "this build has no network stack of its own: give the client a `transport`, or turn on the feature \
                  `http`, or for tokio `tokio`";
    Error::worded(config.texts(), ErrorKind::InvalidConfig, detail)
}
