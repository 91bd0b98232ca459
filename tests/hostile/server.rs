//! The server that an app reaches instead of Polar. It answers one request itself, namely the first request to the
//! endpoint that the question is about. It forwards all others to the local Polar. The server knows nothing about
//! licenses, and never forwards a request twice.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::Deserialize;
use socket2::SockRef;

/// The parts of an answer. Each part has a number of repetitions, so that an answer can be far larger than memory.
pub(crate) type Parts = Vec<(Vec<u8>, usize)>;

/// The answer that the server gives itself.
#[derive(Clone, Default)]
pub(crate) struct Planned {
    /// The endpoint. The server itself answers the first request to it.
    pub(crate) endpoint: &'static str,
    pub(crate) parts: Parts,
    pub(crate) end: End,
    pub(crate) speaks: Speaks,
}

/// The end of the connection after the answer.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum End {
    #[default]
    Close,
    /// The connection stays open until the app closes it.
    Stall,
    /// The connection is reset, so that the app may lose data that was already sent.
    Reset,
}

/// The protocol that the server expects on a connection.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Speaks {
    #[default]
    Http,
    /// No protocol: the server answers the first bytes, whatever they are.
    Nothing,
    /// TLS, with a certificate that no app trusts.
    Tls,
}

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    polar: SocketAddr,
    planned: Mutex<Planned>,
    answered: AtomicUsize,
    passed_on: AtomicUsize,
    /// The number of requests that came to the address to which redirects lead.
    followed: AtomicUsize,
    ends: AtomicBool,
    tls: Arc<ServerConfig>,
}

impl Server {
    /// Starts the server. It forwards requests to the local Polar at this URL.
    pub(crate) fn start(polar: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            polar: address_of(polar),
            planned: Mutex::default(),
            answered: AtomicUsize::new(0),
            passed_on: AtomicUsize::new(0),
            followed: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
            tls: untrusted(),
        });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for connection in listener.incoming() {
                    if shared.ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    // errors are ignored, because many of the answers make a client close the connection early
                    thread::spawn(move || connection.and_then(|connection| shared.serve(connection)));
                }
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Sets the server's own answer, and resets the counts of requests.
    pub(crate) fn plan(&self, planned: Planned) {
        *self.shared.planned.lock().unwrap() = planned;
        self.shared.answered.store(0, Ordering::SeqCst);
        self.shared.passed_on.store(0, Ordering::SeqCst);
    }

    /// Returns how many requests the server has answered itself. A connection that the server cannot read counts as one
    /// request.
    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::SeqCst)
    }

    /// Returns how many requests the server forwarded to the local Polar before it answered one itself.
    pub(crate) fn passed_on(&self) -> usize {
        self.shared.passed_on.load(Ordering::SeqCst)
    }

    /// Returns `true` if an app has followed a redirect.
    pub(crate) fn was_followed(&self) -> bool {
        self.shared.followed.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        // wakes the server, which then ends
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> Result<()> {
        // reads the plan as late as possible, because an app may connect before its case is planned
        let planned = || self.planned.lock().unwrap().clone();
        match planned().speaks {
            Speaks::Http => {}
            Speaks::Nothing => {
                if connection.read(&mut [0; 4096])? > 0 {
                    self.answered.fetch_add(1, Ordering::SeqCst);
                    answer(&mut connection, &planned())?;
                }
                return Ok(());
            }
            Speaks::Tls => {
                self.answered.fetch_add(1, Ordering::SeqCst);
                let session = ServerConnection::new(Arc::clone(&self.tls)).map_err(std::io::Error::other)?;
                let mut connection = StreamOwned::new(session, connection);
                let arrived = read_message(&mut connection)?;
                panic!("{} bytes were sent to a server that nobody trusts", arrived.len());
            }
        }
        let request = read_message(&mut connection)?;
        let planned = planned();
        let text = String::from_utf8_lossy(&request);
        let path = text.split(' ').nth(1).unwrap_or_default();
        let was_followed = path == "/trap" || text.starts_with("GET ");
        self.followed.fetch_add(usize::from(was_followed), Ordering::SeqCst);
        let is_asked = text.starts_with("POST ") && is_for(path, planned.endpoint);
        let is_first = || self.answered.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if was_followed || (is_asked && is_first()) {
            return answer(&mut connection, &planned);
        }
        let is_before = self.answered.load(Ordering::SeqCst) == 0;
        self.passed_on.fetch_add(usize::from(is_before), Ordering::SeqCst);
        connection.write_all(&pass_on(self.polar, &request)?)
    }
}

