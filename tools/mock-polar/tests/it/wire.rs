//! A client that shows everything on the wire, which a polite HTTP library would hide.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mock_polar::{Endpoint, MockPolar};
use serde_json::{Value, json};

/// Long enough for any machine; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended as its headers announced.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request on a connection of its own; `None` if it closes without a reply.
pub(crate) fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let mut stream = send(address, method, path, headers, body);
    read_answer(&mut stream, method)
}

/// Sends a request and leaves the reply on the connection.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.extend(format!("Host: {address}\r\n").bytes());
    }
    for (name, value) in headers {
        request.extend(format!("{name}: {value}\r\n").bytes());
    }
    request.extend(b"\r\n");
    request.extend(body);
    stream.write_all(&request).unwrap();
    stream
}

pub(crate) fn read_answer(stream: &mut TcpStream, method: &str) -> Option<Answer> {
    let mut raw = Vec::new();
    match stream.read_to_end(&mut raw) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::ConnectionReset => {}
        Err(e) => panic!("{e} after {} bytes", raw.len()),
    }
    if raw.is_empty() {
        return None;
    }
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(raw[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.map(|line| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).unwrap()).collect();
    let mut answer = Answer { status, headers, body: raw[end + 4..].to_vec(), complete: true };
    if answer.header("transfer-encoding") == Some("chunked") {
        (answer.body, answer.complete) = dechunk(&answer.body);
    } else if let Some(length) = answer.header("content-length").filter(|_| method != "HEAD") {
        answer.complete = answer.body.len() == length.parse::<usize>().unwrap();
    }
    Some(answer)
}

fn dechunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        body.extend(&rest[..size]);
        rest = &rest[size + 2..];
    }
    (body, false)
}

/// Whether nothing arrives for a moment that is long on loopback.
pub(crate) fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    matches!(read, Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()))
}

pub(crate) fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Validate => "/v1/customer-portal/license-keys/validate",
        Endpoint::Activate => "/v1/customer-portal/license-keys/activate",
        Endpoint::Deactivate => "/v1/customer-portal/license-keys/deactivate",
    }
}

/// Posts JSON to an endpoint; `None` if the connection closes without a reply.
pub(crate) fn try_post(polar: &MockPolar, endpoint: Endpoint, body: &Value) -> Option<Answer> {
    let mut stream = post_unread(polar, endpoint, body, &[]);
    read_answer(&mut stream, "POST")
}

pub(crate) fn post(polar: &MockPolar, endpoint: Endpoint, body: &Value) -> Answer {
    try_post(polar, endpoint, body).expect("a reply")
}

pub(crate) fn post_unread(polar: &MockPolar, endpoint: Endpoint, body: &Value, headers: &[(&str, &str)]) -> TcpStream {
    let body = body.to_string();
    let length = body.len().to_string();
    let all = [&[("Content-Type", "application/json"), ("Content-Length", &length)], headers].concat();
    send(polar.address(), "POST", path(endpoint), &all, body.as_bytes())
}

pub(crate) fn validate(polar: &MockPolar, key: &str) -> Answer {
    post(polar, Endpoint::Validate, &json!({ "key": key, "organization_id": polar.organization() }))
}

pub(crate) fn activate(polar: &MockPolar, key: &str) -> Answer {
    post(polar, Endpoint::Activate, &activation(polar, key))
}

pub(crate) fn activation(polar: &MockPolar, key: &str) -> Value {
    json!({ "key": key, "organization_id": polar.organization(), "label": "test device" })
}

pub(crate) fn validate_with(polar: &MockPolar, key: &str, extra: Value) -> Answer {
    let mut body = json!({ "key": key, "organization_id": polar.organization() });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    post(polar, Endpoint::Validate, &body)
}

pub(crate) fn deactivate(polar: &MockPolar, key: &str, activation: &str) -> Answer {
    let body = json!({ "key": key, "organization_id": polar.organization(), "activation_id": activation });
    post(polar, Endpoint::Deactivate, &body)
}
