//! One request over the network with each transport: the answer, and whether a failed request may have reached Polar.
#![cfg(feature = "http")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "support/transports.rs"]
mod transports;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use polar_license::transport::{Answer, Failure, Method, Request, Sent};
use transports::TRANSPORTS;
use zeroize::Zeroizing;

const BODY: &str = r#"{"key":"SECRET-KEY"}"#;
const SOON: Duration = Duration::from_millis(300);

/// A server for one request. It accepts a connection, reads the whole request, runs `act`, and closes the connection.
struct Server {
    port: u16,
    thread: JoinHandle<String>,
}

impl Server {
    fn that(act: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
        Self::reading(BODY, act)
    }

    /// Starts a server that has read the whole request when the request ends in `end`.
    fn reading(end: &'static str, act: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut connection = listener.accept().unwrap().0;
            let request = read_until(&mut connection, end);
            act(&mut connection);
            request
        });
        Self { port, thread }
    }

    fn answering(reply: impl Into<Vec<u8>>) -> Self {
        let reply = reply.into();
        Self::that(move |connection| connection.write_all(&reply).unwrap())
    }

    fn post(&self, transport: &str) -> Answer {
        post(transport, &format!("http://127.0.0.1:{}/v1/x", self.port))
    }

    /// Returns the request that the server received.
    fn request(self) -> String {
        self.thread.join().unwrap()
    }
}

