//! Replies in the forms that Polar uses. `answer` turns a reply into an answer that can be sent.

use serde::Serialize;

use crate::events::Stream;

/// The status, the headers and the whole body of a reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The events to send after the body, if the reply is a stream of events.
    pub(crate) stream: Option<Stream>,
    /// Whether the reply is sent without `content-length`, as Polar's 429 is.
    pub(crate) chunked: bool,
    /// Whether the functions in `polar.rs` that imitate Polar's web server add `polar-version`, `cache-control` and
    /// CORS headers to the reply.
    pub(crate) outer_headers: bool,
}

impl Reply {
    /// Returns a reply with a body of this content type. Polar's web layers in `polar.rs` add their headers to the
    /// reply later.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body: body.into(), stream: None, chunked: false, outer_headers: true }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(_) => Self::internal_error(),
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// Returns an HTML page, as if a server between the program and Polar had sent it.
    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::new(status, "text/html; charset=utf-8", body).without_outer_headers()
    }

    /// Returns a stream of events.
    pub(crate) fn stream(events: Stream) -> Self {
        let reply = Self::new(200, "text/event-stream; charset=utf-8", "");
        let reply = reply.with("cache-control", "no-store").with("x-accel-buffering", "no");
        Self { stream: Some(events), chunked: true, ..reply }
    }

    /// Returns an error of Polar's application: `{"error": NAME, "detail": …}`.
    pub(crate) fn error(status: u16, error: &str, detail: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            detail: &'a str,
        }
        Self::json(status, &Body { error, detail })
    }

    /// Returns an error of Polar's web framework. Unlike other errors, its body has no member `error`.
    pub(crate) fn framework_error(status: u16, detail: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            detail: &'a str,
        }
        Self::json(status, &Body { detail })
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::error(404, "ResourceNotFound", detail)
    }

    pub(crate) fn not_permitted(detail: &str) -> Self {
        Self::error(403, "NotPermitted", detail)
    }

    /// Returns the refusal of a request that has no token, or a token of the wrong kind.
    pub(crate) fn unauthorized() -> Self {
        Self::error(401, "Unauthorized", "Unauthorized").with("www-authenticate", "Bearer realm=\"polar\"")
    }

    /// Returns the reply to a request whose token has expired, was revoked or is unknown. Its body has
    /// `error_description` instead of `detail`.
    pub(crate) fn invalid_token() -> Self {
        const DESCRIPTION: &str =
            "The access token provided is expired, revoked, malformed, or invalid for other reasons.";
        #[derive(Serialize)]
        struct Body {
            error: &'static str,
            error_description: &'static str,
        }
        let scheme = format!("Bearer realm=\"polar\", error=\"invalid_token\", error_description=\"{DESCRIPTION}\"");
        Self::json(401, &Body { error: "invalid_token", error_description: DESCRIPTION })
            .with("cache-control", "no-store")
            .with("pragma", "no-cache")
            .with("www-authenticate", scheme)
    }

    /// Returns a redirect.
    pub(crate) fn redirect(location: &str) -> Self {
        let headers = vec![("location", location.to_owned())];
        Self { status: 307, headers, body: Vec::new(), stream: None, chunked: false, outer_headers: true }
    }

    pub(crate) fn no_content() -> Self {
        Self::new(204, "application/json", "")
    }

    pub(crate) fn too_many_requests(retry_after: Option<u64>) -> Self {
        let headers = retry_after.map(|seconds| ("retry-after", seconds.to_string())).into_iter().collect();
        Self { status: 429, headers, body: Vec::new(), stream: None, chunked: true, outer_headers: true }
    }

    /// Returns the reply to an unhandled exception in Polar. This reply bypasses every layer that adds headers.
    pub(crate) fn internal_error() -> Self {
        Self::text(500, "Internal Server Error").without_outer_headers()
    }

    pub(crate) fn without_outer_headers(mut self) -> Self {
        self.outer_headers = false;
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Allows pages of every origin to read the reply.
    pub(crate) fn with_cors(self) -> Self {
        if self.headers.iter().any(|(name, _)| *name == "access-control-allow-origin") {
            return self;
        }
        self.with("access-control-allow-origin", "*").with("access-control-expose-headers", "Polar-Version")
    }
}