/// Returns an address at which this many requests are forwarded to the local Polar, and all later connections are
/// refused.
pub(crate) fn refuses_after(requests: usize, polar: &str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let polar = address_of(polar);
    let serve = move || -> Result<()> {
        for _ in 1..requests {
            let mut connection = listener.accept()?.0;
            let request = read_message(&mut connection)?;
            connection.write_all(&pass_on(polar, &request)?)?;
        }
        let mut connection = listener.accept()?.0;
        let reply = pass_on(polar, &read_message(&mut connection)?)?;
        // closes the listener before the app gets the reply and continues
        drop(listener);
        connection.write_all(&reply)
    };
    if requests > 0 {
        thread::spawn(serve);
    }
    address
}

/// Returns `true` if a path ends in this endpoint.
pub(crate) fn is_for(path: &str, endpoint: &str) -> bool {
    path.rsplit('/').next() == Some(endpoint)
}

fn address_of(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

fn answer(connection: &mut TcpStream, planned: &Planned) -> Result<()> {
    for (bytes, times) in &planned.parts {
        // sends a few large pieces instead of many small ones
        let at_once = (65_536 / bytes.len().max(1)).clamp(1, (*times).max(1));
        let many = bytes.repeat(at_once);
        for _ in 0..times / at_once {
            connection.write_all(&many)?;
        }
        for _ in 0..times % at_once {
            connection.write_all(bytes)?;
        }
    }
    match planned.end {
        End::Close => Ok(()),
        End::Stall => {
            while connection.read(&mut [0; 64])? > 0 {}
            Ok(())
        }
        End::Reset => SockRef::from(&*connection).set_linger(Some(Duration::ZERO)),
    }
}

/// Forwards a request to the local Polar, and returns the reply with the header `connection: close` added.
fn pass_on(polar: SocketAddr, request: &[u8]) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(polar)?;
    connection.write_all(request)?;
    let reply = read_message(&mut connection)?;
    let end = head_of(&reply).ok_or(ErrorKind::UnexpectedEof)?;
    let (head, body) = reply.split_at(end);
    let head = String::from_utf8_lossy(head);
    let kept = head.lines().filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("connection:"));
    let mut head: String = kept.flat_map(|line| [line, "\r\n"]).collect();
    head += "connection: close\r\n\r\n";
    Ok([head.as_bytes(), body].concat())
}

/// Sends a request to the local Polar, and returns the status and the body of the reply.
pub(crate) fn ask(polar: &str, request: &str) -> (u16, Vec<u8>) {
    let reply = pass_on(address_of(polar), request.as_bytes()).unwrap();
    let (head, body) = reply.split_at(head_of(&reply).unwrap());
    let status = String::from_utf8_lossy(head).split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_vec())
}

/// Reads a request or a reply. The body is as long as the head says.
fn read_message(connection: &mut impl Read) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    while !is_whole(&message) {
        let mut part = [0; 4096];
        let length = connection.read(&mut part)?;
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        message.extend_from_slice(part.get(..length).unwrap_or_default());
    }
    Ok(message)
}

fn is_whole(message: &[u8]) -> bool {
    let Some(end) = head_of(message) else { return false };
    let head = String::from_utf8_lossy(message.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    message.len() >= end + length.unwrap_or(0)
}

/// Returns the length of the head, or `None` if the head is incomplete.
fn head_of(message: &[u8]) -> Option<usize> {
    Some(message.windows(4).position(|window| window == b"\r\n\r\n")? + 4)
}

/// Returns a TLS configuration with a certificate that no app here trusts, because its issuer is `tests/tls/ca.pem`.
fn untrusted() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/server.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
}
