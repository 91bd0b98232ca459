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
//! for each request, so that installing one helps without a restart.
//!
//! Proxy: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` (`http`, `https`, `socks4`, `socks4a`, `socks5`, `socks5h`), in capital
//! or small letters, except for hosts in `NO_PROXY`; on Windows otherwise the system's setting. Loopback is never proxied.
//!
//! ureq-proto writes every answer to the log at level `trace`, key and customer included, and offers no switch. An app
//! that logs `trace` has to turn off the target `ureq_proto`.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy, SendBody};

use super::Transport;
use crate::transport::{Answer, Failure, Request, Sent, retry_after_seconds};

/// Sends requests with ureq and rustls, honouring the system's proxy and root certificates.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpTransport(());

impl HttpTransport {
    /// A transport. Opens nothing and reads nothing before the first request.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Transport for HttpTransport {
    fn post(&self, request: &Request) -> Answer {
        let mut body = WatchedBody::new(request.body.as_bytes());
        exchange(request, &mut body).unwrap_or_else(|fault| fault.into_answer(body.sent))
    }
}

const USER_AGENT: &str = concat!("polar-license/", env!("CARGO_PKG_VERSION"));

fn exchange(request: &Request, body: &mut WatchedBody<'_>) -> Result<Answer, Fault> {
    let target = Target::of(&request.url).ok_or(Fault::Address)?;
    let mut post = agent(target, request.timeout)
        .post(&request.url)
        // Without it ureq sends a reader's body in chunks, which Polar refuses with 411.
        .header("Content-Length", request.body.len().to_string())
        .header("Connection", "close");
    for (name, value) in Request::HEADERS {
        post = post.header(name, value);
    }
    let mut response = post.send(SendBody::from_reader(body))?;

    let retry_after = response.headers().get("retry-after").and_then(|value| retry_after_seconds(value.to_str().ok()?));
    let mut bytes = Vec::new();
    let limit = Request::REPLY_LIMIT as u64;
    response.body_mut().as_reader().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > Request::REPLY_LIMIT {
        return Err(Fault::TooLarge);
    }
    Ok(Answer::Reply { status: response.status().as_u16(), retry_after, body: bytes })
}

/// Where a request goes, as far as it matters to how it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Remote,
    /// A test server on this machine.
    Loopback,
}

impl Target {
    /// `None` for an address that nothing is sent to.
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let target = if is_loopback(uri.host()?) { Self::Loopback } else { Self::Remote };
        match (uri.scheme_str()?, target) {
            ("https", _) | ("http", Self::Loopback) => Some(target),
            _ => None,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// A fresh agent for each request: it holds no connection back, and sees the proxy and the root certificates of today.
fn agent(target: Target, timeout: Duration) -> Agent {
    let proxy = match target {
        Target::Remote => Proxy::try_from_env(),
        Target::Loopback => None,
    };
    // ureq allows for the connection to a proxy and for its answer separately, up to this long each.
    let connect = proxy.is_some().then(|| timeout.checked_div(2)).flatten();
    Agent::config_builder()
        .proxy(proxy)
        .tls_config(TlsConfig::builder().root_certs(roots()).build())
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
/// connecting and without a way to tell.
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

/// The request's body, which knows whether anybody began to read it.
struct WatchedBody<'a> {
    rest: &'a [u8],
    sent: Sent,
}

impl<'a> WatchedBody<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // Nobody reads an empty body, so that it says nothing about what was sent.
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
            Self::Address => {
                let message = "the address is neither https nor on this computer; correct the environment";
                (Failure::Network, Sent::No, message.to_owned())
            }
            Self::TooLarge => (Failure::Network, sent, "answer too large".to_owned()),
            Self::Ureq(ureq::Error::Timeout(_)) => (Failure::Timeout, sent, timeout_message(sent).to_owned()),
            Self::Ureq(error) => (Failure::Network, sent, message(&error, sent)),
        };
        Answer::Failed { failure, sent, message }
    }
}

