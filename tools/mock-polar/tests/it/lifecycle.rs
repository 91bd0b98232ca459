//! Tests starting, stopping and restarting the server.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;

use mock_polar::{
    DEMO_INVITATION, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_ORGANIZATION, Endpoint, Fault, MockPolar, NewKey,
};
use tokio::net::TcpSocket;

use crate::wire::{
    TIMEOUT, activate, activation, post_without_reading, read_head, read_reply, send, stays_silent, validate,
};

#[test]
fn a_stopped_server_refuses_connections_and_restarts_on_its_port_with_its_state() {
    let polar = MockPolar::start().unwrap();
    let address = polar.address();
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 200);
    for _ in 0..3 {
        polar.stop();
        polar.stop();
        assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        polar.restart().unwrap();
        polar.restart().unwrap();
        assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
    }
    assert_eq!(polar.address(), address);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    assert_eq!(polar.key(DEMO_KEY_PLAIN).validations, 3);
}

#[test]
fn the_port_of_a_stopped_server_stays_reserved_until_it_is_dropped() {
    let polar = MockPolar::start().unwrap();
    let address = polar.address();
    // Binding a socket without `SO_REUSEADDR` succeeds only if nothing else uses the port. The operating system applies
    // the same rule when it chooses a free port.
    let is_free = || TcpSocket::new_v4().unwrap().bind(address).is_ok();
    assert!(!is_free());
    polar.stop();
    assert!(!is_free());
    drop(polar);
    assert!(is_free());
}

#[test]
fn a_port_in_use_is_an_error_with_advice() {
    let polar = MockPolar::start().unwrap();
    let error = MockPolar::builder().port(polar.address().port()).start().unwrap_err();
    assert!(error.is_server() && error.to_string().contains("choose another"), "{error}");
}

#[test]
fn reset_restores_the_initial_state() {
    let polar = MockPolar::start().unwrap();
    polar.add_key(NewKey::new("pro").key("EXTRA"));
    polar.revoke(DEMO_KEY_PLAIN);
    polar.fault(Fault::server_error(500));
    polar.skew_clock(1_000_000);
    validate(&polar, DEMO_KEY_PLAIN);
    let before = polar.now();
    polar.reset();
    assert!(polar.requests().is_empty());
    assert!(polar.keys().iter().all(|key| key.key != "EXTRA"));
    assert!(polar.now() < before);
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn closing_connections_disconnects_idle_clients() {
    let polar = MockPolar::start().unwrap();
    let mut stream = TcpStream::connect(polar.address()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.write_all(b"OPTIONS /_mock HTTP/1.1\r\nHost: polar\r\n\r\n").unwrap();
    assert_eq!(read_head(&mut stream).status, 204);
    assert!(stays_silent(&mut stream), "it is kept alive");
    polar.close_connections();
    assert!(!stays_silent(&mut stream), "it has ended");
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn two_servers_share_nothing() {
    let (one, other) = (MockPolar::start().unwrap(), MockPolar::start().unwrap());
    one.revoke(DEMO_KEY_PLAIN);
    assert_eq!(validate(&one, DEMO_KEY_PLAIN).status, 404);
    assert_eq!(validate(&other, DEMO_KEY_PLAIN).status, 200);
    assert_eq!((one.organization(), one.benefit("pro")), (DEMO_ORGANIZATION.to_owned(), other.benefit("pro")));
}

#[test]
fn stopping_disconnects_a_stalled_client() {
    let polar = MockPolar::start().unwrap();
    polar.fault(Fault::stall());
    let mut stream = post_without_reading(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE), &[]);
    assert!(polar.wait_for_requests(1, TIMEOUT));
    polar.stop();
    assert!(read_reply(&mut stream, "POST").is_none());
}

#[test]
fn stopping_ends_streams() {
    let polar = MockPolar::start().unwrap();
    let path = format!("/v1/customer-seats/claim/{DEMO_INVITATION}/stream");
    let mut stream = send(polar.address(), "GET", &path, &[], b"");
    read_head(&mut stream);
    assert_eq!(polar.open_streams(), 1);
    polar.stop();
    assert!(read_reply(&mut stream, "GET").is_none());
}
