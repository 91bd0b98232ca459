//! The login page of a captive portal, which answers instead of Polar.

use crate::reply::Reply;
use crate::request::RecordedRequest;

/// The path of the login page to which the captive portal redirects. This server serves the page, so that a client that
/// follows the redirect stays on this machine.
pub(crate) const PATH: &str = "/_mock/portal";

const PAGE: &str = "<!doctype html><html><head><title>Guest network</title></head>\
     <body><h1>Welcome</h1><p>Please accept the terms of use to go online.</p>\
     <form method=\"post\"><button>Accept</button></form></body></html>";

pub(crate) fn page(status: u16) -> Reply {
    Reply::html(status, PAGE)
}

/// Returns the portal's reply to a request that was sent to Polar.
pub(crate) fn intercept(status: u16, request: &RecordedRequest) -> Reply {
    match status {
        300..=399 => {
            let host = request.header("host").unwrap_or("127.0.0.1");
            page(status).with("location", format!("http://{host}{PATH}"))
        }
        407 => page(status).with("proxy-authenticate", "Basic realm=\"guests\""),
        _ => page(status),
    }
}