fn read_until(connection: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(end.as_bytes()) && connection.read(&mut byte).unwrap_or(0) == 1 {
        text.push(byte[0]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn post(transport: &str, url: &str) -> Answer {
    post_within(transport, url, Duration::from_secs(10))
}

fn post_within(transport: &str, url: &str, timeout: Duration) -> Answer {
    transports::named(transport)(&Request::post(url, BODY, timeout))
}

fn reply(answer: Answer) -> (u16, Option<u32>, Vec<u8>) {
    match answer {
        Answer::Reply { status, retry_after, body, .. } => (status, retry_after, body.to_vec()),
        failed @ Answer::Failed { .. } => panic!("{failed:?}"),
    }
}

fn failed(answer: Answer) -> (Failure, Sent, String) {
    match answer {
        Answer::Failed { failure, sent, message } => {
            assert!(!message.contains("SECRET") && !message.ends_with('.'), "{message}");
            (failure, sent, message)
        }
        reply @ Answer::Reply { .. } => panic!("{reply:?}"),
    }
}

#[test]
fn a_request_goes_out_with_exactly_these_headers() {
    for transport in TRANSPORTS {
        let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        assert_eq!(reply(server.post(transport)), (200, None, b"{}".to_vec()));
        let port = server.port;
        let text = server.request();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let (first, headers) = head.split_once("\r\n").unwrap();
        let mut headers: Vec<_> = headers.lines().map(str::to_lowercase).collect();
        // reqwest always sends this header
        headers.retain(|header| header != "accept: */*" || *transport != "tokio");
        headers.sort();
        let expected = [
            "connection: close".to_owned(),
            format!("content-length: {}", BODY.len()),
            "content-type: application/json".to_owned(),
            format!("host: 127.0.0.1:{port}"),
            format!("user-agent: polar-license/{}", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!((first, headers), ("POST /v1/x HTTP/1.1", expected.to_vec()), "{transport}");
        assert_eq!(body, BODY);
    }
}

#[test]
fn a_request_of_the_portal_goes_out_with_exactly_these_headers() {
    for transport in TRANSPORTS {
        for (method, body) in [(Method::Get, ""), (Method::Post, BODY)] {
            let end = if body.is_empty() { "\r\n\r\n" } else { body };
            let server = Server::reading(end, |connection| {
                connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            });
            let url = format!("http://127.0.0.1:{}/v1/x", server.port);
            let token = Some(Zeroizing::new("polar_cst_SECRET".to_owned()));
            let request = Request { method, token, ..Request::post(url, body, Duration::from_secs(10)) };
            assert_eq!(reply(transports::named(transport)(&request)), (200, None, b"{}".to_vec()));
            let text = server.request();
            let names = text.lines().filter_map(|line| Some(line.split_once(": ")?.0.to_lowercase()));
            // reqwest always sends `accept`. A GET has no `content-length`.
            let names: BTreeSet<String> =
                names.filter(|name| !["accept", "content-length"].contains(&&**name)).collect();
            let expected = ["authorization", "connection", "content-type", "host", "user-agent"];
            assert_eq!(names, expected.map(str::to_owned).into(), "{transport} {method:?}");
        }
    }
}

#[test]
fn a_redirect_is_returned_and_not_followed() {
    for transport in TRANSPORTS {
        for location in ["", "location: http://127.0.0.1:1/elsewhere\r\n"] {
            for status in [301, 302, 307, 308] {
                let head = format!("HTTP/1.1 {status} Moved\r\n{location}content-length: 5\r\n\r\nlogin");
                assert_eq!(reply(Server::answering(head).post(transport)), (status, None, b"login".to_vec()));
                let bare = format!("HTTP/1.1 {status} Moved\r\n{location}content-length: 0\r\n\r\n");
                assert_eq!(reply(Server::answering(bare).post(transport)), (status, None, Vec::new()));
            }
        }
    }
}

#[test]
fn every_status_is_returned_as_an_answer() {
    for transport in TRANSPORTS {
        for status in [204, 400, 403, 404, 407, 422, 500, 503, 511] {
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(reply(Server::answering(head).post(transport)), (status, None, Vec::new()));
        }
    }
}

#[test]
fn the_wait_in_the_headers_is_read() {
    for transport in TRANSPORTS {
        let cases = [
            ("retry-after: 60", Some(60)),
            ("Retry-After:  7 ", Some(7)),
            ("retry-after: -1", None),
            ("retry-after: +1", None),
            ("retry-after: 1.5", None),
            ("retry-after:", None),
            ("retry-after: 99999999999", None),
            ("retry-after: Sat, 21 Nov 2026 07:44:42 GMT", None),
            ("retry-after: Sat, 21 Nov 2026 07:44:42 GMT\r\ndate: Sat, 21 Nov 2026 07:44:02 GMT", Some(40)),
            ("retry-after: 60\r\nratelimit-reset: 9", Some(60)),
            ("RateLimit-Reset: 9", Some(9)),
            ("ratelimit-reset: soon", None),
        ];
        for (headers, expected) in cases {
            let head = format!("HTTP/1.1 429 Too Many Requests\r\n{headers}\r\ncontent-length: 0\r\n\r\n");
            let answer = reply(Server::answering(head).post(transport));
            assert_eq!(answer, (429, expected, Vec::new()), "{transport}: {headers}");
        }
    }
}

#[test]
fn a_chunked_answer_is_decoded() {
    for transport in TRANSPORTS {
        let server =
            Server::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
        assert_eq!(reply(server.post(transport)).2, b"{}");
    }
}

#[test]
fn a_truncated_answer_is_a_failure() {
    for transport in TRANSPORTS {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-le",
        ] {
            let (failure, sent, message) = failed(Server::answering(text).post(transport));
            assert_eq!((failure, sent), (Failure::Network, Sent::Maybe), "{text}");
            assert_eq!(message, "the connection to Polar broke: closed by the other side", "{text}");
        }
    }
}

#[test]
fn an_endless_answer_is_refused() {
    for transport in TRANSPORTS {
        for head in ["", "content-length: 99999999\r\n"] {
            let server = Server::that(move |connection| {
                write!(connection, "HTTP/1.1 200 OK\r\n{head}\r\n").unwrap();
                while connection.write_all(&[b' '; 65536]).is_ok() {}
            });
            assert_eq!(failed(server.post(transport)), (Failure::Network, Sent::Maybe, "answer too large".into()));
        }
    }
}

#[test]
fn an_answer_up_to_the_size_limit_is_read_and_a_larger_one_is_refused() {
    for transport in TRANSPORTS {
        for more in [0, 1] {
            let size = Request::REPLY_LIMIT + more;
            let mut text = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").into_bytes();
            text.resize(text.len() + size, b' ');
            let server = Server::that(move |connection| drop(connection.write_all(&text)));
            let answer = server.post(transport);
            match more {
                0 => assert_eq!(reply(answer).2.len(), size, "{transport}"),
                _ => assert_eq!(failed(answer).2, "answer too large", "{transport}"),
            }
        }
    }
}

#[test]
fn an_answer_of_the_portal_may_be_as_long_as_its_request_says_and_no_longer() {
    for transport in TRANSPORTS {
        for more in [0, 1] {
            let limit = 3 * Request::REPLY_LIMIT;
            let mut text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", limit + more).into_bytes();
            text.resize(text.len() + limit + more, b' ');
            let server = Server::that(move |connection| drop(connection.write_all(&text)));
            let url = format!("http://127.0.0.1:{}/v1/x", server.port);
            let request = Request { reply_limit: limit, ..Request::post(url, BODY, Duration::from_secs(10)) };
            let answer = transports::named(transport)(&request);
            match more {
                0 => assert_eq!(reply(answer).2.len(), limit, "{transport}"),
                _ => assert_eq!(failed(answer).2, "answer too large", "{transport}"),
            }
        }
    }
}

#[test]
fn endless_headers_are_a_failure() {
    for transport in TRANSPORTS {
        let server = Server::that(|connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\n").unwrap();
            while connection.write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").is_ok() {}
        });
        let (failure, sent, _) = failed(server.post(transport));
        assert_eq!((failure, sent), (Failure::Network, Sent::Maybe));
    }
}

#[test]
fn the_deadline_covers_the_body() {
    for transport in TRANSPORTS {
        let (end, ended) = mpsc::channel::<()>();
        let server = Server::that(move |connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").unwrap();
            while ended.recv_timeout(Duration::from_millis(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = connection.write_all(b" ");
            }
        });
        let answer = post_within(transport, &format!("http://127.0.0.1:{}/", server.port), SOON);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::Maybe, "no complete answer in time".into()));
        drop(end);
    }
}

#[test]
fn the_deadline_covers_the_wait_for_an_answer() {
    for transport in TRANSPORTS {
        let (end, ended) = mpsc::channel::<()>();
        let server = Server::that(move |_| assert!(ended.recv().is_err()));
        let answer = post_within(transport, &format!("http://127.0.0.1:{}/", server.port), SOON);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::Maybe, "no complete answer in time".into()));
        drop(end);
    }
}

