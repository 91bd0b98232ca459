//! Event streams, their listeners, and the events that the listeners receive. A listener does not receive events that
//! were sent before it began to listen.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// The object whose events a stream sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// A checkout, identified by its secret.
    Checkout(String),
    Customer(Uuid),
}

/// The events of a stream, as text. The stream ends when the sender is dropped.
pub type Stream = UnboundedReceiver<String>;

#[derive(Debug, Default)]
pub(crate) struct Events {
    listeners: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    channel: Channel,
    since: Duration,
    /// The time at which the stream last received a comment. Comments keep an idle stream open.
    pinged: Duration,
    sender: UnboundedSender<String>,
}

/// The time after which Polar ends a stream.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// The interval at which each stream gets a comment. Comments keep proxies from closing the stream.
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
        // Sending fails if the listener has disconnected. Such a listener is removed from the list.
        self.listeners.retain(|listener| listener.channel != *channel || listener.sender.send(event.clone()).is_ok());
    }

    /// Sends a comment on each stream every 15 seconds, so that proxies do not close it. If a stream is too old, tells
    /// its client to connect again, and ends the stream.
    pub(crate) fn pass_time(&mut self, now: Duration, date: Timestamp) {
        self.listeners.retain_mut(|listener| {
            let is_old = now.saturating_sub(listener.since) >= LIFETIME;
            // If sending fails, the listener has disconnected. The last line of this closure then removes the listener.
            if is_old {
                let _ = listener.sender.send(data(&json!({ "type": "reconnect" })));
            } else if now.saturating_sub(listener.pinged) >= PING {
                listener.pinged = now;
                let _ = listener.sender.send(format!(": ping - {date}\r\n\r\n"));
            }
            !is_old && !listener.sender.is_closed()
        });
    }

    /// Returns the number of open streams.
    pub(crate) fn count(&self) -> usize {
        self.listeners.iter().filter(|listener| !listener.sender.is_closed()).count()
    }
}

fn data(event: &Value) -> String {
    format!("data: {event}\r\n\r\n")
}
