//! The futures of the asynchronous traits, boxed so that the traits can be trait objects.

use std::pin::Pin;

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A future that stays on its thread, as all futures in a web page do.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
