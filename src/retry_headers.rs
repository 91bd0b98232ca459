//! Reads from a reply's headers how long to wait before the next request, at most `LONGEST_BLOCK`. Reads no clock,
//! because a date in `Retry-After` is compared with the server's own `Date`.

use crate::time::Timestamp;
use std::time::Duration;

/// The longest pause that a server can impose on this library: twice as long as Polar's longest block. Without a limit,
/// another server that answers in Polar's place could impose a pause of a day. The limit also applies to a stored
/// pause, because its end may have been saved while the wall clock was wrong.
pub(crate) const LONGEST_BLOCK: Duration = Duration::from_secs(30 * 60);

/// Returns the wait that a reply with the status 429 asks for, but at most [`LONGEST_BLOCK`].
pub(crate) fn block(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into()).min(LONGEST_BLOCK)
}

/// The headers of a reply that say when to try again. A header that is missing or cannot be read is `None`. In a
/// browser a page can read only headers that the server exposes, and Polar exposes none of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryHeaders<S> {
    /// `Retry-After`: a number of seconds, or a date (RFC 9110, section 10.2.3).
    pub retry_after: Option<S>,
    /// `RateLimit-Reset`: a number of seconds (draft-ietf-httpapi-ratelimit-headers-07).
    pub ratelimit_reset: Option<S>,
    /// `Date`: the time at which the server wrote the reply.
    pub date: Option<S>,
}

impl<S: AsRef<str>> RetryHeaders<S> {
    /// Reads the headers. `header` returns the value of the header with the given name.
    pub fn read(header: impl Fn(&'static str) -> Option<S>) -> Self {
        Self { retry_after: header("retry-after"), ratelimit_reset: header("ratelimit-reset"), date: header("date") }
    }

    /// Returns the wait that the headers ask for, in seconds, or `None` if they do not ask for a wait. Pass the result
    /// to [`Answer::Reply`](crate::transport::Answer::Reply). `Retry-After` takes precedence over `RateLimit-Reset`, as
    /// the draft requires. A date in `Retry-After` counts only together with the header `Date`, because this device's
    /// clock may be wrong.
    ///
    /// ```
    /// use polar_license::transport::RetryHeaders;
    ///
    /// let headers = RetryHeaders::read(|name| match name {
    ///     "retry-after" => Some("Sat, 21 Nov 2026 07:45:42 GMT"),
    ///     "date" => Some("Sat, 21 Nov 2026 07:44:42 GMT"),
    ///     _ => None,
    /// });
    /// assert_eq!(headers.seconds(), Some(60));
    /// ```
    pub fn seconds(&self) -> Option<u32> {
        self.after().or_else(|| number(self.ratelimit_reset.as_ref()?.as_ref()))
    }

    fn after(&self) -> Option<u32> {
        let after = self.retry_after.as_ref()?.as_ref();
        number(after).or_else(|| {
            let wait = Timestamp::parse_http(after)?.since(Timestamp::parse_http(self.date.as_ref()?.as_ref())?);
            Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
        })
    }
}

fn number(value: &str) -> Option<u32> {
    let value = value.trim();
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_comes_from_the_headers_alone() {
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (retry_after, ratelimit_reset, date, expected) in [
            (Some("60"), None, None, Some(60)),
            (Some(" 7 "), Some("9"), now, Some(7)),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), None, now, Some(60)),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), Some("9"), now, Some(60)),
            (Some("Sun, 06 Nov 1994 08:49:36 GMT"), None, now, Some(0)),
            (Some("Fri, 31 Dec 9999 23:59:59 GMT"), None, now, Some(u32::MAX)),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), None, None, None),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), Some("9"), None, Some(9)),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT"), None, Some("now"), None),
            (Some("Sunday, 06-Nov-94 08:50:37 GMT"), None, now, None),
            (Some("Sun Nov  6 08:50:37 1994"), None, now, None),
            (Some("Sun, 06 Nov 1994 08:50:37 CET"), None, now, None),
            (Some("Sun, 31 Nov 1994 08:50:37 GMT"), None, now, None),
            (Some("Sun, 06 Nov 1994 08:50:37.5+01:00 GMT"), None, now, None),
            (Some("Sun, 06 Nov 1994 08:50:37 GMT and more"), None, now, None),
            (Some("soon"), Some("9"), now, Some(9)),
            (None, Some("9"), None, Some(9)),
            (None, Some("-9"), None, None),
            (None, Some("Sun, 06 Nov 1994 08:50:37 GMT"), now, None),
            (Some(""), Some(""), Some(""), None),
            (None, None, now, None),
        ] {
            let headers = RetryHeaders { retry_after, ratelimit_reset, date };
            assert_eq!(headers.seconds(), expected, "{headers:?}");
        }
    }
}
