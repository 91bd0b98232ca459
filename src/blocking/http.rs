//! One request over HTTPS, with ureq. Says precisely whether a request that failed may have reached Polar, because one
//! that may have is never sent again.
//!
//! Never follows a redirect, never sends twice, never reuses a connection (Polar closes idle ones after 5 s, and a reset
//! on reuse would look like a lost answer), never judges who answered, never reads a clock.
//!
//! ```text
//! check address ── DNS ── connect ── [proxy] ── TLS ── headers ─┬─ body ── answer
//!                     failed here: Sent::No                     │  failed here: Sent::Maybe
//!                                                               └─ ureq asks for the first byte of the body
//! ```
//! The line is where ureq first reads the body: a request without one byte of its body is one that Polar cannot act on.
//! This is exact where a list of error codes would be a guess (a reset, say, can come from either side of the line).
//!
//! Trust: the operating system verifies certificates on Windows and Apple systems; elsewhere the system's root
//! certificates count (`SSL_CERT_FILE` and `SSL_CERT_DIR` included), and bundled ones where there are none. They are read
//! before the first request that needs them, and again after one that failed, so that installing one helps without a
//! restart. One that is no longer to be trusted is, until then or until the program ends.
//!
//! Proxy: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` (`http`, `https`, `socks4`, `socks4a`, `socks5`, `socks5h`), in capital
//! or small letters, except for hosts in `NO_PROXY`; on Windows otherwise the system's setting. Loopback is never proxied.
//!
//! ureq-proto writes every answer to the log at level `trace`, key and customer included, and offers no switch. An app
//! that logs `trace` has to turn off the target `ureq_proto`.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy, SendBody};

use crate::client::connection::{Scheme, Target, USER_AGENT, WRONG_ADDRESS, describe, timeout_message, tls_message};
use crate::client::kept::Kept;
use crate::transport::{Answer, Failure, Request, RetryHeaders, Sent, Transport};

/// Sends requests with ureq and rustls, honouring the system's proxy and root certificates.
#[derive(Clone, Default)]
pub struct HttpTransport {
    roots: Arc<Kept<RootCerts>>,
}

impl HttpTransport {
    /// A transport. Opens nothing and reads nothing before the first request.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Transport for HttpTransport {
    fn post(&self, request: &Request) -> Answer {
        let mut body = WatchedBody::new(request.body.as_bytes());
        exchange(request, &mut body, &self.roots).unwrap_or_else(|fault| {
            self.roots.forget();
            fault.into_answer(body.sent)
        })
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

fn exchange(request: &Request, body: &mut WatchedBody<'_>, known: &Kept<RootCerts>) -> Result<Answer, Fault> {
    let (target, scheme) = target(&request.url).ok_or(Fault::Address)?;
    let tls = match scheme {
        Scheme::Https => TlsConfig::builder().root_certs(known.get(|| Ok::<_, Fault>(roots()))?).build(),
        Scheme::Http => TlsConfig::default(),
    };
    let mut post = agent(target, tls, request.timeout)
        .post(&request.url)
        // Without it ureq sends a reader's body in chunks, which Polar refuses with 411.
        .header("Content-Length", request.body.len().to_string())
        .header("Connection", "close");
    for (name, value) in Request::HEADERS {
        post = post.header(name, value);
    }
    let mut response = post.send(SendBody::from_reader(body))?;

    let retry_after = RetryHeaders::read(|name| response.headers().get(name)?.to_str().ok()).seconds();
    let mut bytes = Vec::new();
    let limit = Request::REPLY_LIMIT as u64;
    response.body_mut().as_reader().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > Request::REPLY_LIMIT {
        return Err(Fault::TooLarge);
    }
    Ok(Answer::Reply { status: response.status().as_u16(), retry_after, body: bytes })
}

/// `None` for an address that nothing is sent to.
fn target(url: &str) -> Option<(Target, Scheme)> {
    let uri: Uri = url.parse().ok()?;
    Target::of(uri.scheme_str()?, uri.host()?)
}

/// A fresh agent for each request: it holds no connection back, and sees the proxy of today.
fn agent(target: Target, tls: TlsConfig, timeout: Duration) -> Agent {
    let proxy = match target {
        Target::Remote => Proxy::try_from_env(),
        Target::Loopback => None,
    };
    // ureq allows for the connection to a proxy and for its answer separately, up to this long each.
    let connect = proxy.is_some().then(|| timeout.checked_div(2)).flatten();
    Agent::config_builder()
        .proxy(proxy)
        .tls_config(tls)
        .timeout_global(Some(timeout))
        .timeout_connect(connect)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .user_agent(USER_AGENT)
        .accept("")
        .accept_encoding("")
        .build()
        .new_agent()
}

#[cfg(any(windows, target_vendor = "apple"))]
fn roots() -> RootCerts {
    RootCerts::PlatformVerifier
}

/// Loaded here and not by ureq's platform verifier because that one fails where there are no certificates at all, after
/// connecting and without a way to detect it.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        log::warn!("this system has no root certificates: using the bundled ones");
        return RootCerts::WebPki;
    }
    found.iter().map(|certificate| ureq::tls::Certificate::from_der(certificate).to_owned()).into()
}

