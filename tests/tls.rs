//! HTTPS requests with the transports of the blocking client and of the client for tokio. The server is on loopback,
//! and `tests/tls/ca.pem` has signed its certificate. On Windows, a test cannot trust this CA for its own process only,
//! so there the client must refuse the server. Each case runs in a separate process, because the trusted roots and the
//! proxy come from the environment. The CA's private key was deleted; the server's private key is used only in these
//! tests.
#![cfg(all(feature = "http", not(any(target_vendor = "apple", target_os = "android"))))]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "support/transports.rs"]
mod transports;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use polar_license::transport::{Answer, Failure, Request, Sent};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use transports::TRANSPORTS;

#[cfg(unix)]
const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/ca.pem");
#[cfg(unix)]
const NOWHERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/there-is-no-such-file.pem");

/// Accepts connections one after the other. Answers `CONNECT` if a connection begins with it, and then answers one
/// request over TLS. Returns `true` if a request arrived in the last connection.
fn serve(listener: TcpListener, connections: usize) -> JoinHandle<bool> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let answer = move |mut socket: TcpStream| {
        let mut first = [0];
        socket.peek(&mut first).unwrap();
        if first == *b"C" {
            let head = read_until(&mut socket, b"\r\n\r\n");
            let status =
                if head.starts_with(b"CONNECT refused.test") { "407 Proxy Authentication Required" } else { "200 OK" };
            write!(socket, "HTTP/1.1 {status}\r\n\r\n").unwrap();
        }
        let mut stream: StreamOwned<ServerConnection, TcpStream> =
            StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), socket);
        let arrived = read_until(&mut stream, b"the body").ends_with(b"the body");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        let _ = stream.flush();
        arrived
    };
    std::thread::spawn(move || (0..connections).fold(false, |_, _| answer(listener.accept().unwrap().0)))
}

fn read_until(stream: &mut impl Read, end: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(end) && stream.read(&mut byte).unwrap_or(0) == 1 {
        text.push(byte[0]);
    }
    text
}

/// Runs a test of one request. The test's first process runs the server, and starts the test again in a second process
/// with `variables`. The second process sends the request, and checks the answer with `check`.
fn case(test: &str, url: &str, variables: &[(&str, &str)], check: impl FnOnce(Answer)) -> bool {
    story(test, url, 1, variables, |post| check(post()))
}

/// Runs a test of several requests. `send` makes the requests, all with one transport.
fn story(
    test: &str,
    url: &str,
    connections: usize,
    variables: &[(&str, &str)],
    send: impl FnOnce(&dyn Fn() -> Answer),
) -> bool {
    if let Ok(url) = std::env::var("POLAR_LICENSE_TEST_URL") {
        let request = Request::post(url, "the body", Duration::from_secs(10));
        let post = transports::named(&std::env::var("POLAR_LICENSE_TEST_TRANSPORT").unwrap());
        send(&|| post(&request));
        return true;
    }
    let arrived = TRANSPORTS.iter().filter(|transport| with(transport, test, url, connections, variables)).count();
    arrived == TRANSPORTS.len()
}

/// Runs the server for one run of the test with this transport. Returns `true` if a request arrived.
fn with(transport: &str, test: &str, url: &str, connections: usize, variables: &[(&str, &str)]) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = serve(listener, connections);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env("POLAR_LICENSE_TEST_URL", url.replace("PORT", &port));
    child.env("POLAR_LICENSE_TEST_TRANSPORT", transport);
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        child.env_remove(name).env_remove(name.to_lowercase());
    }
    child.envs(variables.iter().map(|(name, value)| (name, value.replace("PORT", &port))));
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    server.join().unwrap()
}

#[cfg(unix)]
fn is_answered(answer: Answer) {
    assert_eq!(answer, Answer::reply(200, "{}"));
}

#[cfg(unix)]
fn is_not_trusted(answer: Answer, why: &str) {
    let message = format!("the connection's certificate is not trusted: {why}");
    assert_eq!(answer, Answer::Failed { failure: Failure::Network, sent: Sent::No, message });
}

#[cfg(unix)]
#[test]
fn a_root_that_the_system_trusts_is_trusted() {
    let test = "a_root_that_the_system_trusts_is_trusted";
    assert!(case(test, "https://127.0.0.1:PORT/", &[("SSL_CERT_FILE", CA)], is_answered));
}

#[cfg(unix)]
#[test]
fn an_unknown_root_is_not_trusted_and_nothing_is_sent() {
    let test = "an_unknown_root_is_not_trusted_and_nothing_is_sent";
    case(test, "https://127.0.0.1:PORT/", &[], |answer| is_not_trusted(answer, "UnknownIssuer"));
}

