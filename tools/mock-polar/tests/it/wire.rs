//! A client that shows every byte of a reply. An HTTP library would hide some of these bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mock_polar::{Endpoint, MockPolar};
use serde_json::{Value, json};

/// A time limit that is reached only if a test fails.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(600);

/// A local Polar that accepts requests.
pub(crate) trait Front {
    fn address(&self) -> SocketAddr;
    fn organization(&self) -> String;
}

impl Front for MockPolar {
    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn organization(&self) -> String {
        self.organization()
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body has the length that its headers announced.
    pub(crate) complete: bool,
}

impl Reply {
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

/// Sends one request on a new connection. Returns `None` if the connection closes without a reply.
pub(crate) fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Reply> {
    let mut stream = send(address, method, path, headers, body);
    read_reply(&mut stream, method)
}

/// Sends a request. Returns the connection, from which the reply can be read.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
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

pub(crate) fn read_reply(stream: &mut TcpStream, method: &str) -> Option<Reply> {
    let mut raw = Vec::new();
    match stream.read_to_end(&mut raw) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::ConnectionReset => {}
        Err(e) => panic!("{e} after {} bytes", raw.len()),
    }
    if raw.is_empty() {
        return None;
    }
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").expect("a complete head");
    let mut reply = parse_head(std::str::from_utf8(&raw[..end]).unwrap());
    reply.body = raw[end + 4..].to_vec();
    if reply.header("transfer-encoding") == Some("chunked") {
        (reply.body, reply.complete) = decode_chunks(&reply.body);
    } else if let Some(length) = reply.header("content-length").filter(|_| method != "HEAD") {
        reply.complete = reply.body.len() == length.parse::<usize>().unwrap();
    }
    Some(reply)
}

/// Reads the head of a reply, but no byte of its body.
pub(crate) fn read_head(stream: &mut TcpStream) -> Reply {
    let raw = read_until(stream, |raw| raw.ends_with(b"\r\n\r\n"));
    parse_head(std::str::from_utf8(&raw[..raw.len() - 4]).unwrap())
}

/// Reads a body that is sent in chunks, until it contains this many events. Each event ends with a blank line.
pub(crate) fn read_events(stream: &mut TcpStream, events: usize) -> String {
    let is_over = |raw: &[u8]| raw.windows(6).filter(|bytes| bytes == b"\r\n\r\n\r\n").count() >= events;
    String::from_utf8(decode_chunks(&read_until(stream, is_over)).0).unwrap()
}

fn parse_head(head: &str) -> Reply {
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers =
        lines.map(|line| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).unwrap()).collect();
    Reply { status, headers, body: Vec::new(), complete: true }
}

fn decode_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
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

/// Returns `true` if nothing arrives for 50 ms, which is long on loopback.
pub(crate) fn stays_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    matches!(read, Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()))
}

/// The path of the endpoint that sends a code by mail.
pub(crate) const REQUEST_CODE: &str = "/v1/customer-portal/customer-session/request";
/// The path of the endpoint that exchanges a code for a token.
pub(crate) const AUTHENTICATE: &str = "/v1/customer-portal/customer-session/authenticate";
/// The path of the endpoint that lists license keys.
pub(crate) const KEYS: &str = "/v1/customer-portal/license-keys/";
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(crate) fn path(endpoint: Endpoint) -> &'static str {
    let paths = [
        (Endpoint::Validate, "/v1/customer-portal/license-keys/validate"),
        (Endpoint::Activate, "/v1/customer-portal/license-keys/activate"),
        (Endpoint::Deactivate, "/v1/customer-portal/license-keys/deactivate"),
    ];
    let found = paths.into_iter().find(|(other, _)| *other == endpoint);
    found.unwrap_or_else(|| panic!("the path of {endpoint:?} has variable parts")).1
}

/// Sends a request with a JSON body and `content-length`. Returns `None` if the connection closes without a reply.
pub(crate) fn try_call(
    polar: &impl Front,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Reply> {
    let length = body.len().to_string();
    let headers = [&[JSON, ("Content-Length", length.as_str())], headers].concat();
    exchange(polar.address(), method, path, &headers, body.as_bytes())
}

pub(crate) fn call(polar: &impl Front, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    try_call(polar, method, path, headers, body).expect("a reply")
}

/// Sends a request with the token of a customer, a member or a vendor.
pub(crate) fn call_as(token: &str, polar: &impl Front, method: &str, path: &str, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    call(polar, method, path, &[("Authorization", &format!("Bearer {token}"))], &body)
}

/// Posts JSON to an endpoint. Returns `None` if the connection closes without a reply.
pub(crate) fn try_post(polar: &impl Front, endpoint: Endpoint, body: &Value) -> Option<Reply> {
    try_call(polar, "POST", path(endpoint), &[], &body.to_string())
}

pub(crate) fn post(polar: &impl Front, endpoint: Endpoint, body: &Value) -> Reply {
    call(polar, "POST", path(endpoint), &[], &body.to_string())
}

pub(crate) fn post_without_reading(
    polar: &impl Front,
    endpoint: Endpoint,
    body: &Value,
    headers: &[(&str, &str)],
) -> TcpStream {
    let body = body.to_string();
    let length = body.len().to_string();
    let all = [&[JSON, ("Content-Length", length.as_str())], headers].concat();
    send(polar.address(), "POST", path(endpoint), &all, body.as_bytes())
}

/// Opens a checkout with a link, and returns the checkout's secret.
pub(crate) fn open_checkout(polar: &impl Front, link: &str) -> String {
    let reply = call(polar, "GET", &format!("/v1/checkout-links/{link}/redirect"), &[], "");
    assert_eq!(reply.status, 307);
    let location = reply.header("location").unwrap();
    let page = location.strip_prefix(&format!("http://{}", polar.address())).expect("a page of this machine");
    page.strip_prefix("/checkout/").unwrap().to_owned()
}

/// Reads byte by byte until `is_over` returns `true`. `is_over` gets all bytes that have been read so far.
fn read_until(stream: &mut TcpStream, is_over: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut raw = Vec::new();
    while !is_over(&raw) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        raw.push(byte[0]);
    }
    raw
}

pub(crate) fn validate(polar: &impl Front, key: &str) -> Reply {
    post(polar, Endpoint::Validate, &json!({ "key": key, "organization_id": polar.organization() }))
}

pub(crate) fn activate(polar: &impl Front, key: &str) -> Reply {
    post(polar, Endpoint::Activate, &activation(polar, key))
}

pub(crate) fn activation(polar: &impl Front, key: &str) -> Value {
    json!({ "key": key, "organization_id": polar.organization(), "label": "test device" })
}

pub(crate) fn validate_with(polar: &impl Front, key: &str, extra: Value) -> Reply {
    let mut body = json!({ "key": key, "organization_id": polar.organization() });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    post(polar, Endpoint::Validate, &body)
}

pub(crate) fn deactivate(polar: &impl Front, key: &str, activation: &str) -> Reply {
    let body = json!({ "key": key, "organization_id": polar.organization(), "activation_id": activation });
    post(polar, Endpoint::Deactivate, &body)
}
