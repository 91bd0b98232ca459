//! All transports that the crate has with the enabled features, behind one function.

use polar_license::blocking::{HttpTransport, Transport};
use polar_license::transport::{Answer, Request};

#[cfg(not(feature = "tokio"))]
pub(crate) const TRANSPORTS: &[&str] = &["blocking"];
#[cfg(feature = "tokio")]
pub(crate) const TRANSPORTS: &[&str] = &["blocking", "tokio"];

/// Returns a transport by name, as a function that can send many requests.
pub(crate) fn named(transport: &str) -> Box<dyn Fn(&Request) -> Answer> {
    match transport {
        #[cfg(feature = "tokio")]
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let transport = polar_license::tokio::HttpTransport::new();
            Box::new(move |request| {
                runtime.block_on(polar_license::transport::AsyncTransport::send(&transport, request))
            })
        }
        _ => {
            let transport = HttpTransport::new();
            Box::new(move |request| transport.send(request))
        }
    }
}