#[test]
fn a_stalled_handshake_is_reported_as_not_sent() {
    for transport in TRANSPORTS {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let answer = post_within(transport, &format!("https://{}/", silent.local_addr().unwrap()), SOON);
        assert_eq!(failed(answer), (Failure::Timeout, Sent::No, "could not connect to Polar in time".into()));
    }
}

#[test]
fn a_request_without_time_left_is_not_sent() {
    for transport in TRANSPORTS {
        // The port does not refuse connections, because otherwise the refusal could come before the time-out.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let (failure, sent, _) = failed(post_within(transport, &url, Duration::ZERO));
        assert_eq!((failure, sent), (Failure::Timeout, Sent::No));
    }
}

#[test]
fn a_refused_connection_is_reported_as_not_sent() {
    for transport in TRANSPORTS {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let answer = post(transport, &format!("http://127.0.0.1:{port}/"));
        let expected = "could not connect to Polar: connection refused";
        assert_eq!(failed(answer), (Failure::Network, Sent::No, expected.into()));
    }
}

#[test]
fn a_connection_closed_after_the_request_is_reported_as_maybe_sent() {
    for transport in TRANSPORTS {
        let (failure, sent, _) = failed(Server::that(|_| {}).post(transport));
        assert_eq!((failure, sent), (Failure::Network, Sent::Maybe));
    }
}

#[test]
fn a_failed_handshake_is_reported_as_not_sent() {
    for transport in TRANSPORTS {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let mut connection = server.accept().unwrap().0;
            connection.read_exact(&mut [0]).unwrap();
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let (failure, sent, message) = failed(post(transport, &format!("https://{address}/")));
        assert_eq!((failure, sent), (Failure::Network, Sent::No));
        assert!(message.starts_with("no secure connection to Polar: "), "{message}");
        thread.join().unwrap();
    }
}

