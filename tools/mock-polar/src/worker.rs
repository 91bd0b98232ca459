//! The queue of Polar's worker: the jobs, and when each is due. `fulfilment` carries the jobs out.

use std::time::Duration;

use uuid::Uuid;

use crate::mails::Mail;

#[derive(Clone, Debug)]
pub(crate) enum Job {
    Send(Mail),
    /// Turns a confirmed checkout into an order with a key.
    Fulfil {
        checkout: Uuid,
    },
    /// Grants a key to the person who claimed the seat.
    GrantSeat {
        seat: Uuid,
    },
    /// Revokes the key of a member who no longer has a seat.
    RevokeMember {
        member: Uuid,
        order: Uuid,
    },
}

#[derive(Debug)]
pub(crate) struct Worker {
    jobs: Vec<(Duration, Job)>,
    mail_delay: Duration,
    purchase_delay: Duration,
}

impl Default for Worker {
    /// Returns a worker without jobs. The worker sends mails immediately, because a delay would test nothing: people
    /// read a mail much later anyway. It grants a key one second after a purchase, because an app that expects the key
    /// in the reply to the purchase must fail here, as it would with Polar.
    fn default() -> Self {
        Self { jobs: Vec::new(), mail_delay: Duration::ZERO, purchase_delay: Duration::from_secs(1) }
    }
}

impl Worker {
    pub(crate) fn enqueue(&mut self, job: Job, now: Duration) {
        let delay = match &job {
            Job::Send(_) => self.mail_delay,
            Job::Fulfil { .. } | Job::GrantSeat { .. } | Job::RevokeMember { .. } => self.purchase_delay,
        };
        self.jobs.push((now.saturating_add(delay), job));
    }

    /// Sets the delay for all mails that Polar sends from now on.
    pub(crate) fn delay_mails(&mut self, by: Duration) {
        self.mail_delay = by;
    }

    /// Sets how long Polar waits after a purchase, or after the claim of a seat, before it grants the key. Applies only
    /// to purchases and claims that are made after this call.
    pub(crate) fn delay_purchases(&mut self, by: Duration) {
        self.purchase_delay = by;
    }

    /// Takes the jobs that are due, in the order in which they were enqueued.
    pub(crate) fn take_due(&mut self, now: Duration) -> Vec<Job> {
        self.jobs.extract_if(.., |(due, _)| *due <= now).map(|(_, job)| job).collect()
    }

    /// Takes all jobs.
    pub(crate) fn take_all(&mut self) -> Vec<Job> {
        self.jobs.drain(..).map(|(_, job)| job).collect()
    }
}
