//! The local Polar without connections. It answers requests to the control endpoint and requests to Polar, and applies
//! faults. It opens no sockets and starts no threads. A front end receives the requests, sends the answers, and
//! provides a timer for the faults that delay a request.

use std::net::IpAddr;

use crate::answer::{Answer, Delivery, Disconnect};
use crate::control;
use crate::fulfilment;
use crate::inject;
use crate::mails::Mail;
use crate::polar;
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::seed::Seed;
use crate::state::Shared;
use crate::timer::Timer;
use crate::versions::ApiVersion;

/// A local Polar without network code. Use it to write a front end of your own: a server that receives the requests and
/// sends the answers, for example in another language. [`MockPolar`](crate::MockPolar) is a front end in Rust.
pub struct Machine {
    pub(crate) shared: Shared,
}

impl Machine {
    /// Creates a local Polar with the keys of `seed`. `rate_limit` turns rate limits on, `version` is the current
    /// version of the API, and `show_mail` is called with each mail.
    pub fn new(seed: Seed, rate_limit: bool, version: ApiVersion, show_mail: Option<fn(&Mail)>) -> Self {
        Self { shared: Shared::new(seed, rate_limit, version, show_mail) }
    }

    /// Answers a complete request. Drop the future when the client disconnects.
    ///
    /// # Errors
    /// Returns `Disconnect` if the connection must be closed without an answer.
    pub async fn answer(
        &self,
        request: RecordedRequest,
        from: IpAddr,
        timer: &impl Timer,
    ) -> Result<Answer, Disconnect> {
        let (reply, delivery) = match control::answer(&self.shared, &request, timer).await {
            Some(reply) => (reply, Delivery::Whole),
            None => self.answer_as_polar(request, from, timer).await?,
        };
        let now = self.shared.lock().now();
        Ok(Answer::new(reply, delivery, now))
    }

    /// Carries out the jobs of Polar's worker that are due. Call this method often, because only this method carries
    /// out a job that becomes due between two requests.
    pub fn work(&self) {
        let worked = fulfilment::run_due(&mut self.shared.lock());
        if worked {
            self.shared.announce();
        }
    }

    async fn answer_as_polar(
        &self,
        request: RecordedRequest,
        from: IpAddr,
        timer: &impl Timer,
    ) -> Result<(Reply, Delivery), Disconnect> {
        let shared = &self.shared;
        let (fault, handled) = {
            let mut state = shared.lock();
            state.requests.push(request.clone());
            let fault = if request.is_preflight() { None } else { state.faults.apply(request.endpoint()) };
            // Records the request and handles it under one lock. So when a test sees the recorded request, Polar has
            // also handled it, unless a fault delays it.
            let handled = fault.as_ref().is_none_or(|applied| inject::is_handled_first(&applied.fault)).then(|| {
                let skew = fault.as_ref().map_or(0, |applied| inject::clock_skew(&applied.fault));
                polar::answer(&mut state, &request, from, skew)
            });
            (fault, handled)
        };
        shared.announce();
        let polar = || handled.unwrap_or_else(|| polar::answer(&mut shared.lock(), &request, from, 0));
        match fault {
            None => Ok((polar(), Delivery::Whole)),
            Some(mut applied) => inject::inject(&mut applied, &request, polar, timer).await,
        }
    }
}