#[cfg(unix)]
#[test]
fn the_bundled_roots_are_used_if_the_system_has_none() {
    let test = "the_bundled_roots_are_used_if_the_system_has_none";
    case(test, "https://127.0.0.1:PORT/", &[("SSL_CERT_FILE", NOWHERE)], |answer| {
        is_not_trusted(answer, "UnknownIssuer");
    });
}

#[cfg(unix)]
#[test]
fn a_certificate_for_another_name_is_not_trusted_and_its_names_are_not_shown() {
    let test = "a_certificate_for_another_name_is_not_trusted_and_its_names_are_not_shown";
    case(test, "https://localhost:PORT/", &[("SSL_CERT_FILE", CA)], |answer| {
        is_not_trusted(answer, "certificate not valid for name \"localhost\"");
    });
}

#[cfg(unix)]
#[test]
fn a_proxy_passes_the_encrypted_connection_on() {
    let test = "a_proxy_passes_the_encrypted_connection_on";
    let variables = [("SSL_CERT_FILE", CA), ("HTTPS_PROXY", "http://127.0.0.1:PORT")];
    assert!(case(test, "https://polar.test/", &variables, is_answered));
}

#[cfg(unix)]
#[test]
fn nothing_is_sent_through_a_proxy_that_refuses() {
    let test = "nothing_is_sent_through_a_proxy_that_refuses";
    case(test, "https://refused.test/", &[("HTTPS_PROXY", "http://127.0.0.1:PORT")], |answer| {
        let Answer::Failed { failure: Failure::Network, sent: Sent::No, message } = answer else {
            panic!("{answer:?}");
        };
        assert!(message.starts_with("the proxy did not connect to Polar: "), "{message}");
    });
}

#[cfg(unix)]
#[test]
fn loopback_is_never_proxied() {
    let test = "loopback_is_never_proxied";
    let variables = [("SSL_CERT_FILE", CA), ("HTTPS_PROXY", "http://127.0.0.1:9")];
    assert!(case(test, "https://127.0.0.1:PORT/", &variables, is_answered));
}

/// Writes the file from which the system's root certificates are read.
#[cfg(unix)]
fn write_roots(text: &[u8]) {
    std::fs::write(std::env::var_os("SSL_CERT_FILE").unwrap(), text).unwrap();
}

#[cfg(unix)]
#[test]
fn roots_are_read_once_for_all_requests_that_succeed() {
    let test = "roots_are_read_once_for_all_requests_that_succeed";
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("roots.pem");
    let variables = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    assert!(story(test, "https://127.0.0.1:PORT/", 2, &variables, |post| {
        write_roots(include_bytes!("tls/ca.pem"));
        is_answered(post());
        write_roots(b"");
        is_answered(post());
    }));
}

#[cfg(unix)]
#[test]
fn a_root_that_was_installed_after_a_failure_is_trusted_without_a_restart() {
    let test = "a_root_that_was_installed_after_a_failure_is_trusted_without_a_restart";
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("roots.pem");
    let variables = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    assert!(story(test, "https://127.0.0.1:PORT/", 2, &variables, |post| {
        write_roots(b"");
        is_not_trusted(post(), "UnknownIssuer");
        write_roots(include_bytes!("tls/ca.pem"));
        is_answered(post());
    }));
}

/// The file of root certificates is a pipe. Opening it would block for ever.
#[cfg(unix)]
#[test]
fn no_roots_are_read_for_a_connection_that_is_not_encrypted() {
    let test = "no_roots_are_read_for_a_connection_that_is_not_encrypted";
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    case(test, "http://127.0.0.1:PORT/", &[("SSL_CERT_FILE", pipe.to_str().unwrap())], |answer| {
        // The server expects TLS, so the request without TLS fails.
        assert!(matches!(answer, Answer::Failed { sent: Sent::Maybe, .. }), "{answer:?}");
    });
}

/// The error code that Windows reports depends on its version, and on whether Windows can check for revocations.
#[cfg(windows)]
#[test]
fn nothing_is_sent_to_a_server_that_windows_does_not_trust_and_no_text_of_windows_is_shown() {
    let test = "nothing_is_sent_to_a_server_that_windows_does_not_trust_and_no_text_of_windows_is_shown";
    let arrived = case(test, "https://127.0.0.1:PORT/", &[], |answer| {
        let Answer::Failed { failure: Failure::Network, sent: Sent::No, message } = answer else {
            panic!("{answer:?}");
        };
        let problem = message.strip_prefix("the connection's certificate is not trusted: ").unwrap();
        assert!(problem == "UnknownIssuer" || problem.starts_with("Windows says 0x800B"), "{problem}");
    });
    // The second process runs this line too. There, `case` always returns `true`.
    assert!(!arrived || std::env::var("POLAR_LICENSE_TEST_URL").is_ok());
}
