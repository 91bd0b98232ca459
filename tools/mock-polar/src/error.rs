//! The error type of this crate.

use std::fmt;
use std::io;

/// An error: the server could not be started, the seed could not be read, or a date or version is not valid.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Server,
    Seed,
    Time,
    Version,
}

impl Error {
    /// Returns `true` if the seed could not be used. The message names the wrong part and says what to change.
    pub fn is_seed(&self) -> bool {
        self.kind == Kind::Seed
    }

    /// Returns `true` if the server could not be started, for example because its port is taken.
    pub fn is_server(&self) -> bool {
        self.kind == Kind::Server
    }

    /// Returns `true` if the error is about a text that is not a date and time.
    pub fn is_time(&self) -> bool {
        self.kind == Kind::Time
    }

    /// Returns `true` if the error is about a text that is not a version of Polar's API.
    pub fn is_version(&self) -> bool {
        self.kind == Kind::Version
    }

    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server needs a port"))]
    pub(crate) fn server(message: impl Into<String>, source: io::Error) -> Self {
        Self { kind: Kind::Server, message: message.into(), source: Some(source) }
    }

    pub(crate) fn seed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Seed, message: message.into(), source: None }
    }

    pub(crate) fn time(message: impl Into<String>) -> Self {
        Self { kind: Kind::Time, message: message.into(), source: None }
    }

    pub(crate) fn version(message: impl Into<String>) -> Self {
        Self { kind: Kind::Version, message: message.into(), source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
