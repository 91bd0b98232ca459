//! The messages that pages receive. The messages contain decisions, but never the key or the record. Only the text of
//! an answer or a return contains a key, and only the pages that have the permission receive it.

use polar_license::engine::{OfflineText, Outcome, Phase};
use polar_license::portal::boundary;
use polar_license::tokio::Client;
use polar_license::{Deactivated, Decision, Error, ErrorDetails, Explanation, Now};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The present decision, and the decisions that will follow if only time passes. Outlooks may arrive out of order: the
/// one with the highest `at` is the latest.
#[derive(Clone, Serialize)]
pub(crate) struct Outlook {
    at: u64,
    phases: Vec<Shown>,
}

/// A decision with its explanations. It applies as soon as the user's clock reads `wall` (in ms since 1970) or `after`
/// ms have passed, whichever comes first.
#[derive(Clone, Serialize)]
struct Shown {
    wall: i64,
    after: u64,
    decision: Decision,
    explanations: BTreeMap<String, Explanation>,
    /// The explanation for every feature that the configuration does not name.
    unknown: Explanation,
}

impl Outlook {
    pub(crate) fn of(client: &Client, at: u64) -> Self {
        let phases = client.outlook();
        let now = phases.first().map(|phase| phase.from).unwrap_or_default();
        Self { at, phases: phases.into_iter().map(|phase| Shown::of(phase, now)).collect() }
    }
}

impl Shown {
    fn of(Phase { from, decision }: Phase, now: Now) -> Self {
        let explanations =
            decision.features().map(|(name, _)| (name.to_owned(), decision.explain(name))).collect::<BTreeMap<_, _>>();
        // the empty name stands for any unknown feature, because no feature has an empty name
        let unknown = decision.explain("");
        Self { wall: from.wall.unix_ms(), after: from.mono.saturating_sub(now.mono), explanations, unknown, decision }
    }
}

/// The result of a call, with the decisions that apply after the call.
pub(crate) struct Reply {
    pub(crate) outlook: Outlook,
    pub(crate) result: Result<Decision, Error>,
    pub(crate) deactivated: Option<Deactivated>,
    /// The text for another computer.
    pub(crate) text: Option<OfflineText>,
}

impl Reply {
    /// Returns the reply to a call that is meant to change something. If the change failed, the reply is an error.
    pub(crate) fn changed(outlook: Outlook, outcome: Outcome) -> Self {
        Self { outlook, deactivated: outcome.deactivated, text: outcome.text, result: outcome.result }
    }

    /// Returns the reply to a call such as a refresh, which does not fail if Polar cannot be reached.
    pub(crate) fn asked(outlook: Outlook, outcome: Outcome) -> Self {
        Self { outlook, deactivated: None, text: None, result: Ok(outcome.into_decision()) }
    }

    /// Returns the reply to a call for another computer. The reply contains the decision for the other computer. If the
    /// call could not begin, for example because the other computer's text is damaged, the reply is an error.
    pub(crate) fn for_other(outlook: Outlook, called: Result<Outcome, Error>) -> Self {
        match called {
            Ok(outcome) => Self::changed(outlook, outcome),
            Err(error) => Self { outlook, deactivated: None, text: None, result: Err(error) },
        }
    }
}

#[derive(Serialize)]
struct ReplyJson<'a> {
    outlook: &'a Outlook,
    decision: Option<&'a Decision>,
    error: Option<ErrorDetails<'a>>,
    deactivated: Option<Deactivated>,
    text: Option<&'a str>,
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (decision, error) = match &self.result {
            Ok(decision) => (Some(decision), None),
            Err(error) => (error.decision(), Some(error.details())),
        };
        let text = self.text.as_ref().map(OfflineText::as_str);
        ReplyJson { outlook: &self.outlook, decision, error, deactivated: self.deactivated, text }.serialize(serializer)
    }
}

/// The result of an operation of the customer portal, with the decisions that apply after the operation.
pub(crate) struct PortalReply {
    pub(crate) outlook: Outlook,
    pub(crate) result: Result<PortalResult, Error>,
}

/// The part of a reply that a page receives.
pub(crate) struct PortalResult {
    json: String,
    /// The address of the checkout's page, if the result is a checkout.
    address: Option<String>,
}

impl From<&boundary::Reply> for PortalResult {
    fn from(reply: &boundary::Reply) -> Self {
        Self { json: reply.json().to_owned(), address: reply.address().map(str::to_owned) }
    }
}

#[derive(Serialize)]
struct PortalReplyJson<'a> {
    outlook: &'a Outlook,
    reply: Option<&'a str>,
    address: Option<&'a str>,
    error: Option<ErrorDetails<'a>>,
}

impl Serialize for PortalReply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (reply, error) = match &self.result {
            Ok(reply) => (Some(reply), None),
            Err(error) => (None, Some(error.details())),
        };
        let address = reply.and_then(|reply| reply.address.as_deref());
        let reply = reply.map(|reply| reply.json.as_str());
        PortalReplyJson { outlook: &self.outlook, reply, address, error }.serialize(serializer)
    }
}