/// Android's verifier needs the app's Java context, which only the app has.
#[cfg(not(any(windows, all(unix, not(target_os = "android")))))]
fn roots() -> RootCerts {
    RootCerts::WebPki
}

/// The request's body, which records whether reading it has begun.
struct WatchedBody<'a> {
    rest: &'a [u8],
    sent: Sent,
}

impl<'a> WatchedBody<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // An empty body is never read, so it does not show what was sent.
        Self { rest: bytes, sent: if bytes.is_empty() { Sent::Maybe } else { Sent::No } }
    }
}

impl Read for WatchedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.sent = Sent::Maybe;
        self.rest.read(buffer)
    }
}

/// Why there is no reply.
enum Fault {
    Address,
    TooLarge,
    Ureq(ureq::Error),
}

impl From<ureq::Error> for Fault {
    fn from(error: ureq::Error) -> Self {
        Self::Ureq(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        // ureq's readers wrap its own errors; this unwraps them.
        Self::Ureq(error.into())
    }
}

impl Fault {
    fn into_answer(self, sent: Sent) -> Answer {
        let (failure, sent, message) = match self {
            Self::Address => (Failure::Network, Sent::No, WRONG_ADDRESS.to_owned()),
            Self::TooLarge => (Failure::Network, sent, "answer too large".to_owned()),
            Self::Ureq(ureq::Error::Timeout(_)) => (Failure::Timeout, sent, timeout_message(sent).to_owned()),
            Self::Ureq(error) => (Failure::Network, sent, message(&error, sent)),
        };
        Answer::failed(failure, sent, message)
    }
}

/// One line for people. Errors are spelled out one by one so that no address, and nothing of a proxy's, slips in.
fn message(error: &ureq::Error, sent: Sent) -> String {
    use ureq::Error;
    match (error, sent) {
        (Error::HostNotFound, _) => "could not connect to Polar: host not found".to_owned(),
        (Error::ConnectProxyFailed(reason), _) => format!("the proxy did not connect to Polar: {reason}"),
        (Error::InvalidProxyUrl, _) => "the proxy's address is not valid; correct the proxy settings".to_owned(),
        (Error::Io(error), Sent::No) if error.kind() == io::ErrorKind::InvalidData => tls_message(&describe(error)),
        (Error::Rustls(error), _) => tls_message(&error.to_string()),
        (Error::Tls(reason), _) => tls_message(reason),
        (Error::Io(error), Sent::No) => format!("could not connect to Polar: {}", describe(error)),
        (Error::Io(error), Sent::Maybe) => format!("the connection to Polar broke: {}", describe(error)),
        (Error::Protocol(_), Sent::No) => "the proxy's answer is not HTTP".to_owned(),
        (Error::Protocol(_), Sent::Maybe) => "the answer is not HTTP".to_owned(),
        (Error::LargeResponseHeader(..), _) => "answer too large".to_owned(),
        (_, Sent::No) => "could not connect to Polar".to_owned(),
        (_, Sent::Maybe) => "the connection to Polar broke".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_sent_to() {
        for (url, expected) in [
            ("https://api.polar.sh/v1", Some(Target::Remote)),
            ("https://127.0.0.1/", Some(Target::Loopback)),
            ("http://localhost:8080/", Some(Target::Loopback)),
            ("http://LOCALHOST/", Some(Target::Loopback)),
            ("http://127.8.9.1/", Some(Target::Loopback)),
            ("http://[::1]:80/", Some(Target::Loopback)),
            ("http://api.polar.sh/", None),
            ("http://localhost.example.com/", None),
            ("http://localhost@example.com/", None),
            ("http://10.0.0.1/", None),
            ("ftp://localhost/", None),
            ("/v1", None),
            ("", None),
        ] {
            assert_eq!(target(url).map(|(target, _)| target), expected, "{url}");
        }
    }

    #[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
    #[test]
    fn a_system_without_roots_uses_the_bundled_ones() {
        let child = "POLAR_LICENSE_TEST_CHILD";
        if std::env::var_os(child).is_some() {
            assert!(matches!(roots(), RootCerts::WebPki));
            return;
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "blocking::http::tests::a_system_without_roots_uses_the_bundled_ones"])
            .env(child, "")
            .env("SSL_CERT_FILE", "/there/is/no/such/file")
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
