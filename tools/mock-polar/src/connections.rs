//! Keeps track of the open connections, so that a test can close them.

use tokio::task::AbortHandle;

#[derive(Default)]
pub(crate) struct Connections(Vec<AbortHandle>);

impl Connections {
    pub(crate) fn add(&mut self, connection: AbortHandle) {
        self.0.retain(|known| !known.is_finished());
        self.0.push(connection);
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.0.drain(..).for_each(|connection| connection.abort());
    }
}
