//! A reply before it goes on the wire, in Polar's forms.

use serde::Serialize;

/// Status, headers and whole body of a reply.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Sent without `content-length`, as Polar's 429 is.
    pub(crate) chunked: bool,
    /// Whether Polar's outer layers add `polar-version`, `cache-control` and CORS headers on the way out.
    pub(crate) dressed: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self {
                status,
                headers: vec![("content-type", "application/json".to_owned())],
                body,
                chunked: false,
                dressed: true,
            },
            Err(_) => Self::crash(),
        }
    }

    /// An application error: `{"error": NAME, "detail": …}`.
    pub(crate) fn error(status: u16, error: &str, detail: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            detail: &'a str,
        }
        Self::json(status, &Body { error, detail })
    }

    /// An answer of the framework, which has no `error`.
    pub(crate) fn bare(status: u16, detail: &str) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            detail: &'a str,
        }
        Self::json(status, &Body { detail })
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
            body: body.as_bytes().to_vec(),
            chunked: false,
            dressed: true,
        }
    }

    pub(crate) fn html(status: u16, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: body.into_bytes(),
            chunked: false,
            dressed: false,
        }
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::error(404, "ResourceNotFound", detail)
    }

    pub(crate) fn not_permitted(detail: &str) -> Self {
        Self::error(403, "NotPermitted", detail)
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            headers: vec![("content-type", "application/json".to_owned())],
            body: Vec::new(),
            chunked: false,
            dressed: true,
        }
    }

    pub(crate) fn too_many(retry_after: Option<u64>) -> Self {
        let headers = retry_after.map(|seconds| ("retry-after", seconds.to_string())).into_iter().collect();
        Self { status: 429, headers, body: Vec::new(), chunked: true, dressed: true }
    }

    /// An unhandled exception: it passes every layer that would have added a header.
    pub(crate) fn crash() -> Self {
        Self::text(500, "Internal Server Error").undressed()
    }

    pub(crate) fn undressed(mut self) -> Self {
        self.dressed = false;
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| *known == name)
    }
}
