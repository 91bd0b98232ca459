//! Polar's rate limit: three requests a second for an address, and the fourth blocks it for a minute.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(1);
const REQUESTS: usize = 3;
const BLOCK: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Limiter {
    addresses: HashMap<IpAddr, Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    requests: VecDeque<Duration>,
    blocked_until: Option<Duration>,
}

impl Limiter {
    /// Counts a request; `Err` has the seconds for `retry-after`. Asking during a block does not extend it.
    pub(crate) fn admit(&mut self, address: IpAddr, now: Duration) -> Result<(), u64> {
        let recent = self.addresses.entry(address).or_default();
        recent.check(now)?;
        recent.requests.retain(|at| now.saturating_sub(*at) < WINDOW);
        if recent.requests.len() >= REQUESTS {
            recent.requests.clear();
            recent.blocked_until = Some(now + BLOCK);
            return Err(BLOCK.as_secs());
        }
        recent.requests.push_back(now);
        Ok(())
    }

    /// Whether the address is blocked, for paths that count nothing.
    pub(crate) fn check(&mut self, address: IpAddr, now: Duration) -> Result<(), u64> {
        self.addresses.entry(address).or_default().check(now)
    }
}

impl Recent {
    fn check(&mut self, now: Duration) -> Result<(), u64> {
        match self.blocked_until {
            Some(until) if now < until => Err((until - now).as_secs_f64().ceil() as u64),
            _ => {
                self.blocked_until = None;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_fourth_request_of_a_second_blocks_for_a_minute() {
        let mut limiter = Limiter::default();
        for millis in [0, 100, 200] {
            assert_eq!(limiter.admit(HERE, at(millis)), Ok(()));
        }
        assert_eq!(limiter.admit(HERE, at(999)), Err(60));
        assert_eq!(limiter.admit(HERE, at(30_999)), Err(30), "polling counts down and does not extend");
        assert_eq!(limiter.check(HERE, at(60_998)), Err(1));
        assert_eq!(limiter.admit(HERE, at(60_999)), Ok(()));
    }

    #[test]
    fn three_a_second_are_fine_for_ever_and_addresses_do_not_share() {
        let mut limiter = Limiter::default();
        for millis in (0..10_000).step_by(334) {
            assert_eq!(limiter.admit(HERE, at(millis)), Ok(()));
        }
        assert_eq!(limiter.admit(THERE, at(9_900)), Ok(()));
    }
}
