//! Sends one request over HTTPS with ureq. Reports precisely whether a failed request may have reached Polar, because a
//! request that may have reached Polar is never sent again.
//!
//! Never follows a redirect, never sends twice, never checks whether the answer is from Polar, never reads a clock.
//! Never reuses a connection, because Polar closes idle connections after 5 s, and a reset of a reused connection would
//! look like a lost answer.
//!
//! ```text
//! check address ── DNS ── connect ── [proxy] ── TLS ── headers ─┬─ body ── answer
//!                     failed here: Sent::No                     │  failed here: Sent::Maybe
//!                                                               └─ ureq asks for the first byte of the body
//! ```
//! The boundary between [`Sent::No`] and [`Sent::Maybe`] is the moment at which ureq first reads the body: before that,
//! Polar has received nothing of the body, and cannot act on the request. This boundary is exact. A list of error codes
//! would be a guess, because some errors, such as a reset, can happen on either side.
//!
//! Trust: on Windows and Apple systems, the operating system verifies certificates. On other systems, the certificates
//! that `SSL_CERT_FILE` and `SSL_CERT_DIR` name are trusted, or the system's root certificates if neither variable is
//! set. If there are no such certificates, the bundled ones are trusted. The root certificates are read before the
//! first request that needs them, and again after a failed request. So a certificate that is installed while the
//! program runs works without a restart. A certificate that is removed stays trusted until the next failed request, or
//! until the program ends.
//!
//! Proxy: `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY`, in capital or small letters, name the proxy (`http`, `https`,
//! `socks4`, `socks4a`, `socks5`, `socks5h`), except for hosts in `NO_PROXY`. On Windows, the system's setting names
//! the proxy if no variable is set. Requests to this machine itself (loopback) never go through a proxy. If the first
//! proxy variable that is set does not hold a proxy's address, nothing is sent.
//!
//! ureq-proto writes every answer to the log at level `trace`, including keys, customer data and tokens, and has no
//! switch for that. So an app that logs `trace` has to turn off the target `ureq_proto`. With the feature `portal`, the
//! app also has to turn off the target `ureq`, because `ureq` writes addresses at `trace`, and the address of a
//! checkout contains a secret.

use std::fmt;
use std::io::{self, Read};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{HeaderValue, Response, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy, RequestBuilder, SendBody};
use zeroize::Zeroizing;

use crate::client::connection::{
    CertificateFault, Scheme, Target, WRONG_ADDRESS, describe, is_plain_text, no_time, timeout_message, tls_message,
    wrong_proxy,
};
use crate::client::exchange_log;
use crate::client::resettable::Resettable;
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
use crate::client::system_roots;
use crate::transport::{Answer, Failure, Method, Request, RetryHeaders, Sent, Transport};

/// A transport that sends requests with ureq and rustls. Uses the system's proxy and root certificates.
#[derive(Clone, Default)]
pub struct HttpTransport {
    roots: Arc<Resettable<RootCerts>>,
}

impl HttpTransport {
    /// Creates a transport. It opens and reads nothing before the first request.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request) -> Answer {
        if let Some(answer) = no_time(request.timeout) {
            return answer;
        }
        let mut body = WatchedBody::new(request.body.as_bytes());
        match exchange(request, &mut body, &self.roots) {
            Ok(reply) => reply.answer,
            Err(fault) => {
                // the certificates may be the reason for the failure, so they are read again for the next request
                self.roots.reset();
                fault.into_answer(body.sent)
            }
        }
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

/// The outcome of a request with additional details for a self-test. The request was sent in the same way as
/// [`HttpTransport`] sends requests.
pub(super) struct Probe {
    pub(super) answer: Answer,
    /// The header `Date` of the reply.
    pub(super) date: Option<String>,
    /// The reply's header `Polar-Version`: the version of Polar's API.
    pub(super) version: Option<String>,
    /// The reason why there is no reply.
    pub(super) obstacle: Option<Obstacle>,
}

/// The point at which a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The library does not send to this address, for example because it is an `http` address of another computer.
    Address,
    /// The value of a variable that should name the proxy is not an address.
    ProxyVariable,
    /// The proxy's protocol requires this computer to look up the server's name, and the lookup failed.
    HostName,
    /// The connection was not accepted, or this computer could not look up the server's name.
    Connection,
    /// The connection was accepted, but was closed before the request was sent.
    BrokenOff,
    Timeout,
    /// The proxy did not connect to the server, or does not speak HTTP.
    Proxy,
    Certificate(CertificateFault),
    /// The server or the proxy answered without encryption.
    PlainText,
    Tls,
    /// The request was sent, but the answer was cut off or is not HTTP.
    Answer,
}

