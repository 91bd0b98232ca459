//! What Polar does later: its worker's jobs, and when each is due. Does not carry them out.

use std::time::Duration;

use uuid::Uuid;

use crate::mails::Mail;

#[derive(Clone, Debug)]
pub(crate) enum Job {
    Send(Mail),
    /// A confirmed checkout becomes an order with its key.
    Fulfil {
        checkout: Uuid,
    },
    /// The seat's holder gets a key.
    GrantSeat {
        seat: Uuid,
    },
    /// The key of a member who lost the seat is revoked.
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
    /// A mail is read long after it was sent, so waiting for one would prove nothing. A key always comes after the reply
    /// to the purchase, and an app that expects it earlier must fail.
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

    /// From now on, mails take this long.
    pub(crate) fn delay_mails(&mut self, by: Duration) {
        self.mail_delay = by;
    }

    /// From now on, it takes this long from a purchase or a claimed seat to its key.
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