#[test]
fn a_reply_that_is_not_http_is_a_failure() {
    for transport in TRANSPORTS {
        let answer = Server::answering("SSH-2.0-OpenSSH_9.2\r\n\r\n").post(transport);
        assert_eq!(failed(answer), (Failure::Network, Sent::Maybe, "the answer is not HTTP".into()));
    }
}

#[test]
fn nothing_is_sent_to_a_name_that_does_not_exist() {
    for transport in TRANSPORTS {
        // A label of a host name has at most 63 letters, so no DNS query for this name leaves the machine.
        let url = format!("https://{}.invalid/", "a".repeat(70));
        let (failure, sent, message) = failed(post(transport, &url));
        assert_eq!((failure, sent), (Failure::Network, Sent::No), "{message}");
        assert!(message.starts_with("could not connect to Polar"), "{message}");
    }
}

#[test]
fn requests_go_only_to_https_addresses_or_this_machine() {
    let wrong = "the address is neither https nor on this computer; correct the environment";
    for transport in TRANSPORTS {
        for url in
            ["http://api.polar.sh/", "http://localhost@example.com/", "http://10.0.0.1/", "ftp://localhost/", "/v1"]
        {
            let answer = failed(post(transport, url));
            assert_eq!(answer, (Failure::Network, Sent::No, wrong.into()), "{transport}: {url}");
        }
    }
}

/// Runs a test of this file in a separate process, with a proxy for all addresses.
fn run_with_proxy(test: &str, port: u16) -> Output {
    run_with(test, &format!("http://127.0.0.1:{port}"))
}

/// Runs a test of this file in a separate process, with `proxy` as the value of all variables that name a proxy.
fn run_with(test: &str, proxy: &str) -> Output {
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env("POLAR_LICENSE_TEST_CHILD", test)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(names.map(|name| (name, proxy)))
        .output()
        .unwrap()
}

fn is_child(test: &str) -> bool {
    std::env::var("POLAR_LICENSE_TEST_CHILD").is_ok_and(|child| child == test)
}

#[test]
fn nothing_is_sent_past_a_proxy_whose_address_is_wrong() {
    let test = "nothing_is_sent_past_a_proxy_whose_address_is_wrong";
    if is_child(test) {
        for transport in TRANSPORTS {
            let (failure, sent, message) = failed(post(transport, "https://polar.invalid/"));
            assert_eq!((failure, sent), (Failure::Network, Sent::No));
            assert!(message.contains("_PROXY holds no proxy's address, so nothing was sent"), "{transport}: {message}");
            assert!(!message.contains("SECRET"), "{message}");
        }
        return;
    }
    for wrong in ["not an address: SECRET", "htp://proxy.example:8080", "http://"] {
        let output = run_with(test, wrong);
        assert!(output.status.success(), "{wrong}: {output:?}");
    }
}

#[test]
fn loopback_is_never_proxied() {
    let test = "loopback_is_never_proxied";
    if is_child(test) {
        for transport in TRANSPORTS {
            let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(reply(server.post(transport)).0, 200);
        }
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let output = run_with_proxy(test, proxy.local_addr().unwrap().port());
    assert!(output.status.success(), "{output:?}");
    assert!(proxy.accept().is_err(), "a connection went to the proxy");
}

#[test]
fn a_refusal_by_the_proxy_is_reported_as_not_sent() {
    let test = "a_refusal_by_the_proxy_is_reported_as_not_sent";
    if is_child(test) {
        for transport in TRANSPORTS {
            let (failure, sent, message) = failed(post(transport, "https://polar.invalid/"));
            assert_eq!((failure, sent), (Failure::Network, Sent::No), "{transport}");
            assert!(message.starts_with("the proxy did not connect to Polar: "), "{transport}: {message}");
        }
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for _ in TRANSPORTS {
            let mut connection = proxy.accept().unwrap().0;
            let head = read_until(&mut connection, "\r\n\r\n");
            assert!(head.starts_with("CONNECT polar.invalid:443 "), "{head}");
            connection.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    let output = run_with_proxy(test, port);
    assert!(output.status.success(), "{output:?}");
    thread.join().unwrap();
}