/// The proxy and the trusted certificates for requests to an address.
pub(super) struct Route {
    /// The proxy's protocol, and whether a user name is sent to it.
    pub(super) proxy: Option<(String, bool)>,
    /// The number of the system's root certificates, or `None` if the system verifies certificates itself.
    pub(super) system_roots: Option<usize>,
}

/// Sends one request, and returns its outcome.
pub(super) fn probe(request: &Request) -> Probe {
    let mut body = WatchedBody::new(request.body.as_bytes());
    match exchange(request, &mut body, &Resettable::default()) {
        Ok(Reply { answer, date, version }) => Probe { answer, date, version, obstacle: None },
        Err(fault) => {
            let obstacle = fault.obstacle(body.sent);
            let is_unknown = obstacle == Obstacle::Connection && is_looked_up_in_vain(&request.url);
            let obstacle = Some(if is_unknown { Obstacle::HostName } else { obstacle });
            Probe { answer: fault.into_answer(body.sent), date: None, version: None, obstacle }
        }
    }
}

/// Returns `true` if `SSL_CERT_FILE` is ignored because it names no file that can contain certificates.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
pub(super) fn leaves_certificates_out() -> bool {
    system_roots::leaves_file_out()
}

/// Returns `false`, because these systems do not use `SSL_CERT_FILE`.
#[cfg(not(all(unix, not(any(target_vendor = "apple", target_os = "android")))))]
pub(super) fn leaves_certificates_out() -> bool {
    false
}

/// Determines how a request would be sent. Sends nothing.
pub(super) fn route(url: &str) -> Route {
    let proxy =
        proxy_on_the_way(url).map(|proxy| (proxy.protocol().to_string().to_lowercase(), proxy.username().is_some()));
    Route { proxy, system_roots: system_roots() }
}

fn proxy_on_the_way(url: &str) -> Option<Proxy> {
    let uri: Uri = url.parse().ok()?;
    target(url).and_then(|(target, _)| proxy(target).ok().flatten()).filter(|proxy| !proxy.is_no_proxy(&uri))
}

/// Returns `true` if the proxy requires this computer to look up the server's name, and the lookup fails.
fn is_looked_up_in_vain(url: &str) -> bool {
    let is_needed = proxy_on_the_way(url).is_some_and(|proxy| proxy.resolve_target());
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    // The brackets of an IPv6 address are removed, because the lookup does not accept them.
    is_needed && (host.trim_matches(['[', ']']), 0).to_socket_addrs().is_err()
}

/// The variables that can name a proxy. ureq tries them in this order, and uses the first one with an address.
const PROXY_VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Returns the names of the environment variables that are set but do not hold a proxy's address.
pub(super) fn wrong_proxy_variables() -> Vec<&'static str> {
    let is_wrong = |name: &&str| proxy_in(name).is_some_and(|proxy| proxy.is_err());
    PROXY_VARIABLES.into_iter().filter(is_wrong).collect()
}

/// Returns the proxy that an environment variable names, or an error if the variable does not hold a proxy's address.
/// Returns `None` if the variable is empty or not set.
fn proxy_in(name: &str) -> Option<Result<Proxy, ureq::Error>> {
    let address = std::env::var_os(name).filter(|address| !address.is_empty())?;
    Some(address.to_str().ok_or(ureq::Error::InvalidProxyUrl).and_then(Proxy::new))
}

/// A whole reply.
struct Reply {
    answer: Answer,
    date: Option<String>,
    version: Option<String>,
}

