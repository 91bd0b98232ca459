//! The futures of the asynchronous traits, in a box so that the traits can be trait objects.

use std::pin::Pin;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A future that stays on its thread, as all do in a web page.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
