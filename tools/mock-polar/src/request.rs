//! Recorded requests, and the endpoints to which they were sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::endpoint::{self, Endpoint, Target};

/// At most this many bytes of a body are kept. Polar accepts no larger body. The limit keeps a faulty test from filling
/// the memory.
pub const KEPT_BODY: usize = 10 * 1024 * 1024;

/// A request that reached the server. Requests to the control endpoint are not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The headers in the order received, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body, or its first 10 MiB if it is larger. Polar rejects larger bodies.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// Returns the endpoint to which the request was sent, or `None` if no endpoint matches the request's method and
    /// path.
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self.target() {
            Target::Endpoint(endpoint, _) => Some(endpoint),
            Target::OtherMethod { .. } | Target::OtherSlash { .. } | Target::Nothing => None,
        }
    }

    /// Returns the value of the first header with this name. Ignores case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the body as text. Bytes that are not UTF-8 are replaced by `U+FFFD`.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON, or `null` if it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the address of the server, with the host that the client used.
    pub(crate) fn site(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("127.0.0.1"))
    }

    /// Returns the token in the header `authorization`. Returns `None` if the header has a scheme other than
    /// `Bearer`, or if the token is empty or not ASCII.
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.is_ascii()).then_some(token)
    }

    /// Returns `true` if the content type says that the body is JSON: `application/json`, `application/problem+json`
    /// and the like.
    pub(crate) fn has_json(&self) -> bool {
        let content_type = self.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        media_type.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    pub(crate) fn target(&self) -> Target {
        endpoint::find(&self.method, &self.decoded_path())
    }

    /// Returns the path without its query and its percent-encoding. Removes the `/api` at the start of Polar's older
    /// paths.
    pub(crate) fn decoded_path(&self) -> String {
        let path = self.raw_path();
        path.strip_prefix("/api").filter(|rest| rest.starts_with("/v1")).map_or(path.to_string(), str::to_owned)
    }

    /// Returns `true` if the path begins with `/api/v1`. Polar calls such paths deprecated.
    pub(crate) fn has_deprecated_path(&self) -> bool {
        self.raw_path().starts_with("/api/v1")
    }

    /// Returns the query, or `None` if the request has none.
    pub(crate) fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }

    fn raw_path(&self) -> Cow<'_, str> {
        let path = self.path.split('?').next().unwrap_or_default();
        percent_decode_str(path).decode_utf8_lossy()
    }

    /// Returns `true` if this is a preflight, which a browser sends before a request to another origin.
    pub(crate) fn is_preflight(&self) -> bool {
        self.method == "OPTIONS"
            && self.header("origin").is_some()
            && self.header("access-control-request-method").is_some()
    }
}

impl Serialize for RecordedRequest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            method: &'a str,
            path: &'a str,
            endpoint: Option<Endpoint>,
            headers: BTreeMap<&'a str, &'a str>,
            body: String,
        }
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        View { method: &self.method, path: &self.path, endpoint: self.endpoint(), headers, body: self.text() }
            .serialize(serializer)
    }
}
