//! The versions of Polar's API that a server has, and which of them is current. Each quarter, Polar adds a version and
//! removes the oldest one.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// A version of Polar's API, such as `2026-10`. A later version compares as greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    year: u16,
    month: u16,
}

impl ApiVersion {
    /// The oldest version that this crate knows.
    pub const V2026_04: Self = Self { year: 2026, month: 4 };
    /// Version 2026-10. Since this version, Polar shows which member of a team has a key.
    pub const V2026_10: Self = Self { year: 2026, month: 10 };
    /// Version 2027-01. Since this version, Polar shows the subscription or order through which a key was sold.
    pub const V2027_01: Self = Self { year: 2027, month: 1 };

    /// The versions whose answers this crate knows, oldest first.
    pub const KNOWN: [Self; 3] = [Self::V2026_04, Self::V2026_10, Self::V2027_01];
}

impl Default for ApiVersion {
    /// Returns the version that is current on Polar's production server.
    fn default() -> Self {
        Self::V2026_10
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl FromStr for ApiVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |digits: &str, length| {
            let is_number = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten()
        };
        let parts = text.split_once('-').and_then(|(year, month)| Some((number(year, 4)?, number(month, 2)?)));
        match parts {
            Some((year, month @ 1..=12)) => Ok(Self { year, month }),
            Some(_) | None => {
                Err(Error::version(format!("`{text}` is not a version of Polar's API; write it like `2026-10`")))
            }
        }
    }
}

impl Serialize for ApiVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The versions of the API that a server has. One of them is always the current one.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Versions {
    current: ApiVersion,
    #[serde(rename = "versions")]
    all: BTreeSet<ApiVersion>,
}

impl Versions {
    /// Returns all known versions, and makes `current` the current one. Adds `current` if it is not known.
    pub(crate) fn starting_with(current: ApiVersion) -> Self {
        Self { current, all: ApiVersion::KNOWN.into_iter().chain([current]).collect() }
    }

    pub(crate) fn current(&self) -> ApiVersion {
        self.current
    }

    /// Returns the version in which a request is answered: the version that the request names, or the current version
    /// if `named` is `None`. Returns `None` if Polar does not have the named version.
    pub(crate) fn answering(&self, named: Option<&str>) -> Option<ApiVersion> {
        match named {
            None | Some("") => Some(self.current),
            Some(name) => self.all.iter().copied().find(|version| version.to_string() == name),
        }
    }

    /// Makes a version the current version. If Polar does not have the version yet, adds it first.
    pub(crate) fn release(&mut self, version: ApiVersion) {
        self.all.insert(version);
        self.current = version;
    }

    /// Removes a version. The error says why the version cannot be removed.
    pub(crate) fn remove(&mut self, version: ApiVersion) -> Result<(), String> {
        if version == self.current {
            return Err(format!("{version} is the current version; make another one current first"));
        }
        let removed = self.all.remove(&version);
        removed.then_some(()).ok_or_else(|| format!("there is no version {version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_polar_writes_them() {
        for version in ApiVersion::KNOWN {
            assert_eq!(version.to_string().parse::<ApiVersion>().unwrap(), version);
        }
        assert!("2027-01".parse::<ApiVersion>().unwrap() > ApiVersion::V2026_10);
        for text in ["", "2026", "2026-4", "2026-13", "2026-00", "26-04", "2026-04-01", "latest", "+026-04"] {
            assert!(text.parse::<ApiVersion>().is_err(), "`{text}`");
        }
    }
}
