//! Event streams: who listens to what, and the events that they receive. Events from before are not repeated.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// What a stream is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// By its secret.
    Checkout(String),
    Customer(Uuid),
}

/// What a stream is sent, line by line; it ends with the sender.
pub type Stream = UnboundedReceiver<String>;

#[derive(Debug, Default)]
pub(crate) struct Events {
    listeners: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    channel: Channel,
    since: Duration,
    /// When it was last sent a comment.
    pinged: Duration,
    sender: UnboundedSender<String>,
}

/// Polar ends a stream after this time.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How often a stream is sent a comment, which keeps proxies from closing it.
const PING: Duration = Duration::from_secs(15);

impl Events {
    pub(crate) fn listen(&mut self, channel: Channel, now: Duration) -> Stream {
        let (sender, stream) = mpsc::unbounded_channel();
        self.listeners.push(Listener { channel, since: now, pinged: now, sender });
        stream
    }

    pub(crate) fn publish(&mut self, channel: &Channel, key: &str, payload: &Value) {
        let id = Uuid::new_v4().to_string();
        let event = data(&json!({ "id": id, "key": key, "payload": payload }));
        // A listener that has left cannot be sent to.
        self.listeners.retain(|listener| listener.channel != *channel || listener.sender.send(event.clone()).is_ok());
    }

    /// Keeps streams alive by comments, and ends those that are too old: Polar tells them to connect again.
    pub(crate) fn pass_time(&mut self, now: Duration, date: Timestamp) {
        self.listeners.retain_mut(|listener| {
            let is_old = now.saturating_sub(listener.since) >= LIFETIME;
            // Sending fails if the listener has left; it is dropped below.
            if is_old {
                let _ = listener.sender.send(data(&json!({ "type": "reconnect" })));
            } else if now.saturating_sub(listener.pinged) >= PING {
                listener.pinged = now;
                let _ = listener.sender.send(format!(": ping - {date}\r\n\r\n"));
            }
            !is_old && !listener.sender.is_closed()
        });
    }

    /// How many streams are open.
    pub(crate) fn count(&self) -> usize {
        self.listeners.iter().filter(|listener| !listener.sender.is_closed()).count()
    }
}

fn data(event: &Value) -> String {
    format!("data: {event}\r\n\r\n")
}
