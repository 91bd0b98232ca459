//! Polar's rate limits: how many requests a sender may make in a time window, and how long Polar blocks a sender after
//! too many requests.

use std::collections::HashMap;
use std::time::Duration;

use crate::sessions::Subject;

/// The sender by which Polar counts a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// The address from which a request without a token was sent.
    Address(String),
    /// A token that Polar has not accepted within the last five minutes.
    Token(String),
    /// The holder of a token that Polar has accepted within the last five minutes.
    Known(Subject),
}

/// A group of paths whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Zone {
    Codes,
    LicenseKeys,
    ClaimStreams,
    Confirmations,
    Other,
}

#[derive(Debug, Default)]
pub(crate) struct Limiter {
    /// The start of each time window, and the number of requests that were made in it. The key of a window consists of
    /// a zone, a sender and the window's length.
    windows: HashMap<(Zone, Identity, Duration), (Duration, u32)>,
    blocked_until: HashMap<Identity, Duration>,
    good_tokens: HashMap<String, (Subject, Duration)>,
}

/// The time for which Polar remembers that a token was valid.
const TOKEN_MEMORY: Duration = Duration::from_secs(300);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

impl Zone {
    /// Returns the zone to which a path belongs, whatever the HTTP method. Returns `None` if requests to the path are
    /// not counted.
    fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/v1")?;
        let begins = |prefix: &str, names: &[&str]| {
            path.strip_prefix(prefix).is_some_and(|rest| names.iter().any(|name| rest.starts_with(name)))
        };
        let contains = |prefix: &str, end: &str| {
            path.strip_prefix(prefix).and_then(|rest| rest.find(end)).is_some_and(|at| at > 0)
        };
        Some(if begins("/customer-portal/customer-session/", &["request", "authenticate"]) {
            Self::Codes
        } else if begins("/customer-portal/license-keys/", &["validate", "activate", "deactivate"]) {
            Self::LicenseKeys
        } else if contains("/customer-seats/claim/", "/stream") {
            Self::ClaimStreams
        } else if contains("/checkouts/", "/confirm") {
            Self::Confirmations
        } else {
            Self::Other
        })
    }

    /// Returns the time windows of this zone: the length of each, and the number of requests that are admitted in it.
    fn windows(self, identity: &Identity) -> &'static [(Duration, u32)] {
        match (self, identity) {
            (Self::Codes, _) => &[(MINUTE, 6), (HOUR, 12)],
            (Self::LicenseKeys, _) => &[(SECOND, 3)],
            (Self::ClaimStreams, _) => &[(MINUTE, 10)],
            (Self::Confirmations, _) => &[(MINUTE, 6), (HOUR, 20)],
            (Self::Other, Identity::Token(_)) => &[(MINUTE, 60)],
            (Self::Other, Identity::Address(_) | Identity::Known(_)) => &[(MINUTE, 500)],
        }
    }

    /// Returns how long Polar blocks a sender after too many requests to this zone. Returns `None` if the zone blocks
    /// nobody. A blocked sender is refused at the paths of every zone, not only of this one.
    fn block(self) -> Option<Duration> {
        match self {
            Self::Codes => Some(Duration::from_secs(900)),
            Self::LicenseKeys => Some(Duration::from_secs(60)),
            Self::ClaimStreams => Some(Duration::from_secs(300)),
            Self::Confirmations => Some(Duration::from_secs(1800)),
            Self::Other => None,
        }
    }
}

impl Limiter {
    /// Returns the sender of a request that has this token and comes from this address.
    pub(crate) fn identity(&self, token: Option<&str>, address: &str, now: Duration) -> Identity {
        let Some(token) = token else {
            return Identity::Address(address.to_owned());
        };
        match self.good_tokens.get(token) {
            Some((subject, at)) if now.saturating_sub(*at) < TOKEN_MEMORY => Identity::Known(*subject),
            Some(_) | None => Identity::Token(token.to_owned()),
        }
    }

    pub(crate) fn token_was_good(&mut self, token: &str, subject: Subject, now: Duration) {
        self.good_tokens.insert(token.to_owned(), (subject, now));
    }

    pub(crate) fn token_was_bad(&mut self, token: &str) {
        self.good_tokens.remove(token);
    }

    /// Counts a request. Returns `Err` with the seconds for `retry-after` if the request is not admitted. Requests
    /// during a block do not extend the block.
    pub(crate) fn admit(&mut self, identity: &Identity, path: &str, now: Duration) -> Result<(), u64> {
        let Some(zone) = Zone::of(path) else {
            return Ok(());
        };
        match self.blocked_until.get(identity) {
            Some(until) if now < *until => return Err((*until - now).as_secs_f64().ceil() as u64),
            Some(_) | None => {}
        }
        let windows = zone.windows(identity);
        for (length, admitted) in windows {
            let (began, count) = self.windows.entry((zone, identity.clone(), *length)).or_insert_with(|| (now, 0));
            if now.saturating_sub(*began) >= *length {
                (*began, *count) = (now, 0);
            }
            if *count >= *admitted {
                let Some(block) = zone.block() else {
                    return Err(length.as_secs());
                };
                self.blocked_until.insert(identity.clone(), now.saturating_add(block));
                return Err(block.as_secs());
            }
        }
        for (length, _) in windows {
            if let Some((_, count)) = self.windows.get_mut(&(zone, identity.clone(), *length)) {
                *count = count.saturating_add(1);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALIDATE: &str = "/v1/customer-portal/license-keys/validate";
    const LIST: &str = "/v1/customer-portal/license-keys/";

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn here() -> Identity {
        Identity::Address("127.0.0.1".to_owned())
    }

    #[test]
    fn three_a_second_are_always_admitted_and_addresses_are_counted_apart() {
        let mut limiter = Limiter::default();
        for millis in (0..10_000).step_by(334) {
            assert_eq!(limiter.admit(&here(), VALIDATE, at(millis)), Ok(()));
        }
        assert_eq!(limiter.admit(&Identity::Address("127.0.0.2".to_owned()), VALIDATE, at(9_900)), Ok(()));
    }

    #[test]
    fn everything_else_is_counted_by_the_minute_and_blocks_nothing() {
        let mut limiter = Limiter::default();
        let token = limiter.identity(Some("t"), "127.0.0.1", at(0));
        assert_eq!(token, Identity::Token("t".to_owned()));
        assert!((0..60).all(|n| limiter.admit(&token, LIST, at(n)).is_ok()));
        assert_eq!(limiter.admit(&token, LIST, at(61)), Err(60));
        limiter.token_was_good("t", Subject::Customer(uuid::Uuid::nil()), at(0));
        let known = limiter.identity(Some("t"), "127.0.0.1", at(0));
        assert!((0..500).all(|n| limiter.admit(&known, LIST, at(n)).is_ok()));
        assert_eq!(limiter.admit(&known, LIST, at(501)), Err(60));
        assert_eq!(limiter.admit(&known, VALIDATE, at(501)), Ok(()), "another count");
        assert_eq!(limiter.identity(Some("t"), "127.0.0.1", at(300_000)), token);
    }
}