fn exchange(request: &Request, body: &mut WatchedBody<'_>, roots: &Resettable<RootCerts>) -> Result<Reply, Fault> {
    let agent = agent(&request.url, roots, request.timeout)?;
    let response = match request.method {
        Method::Get => with_headers(agent.get(request.url.as_str()), request)?.call()?,
        Method::Post => with_headers(agent.post(request.url.as_str()), request)?
            // Without this header, ureq sends the body in chunks, and Polar answers a chunked body with the error 411.
            .header("Content-Length", request.body.len().to_string())
            .send(SendBody::from_reader(body))?,
    };
    read(response, request.reply_limit)
}

/// Adds the headers that every request has. Marks the values of [`Request::headers`] as sensitive, so that ureq does
/// not log them.
fn with_headers<B>(mut builder: RequestBuilder<B>, request: &Request) -> Result<RequestBuilder<B>, Fault> {
    builder = builder.header("Connection", "close").header("User-Agent", &request.user_agent);
    for (name, value) in request.headers() {
        let mut value = HeaderValue::from_str(&value).map_err(|_| Fault::Address)?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    Ok(builder)
}

/// Reads a reply with a body of at most `limit` bytes.
fn read(mut response: Response<Body>, limit: usize) -> Result<Reply, Fault> {
    let header = |name| response.headers().get(name).and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let (date, version) = (header("date"), header("polar-version"));
    let location = header("location").map(Zeroizing::new);
    exchange_log::answered_in(version.as_deref());
    let retry_after = RetryHeaders::read(|name| response.headers().get(name)?.to_str().ok()).seconds();
    let mut body = Zeroizing::default();
    response.body_mut().as_reader().take((limit as u64).saturating_add(1)).read_to_end(&mut body)?;
    if body.len() > limit {
        return Err(Fault::TooLarge);
    }
    let answer = Answer::Reply { status: response.status().as_u16(), retry_after, location, body };
    Ok(Reply { answer, date, version })
}

/// Returns the target and the scheme of a request to this address, or `None` if requests to the address are not
/// allowed.
fn target(url: &str) -> Option<(Target, Scheme)> {
    let uri: Uri = url.parse().ok()?;
    Target::of(uri.scheme_str()?, uri.host()?)
}

/// Creates an agent for one request. A new agent for each request reads the current proxy settings, and leaves no
/// connection open afterwards.
fn agent(url: &str, known: &Resettable<RootCerts>, timeout: Duration) -> Result<Agent, Fault> {
    let (target, scheme) = target(url).ok_or(Fault::Address)?;
    let tls = match scheme {
        Scheme::Https => TlsConfig::builder().root_certs(known.get(|| Ok::<_, Fault>(roots()))?).build(),
        Scheme::Http => TlsConfig::default(),
    };
    let proxy = proxy(target)?;
    // ureq applies `timeout_connect` twice: to the connection to the proxy, and to the wait for the proxy's answer. So
    // each gets half of the request's time.
    let connect = proxy.is_some().then(|| timeout.checked_div(2)).flatten();
    let config = Agent::config_builder()
        .proxy(proxy)
        .tls_config(tls)
        .timeout_global(Some(timeout))
        .timeout_connect(connect)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .user_agent("")
        .accept("")
        .accept_encoding("")
        .build();
    Ok(config.new_agent())
}

/// Returns the proxy for a request. Fails if the first proxy variable that is set does not contain the address of a
/// proxy. Without this check, ureq would ignore the variable and send the request without a proxy.
fn proxy(target: Target) -> Result<Option<Proxy>, Fault> {
    if target == Target::Loopback {
        return Ok(None);
    }
    let set = PROXY_VARIABLES.into_iter().find_map(|name| Some((name, proxy_in(name)?)));
    match set {
        Some((name, Err(_))) => Err(Fault::ProxyVariable(name)),
        Some((_, Ok(_))) | None => Ok(Proxy::try_from_env()),
    }
}

#[cfg(any(windows, target_vendor = "apple"))]
fn roots() -> RootCerts {
    RootCerts::PlatformVerifier
}

#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn system_roots() -> Option<usize> {
    Some(system_roots::system_roots().certs.len())
}

#[cfg(not(all(unix, not(any(target_vendor = "apple", target_os = "android")))))]
fn system_roots() -> Option<usize> {
    None
}