fn timeout_message(sent: Sent) -> &'static str {
    match sent {
        Sent::No => "could not connect to Polar in time",
        Sent::Maybe => "no complete answer in time",
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

fn tls_message(reason: &str) -> String {
    // After a semicolon rustls lists the names that the certificate is for: whose network this is.
    let reason = reason.split(';').next().unwrap_or_default();
    let Some(problem) = reason.strip_prefix("invalid peer certificate: ") else {
        return format!("no secure connection to Polar: {reason}");
    };
    if let Some(code) = windows_code(problem) {
        return format!("the connection's certificate is not trusted: Windows says 0x{code:08X}");
    }
    let hint = if problem.contains("expired") || problem.contains("not valid yet") {
        "; check the date of this computer"
    } else {
        ""
    };
    format!("the connection's certificate is not trusted: {problem}{hint}")
}

/// What Windows says where rustls has no word for it, as `rustls-platform-verifier` puts it.
fn windows_code(problem: &str) -> Option<i32> {
    let (_, rest) = problem.split_once("OS Error ")?;
    rest.split(' ').next()?.parse().ok()
}

/// An operating system's words vary with its version and language; ours do not.
fn describe(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        kind @ (Kind::AddrNotAvailable
        | Kind::BrokenPipe
        | Kind::ConnectionAborted
        | Kind::ConnectionRefused
        | Kind::ConnectionReset
        | Kind::HostUnreachable
        | Kind::NetworkDown
        | Kind::NetworkUnreachable
        | Kind::NotConnected
        | Kind::PermissionDenied) => kind.to_string(),
        Kind::UnexpectedEof => "closed by the other side".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread::JoinHandle;

    use super::*;

    const BODY: &str = r#"{"key":"SECRET-KEY"}"#;

    /// A server for one exchange: it accepts, reads the whole request, does as it is told, and closes.
    struct Server {
        port: u16,
        thread: JoinHandle<String>,
    }

    impl Server {
        fn that(act: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let thread = std::thread::spawn(move || {
                let mut connection = listener.accept().unwrap().0;
                let request = read_request(&mut connection);
                act(&mut connection);
                request
            });
            Self { port, thread }
        }

        fn answering(reply: impl Into<Vec<u8>>) -> Self {
            let reply = reply.into();
            Self::that(move |connection| connection.write_all(&reply).unwrap())
        }

        fn post(&self) -> Answer {
            HttpTransport::new().post(&request(&format!("http://127.0.0.1:{}/v1/x", self.port)))
        }

        /// What it was sent.
        fn request(self) -> String {
            self.thread.join().unwrap()
        }
    }

    fn read_request(connection: &mut TcpStream) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(BODY.as_bytes()) && connection.read(&mut byte).unwrap_or(0) == 1 {
            text.push(byte[0]);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn request(url: &str) -> Request {
        Request { url: url.into(), body: BODY.into(), timeout: Duration::from_secs(10) }
    }

    fn reply(answer: Answer) -> (u16, Option<u32>, Vec<u8>) {
        match answer {
            Answer::Reply { status, retry_after, body } => (status, retry_after, body),
            failed => panic!("{failed:?}"),
        }
    }

    fn failed(answer: Answer) -> (Failure, Sent, String) {
        match answer {
            Answer::Failed { failure, sent, message } => {
                assert!(!message.contains("SECRET") && !message.ends_with('.'), "{message}");
                (failure, sent, message)
            }
            reply => panic!("{reply:?}"),
        }
    }

    #[test]
    fn a_request_goes_out_with_exactly_these_headers() {
        let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        assert_eq!(reply(server.post()), (200, None, b"{}".to_vec()));
        let port = server.port;
        let text = server.request();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<_> = head.lines().map(str::to_lowercase).collect();
        lines[1..].sort();
        let expected = [
            "post /v1/x http/1.1".to_owned(),
            "connection: close".to_owned(),
            format!("content-length: {}", BODY.len()),
            "content-type: application/json".to_owned(),
            format!("host: 127.0.0.1:{port}"),
            "polar-version: 2026-04".to_owned(),
            format!("user-agent: polar-license/{}", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(lines, expected);
        assert_eq!(body, BODY);
    }

    #[test]
    fn a_redirect_is_an_answer_like_any_other() {
        for location in ["", "location: http://127.0.0.1:1/elsewhere\r\n"] {
            for status in [301, 302, 307, 308] {
                let head = format!("HTTP/1.1 {status} Moved\r\n{location}content-length: 5\r\n\r\nlogin");
                assert_eq!(reply(Server::answering(head).post()), (status, None, b"login".to_vec()));
                let bare = format!("HTTP/1.1 {status} Moved\r\n{location}content-length: 0\r\n\r\n");
                assert_eq!(reply(Server::answering(bare).post()), (status, None, Vec::new()));
            }
        }
    }

    #[test]
    fn statuses_are_answers() {
        for status in [204, 400, 403, 404, 407, 422, 500, 503, 511] {
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(reply(Server::answering(head).post()), (status, None, Vec::new()));
        }
    }

    #[test]
    fn retry_after_is_read_where_it_is_a_number() {
        let cases = [
            ("60", Some(60)),
            (" 7 ", Some(7)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
            ("99999999999", None),
            ("Sat, 21 Nov 2026 07:44:42 GMT", None),
        ];
        for (value, expected) in cases {
            let head = format!("HTTP/1.1 429 Too Many Requests\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(reply(Server::answering(head).post()), (429, expected, Vec::new()), "{value}");
        }
    }

    #[test]
    fn a_chunked_answer_is_put_together() {
        let server =
            Server::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
        assert_eq!(reply(server.post()).2, b"{}");
    }

    #[test]
    fn a_truncated_answer_is_none() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-le",
        ] {
            let (failure, sent, message) = failed(Server::answering(text).post());
            assert_eq!((failure, sent), (Failure::Network, Sent::Maybe), "{text}");
            assert_eq!(message, "the connection to Polar broke: closed by the other side", "{text}");
        }
    }

    #[test]
    fn an_endless_answer_is_cut() {
        for head in ["", "content-length: 99999999\r\n"] {
            let server = Server::that(move |connection| {
                write!(connection, "HTTP/1.1 200 OK\r\n{head}\r\n").unwrap();
                while connection.write_all(&[b' '; 65536]).is_ok() {}
            });
            assert_eq!(failed(server.post()), (Failure::Network, Sent::Maybe, "answer too large".into()));
        }
    }

    #[test]
    fn an_answer_of_the_largest_size_is_taken() {
        let mut text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", Request::REPLY_LIMIT).into_bytes();
        text.resize(text.len() + Request::REPLY_LIMIT, b' ');
        assert_eq!(reply(Server::answering(text).post()).2.len(), Request::REPLY_LIMIT);
    }

    #[test]
    fn endless_headers_are_cut() {
        let server = Server::that(|connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\n").unwrap();
            while connection.write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").is_ok() {}
        });
        let (failure, sent, _) = failed(server.post());
        assert_eq!((failure, sent), (Failure::Network, Sent::Maybe));
    }

    #[test]
    fn the_deadline_covers_the_body() {
        let (give_up, told) = mpsc::channel::<()>();
        let server = Server::that(move |connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").unwrap();
            while told.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = connection.write_all(b" ");
            }
        });
        let mut request = request(&format!("http://127.0.0.1:{}/", server.port));
        request.timeout = Duration::from_millis(300);
        let answer = HttpTransport::new().post(&request);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::Maybe, "no complete answer in time".into()));
        drop(give_up);
    }

    #[test]
    fn the_deadline_covers_the_wait_for_an_answer() {
        let (give_up, told) = mpsc::channel::<()>();
        let server = Server::that(move |_| assert!(told.recv().is_err()));
        let mut request = request(&format!("http://127.0.0.1:{}/", server.port));
        request.timeout = Duration::from_millis(300);
        let answer = HttpTransport::new().post(&request);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::Maybe, "no complete answer in time".into()));
        drop(give_up);
    }

    #[test]
    fn a_stalled_handshake_sent_nothing() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut request = request(&format!("https://{}/", silent.local_addr().unwrap()));
        request.timeout = Duration::from_millis(300);
        let answer = HttpTransport::new().post(&request);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::No, "could not connect to Polar in time".into()));
    }

    #[test]
    fn no_time_at_all_sends_nothing() {
        let mut request = request("http://127.0.0.1:9/");
        request.timeout = Duration::ZERO;
        let (failure, sent, _) = failed(HttpTransport::new().post(&request));
        assert_eq!((failure, sent), (Failure::Timeout, Sent::No));
    }

    #[test]
    fn a_refused_connection_sent_nothing() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let answer = HttpTransport::new().post(&request(&format!("http://127.0.0.1:{port}/")));
        let expected = "could not connect to Polar: connection refused";
        assert_eq!(failed(answer), (Failure::Network, Sent::No, expected.into()));
    }

    #[test]
    fn a_connection_closed_after_the_request_may_have_done_it() {
        let (failure, sent, _) = failed(Server::that(|_| {}).post());
        assert_eq!((failure, sent), (Failure::Network, Sent::Maybe));
    }

    #[test]
    fn a_handshake_that_fails_sent_nothing() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let mut connection = server.accept().unwrap().0;
            connection.read_exact(&mut [0]).unwrap();
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let (failure, sent, message) = failed(HttpTransport::new().post(&request(&format!("https://{address}/"))));
        assert_eq!((failure, sent), (Failure::Network, Sent::No));
        assert!(message.starts_with("no secure connection to Polar: "), "{message}");
        thread.join().unwrap();
    }

    #[test]
    fn garbage_is_no_answer() {
        let answer = Server::answering("SSH-2.0-OpenSSH_9.2\r\n\r\n").post();
        assert_eq!(failed(answer), (Failure::Network, Sent::Maybe, "the answer is not HTTP".into()));
    }

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
            assert_eq!(Target::of(url), expected, "{url}");
        }
        let (failure, sent, _) = failed(HttpTransport::new().post(&request("http://api.polar.sh/")));
        assert_eq!((failure, sent), (Failure::Network, Sent::No));
    }

    #[test]
    fn a_name_that_nobody_has_sent_nothing() {
        // A label of more than 63 letters cannot be asked for, so that no query leaves this machine.
        let url = format!("https://{}.invalid/", "a".repeat(70));
        let (failure, sent, message) = failed(HttpTransport::new().post(&request(&url)));
        assert_eq!((failure, sent), (Failure::Network, Sent::No), "{message}");
        assert!(message.starts_with("could not connect to Polar: "), "{message}");
    }

    #[test]
    fn certificate_problems_are_told_in_words() {
        let expired = "invalid peer certificate: certificate expired: verification time 1 (UNIX)";
        assert!(tls_message(expired).ends_with("; check the date of this computer"));
        let name = "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for b";
        let expected = "the connection's certificate is not trusted: certificate not valid for name \"a\"";
        assert_eq!(tls_message(name), expected);
        let windows = "invalid peer certificate: Other(OtherError(\"OS Error -2146762482 (words; of Windows)\"))";
        let expected = "the connection's certificate is not trusted: Windows says 0x800B010E";
        assert_eq!(tls_message(windows), expected);
    }

    /// Runs one test of this file in a process of its own, for the sake of its environment.
    fn child(test: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", &format!("blocking::http::tests::{test}")])
            .env("POLAR_LICENSE_TEST_CHILD", test);
        command
    }

    fn run_with_proxy(test: &str, port: u16) -> std::process::Output {
        let proxy = format!("http://127.0.0.1:{port}");
        let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut child = child(test);
        child.env_remove("NO_PROXY").env_remove("no_proxy").envs(names.map(|name| (name, &proxy)));
        child.output().unwrap()
    }

    fn is_child(test: &str) -> bool {
        std::env::var("POLAR_LICENSE_TEST_CHILD").is_ok_and(|child| child == test)
    }

    #[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
    #[test]
    fn a_system_without_roots_uses_the_bundled_ones() {
        let test = "a_system_without_roots_uses_the_bundled_ones";
        if is_child(test) {
            assert!(matches!(roots(), RootCerts::WebPki));
            return;
        }
        let output =
            child(test).env("SSL_CERT_FILE", "/there/is/no/such/file").env_remove("SSL_CERT_DIR").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn loopback_is_never_proxied() {
        if is_child("loopback_is_never_proxied") {
            let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(reply(server.post()).0, 200);
            return;
        }
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        proxy.set_nonblocking(true).unwrap();
        let output = run_with_proxy("loopback_is_never_proxied", proxy.local_addr().unwrap().port());
        assert!(output.status.success(), "{output:?}");
        assert!(proxy.accept().is_err(), "the proxy was asked");
    }

    #[test]
    fn a_proxy_that_refuses_sent_nothing() {
        if is_child("a_proxy_that_refuses_sent_nothing") {
            let (failure, sent, message) = failed(HttpTransport::new().post(&request("https://polar.invalid/")));
            assert_eq!((failure, sent), (Failure::Network, Sent::No));
            assert!(
                message.starts_with("the proxy did not connect to Polar: ") && message.contains("407"),
                "{message}"
            );
            return;
        }
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = proxy.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut connection = proxy.accept().unwrap().0;
            let mut text = Vec::new();
            let mut byte = [0];
            while !text.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) == 1 {
                text.push(byte[0]);
            }
            connection.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").unwrap();
            String::from_utf8(text).unwrap()
        });
        let output = run_with_proxy("a_proxy_that_refuses_sent_nothing", port);
        assert!(output.status.success(), "{output:?}");
        assert!(thread.join().unwrap().starts_with("CONNECT polar.invalid:443 "));
    }
}