/// Loads the system's root certificates. Does not use ureq's platform verifier, because on a system without
/// certificates that verifier fails only after connecting, with an error that looks like any other failed connection.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn roots() -> RootCerts {
    let found = system_roots::system_roots().certs;
    if found.is_empty() {
        log::warn!("this system has no root certificates: using the bundled ones");
        return RootCerts::WebPki;
    }
    found.iter().map(|certificate| ureq::tls::Certificate::from_der(certificate).to_owned()).into()
}

/// Returns the bundled root certificates. Android's own verifier cannot be used, because it needs the app's Java
/// context, which this library does not have.
#[cfg(not(any(windows, all(unix, not(target_os = "android")))))]
fn roots() -> RootCerts {
    RootCerts::WebPki
}

/// A request's body that records whether ureq has begun to read it.
struct WatchedBody<'a> {
    rest: &'a [u8],
    sent: Sent,
}

impl<'a> WatchedBody<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // An empty body is never read, so the reader cannot show whether the request was sent.
        Self { rest: bytes, sent: if bytes.is_empty() { Sent::Maybe } else { Sent::No } }
    }
}

impl Read for WatchedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.sent = Sent::Maybe;
        self.rest.read(buffer)
    }
}

/// The reason why there is no reply.
enum Fault {
    Address,
    /// The value of this environment variable is not the address of a proxy.
    ProxyVariable(&'static str),
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
        // ureq's readers wrap ureq's own errors in `io::Error`. This conversion unwraps them.
        Self::Ureq(error.into())
    }
}

impl Fault {
    fn obstacle(&self, sent: Sent) -> Obstacle {
        use ureq::Error;
        let tls = |reason: &str| match CertificateFault::of(reason) {
            Some(fault) => Obstacle::Certificate(fault),
            None if is_plain_text(reason) => Obstacle::PlainText,
            None => Obstacle::Tls,
        };
        match self {
            Self::Address => Obstacle::Address,
            Self::ProxyVariable(_) => Obstacle::ProxyVariable,
            Self::TooLarge => Obstacle::Answer,
            Self::Ureq(error) => match (error, sent) {
                (Error::Timeout(_), _) => Obstacle::Timeout,
                (Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl, _) | (Error::Protocol(_), Sent::No) => {
                    Obstacle::Proxy
                }
                (Error::Io(error), Sent::No) if error.kind() == io::ErrorKind::InvalidData => tls(&describe(error)),
                (Error::Rustls(error), _) => tls(&error.to_string()),
                (Error::Tls(_), _) => Obstacle::Tls,
                (Error::Io(error), Sent::No) if was_accepted(error.kind()) => Obstacle::BrokenOff,
                (_, Sent::No) => Obstacle::Connection,
                (_, Sent::Maybe) => Obstacle::Answer,
            },
        }
    }

    fn into_answer(self, sent: Sent) -> Answer {
        let (failure, sent, message) = match self {
            Self::Address => (Failure::Network, Sent::No, WRONG_ADDRESS.to_owned()),
            Self::ProxyVariable(name) => (Failure::Network, Sent::No, wrong_proxy(name)),
            Self::TooLarge => (Failure::Network, sent, "answer too large".to_owned()),
            Self::Ureq(ureq::Error::Timeout(_)) => (Failure::Timeout, sent, timeout_message(sent).to_owned()),
            Self::Ureq(error) => (Failure::Network, sent, message(&error, sent)),
        };
        Answer::failed(failure, sent, message)
    }
}

/// Returns `true` if this kind of error means that the server or a proxy closed a connection that it had accepted.
fn was_accepted(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::NotConnected
            | Kind::UnexpectedEof
            // ureq reports this kind if a SOCKS proxy refuses the connection
            | Kind::Other
    )
}

/// Composes one line for developers and logs. ureq's own message is not used, because it may contain an address or a
/// detail of a proxy.
fn message(error: &ureq::Error, sent: Sent) -> String {
    use ureq::Error;
    match (error, sent) {
        (Error::HostNotFound, _) => "could not connect to Polar: host not found".to_owned(),
        (Error::ConnectProxyFailed(reason), _) => {
            // ureq's text is the status code, a slash, and the code again where the status's name belongs
            let reason = reason.split('/').next().unwrap_or_default();
            format!("the proxy did not connect to Polar: {reason}")
        }
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
