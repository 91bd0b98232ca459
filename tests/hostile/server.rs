//! A server that answers every request with the same bytes, whatever was asked.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What it sends: parts, each a number of times, so that a reply may be far larger than memory.
pub(crate) type Parts = Vec<(Vec<u8>, usize)>;

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    reply: Mutex<(Parts, bool)>,
    requests: AtomicUsize,
    /// Requests for the place that redirects lead to.
    followed: AtomicUsize,
    ends: AtomicBool,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for connection in listener.incoming() {
                    if shared.ends.load(Ordering::SeqCst) {
                        break;
                    }
                    // a client that hangs up in the middle is what many of the replies are for
                    let _ = connection.and_then(|connection| serve(connection, &shared));
                }
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers from here on; `stalls` if it then keeps the connection open until the client hangs up.
    pub(crate) fn answer(&self, parts: Parts, stalls: bool) {
        *self.shared.reply.lock().unwrap() = (parts, stalls);
        self.shared.requests.store(0, Ordering::SeqCst);
    }

    /// How many requests came since the answer was set.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Whether a redirect was ever followed.
    pub(crate) fn was_followed(&self) -> bool {
        self.shared.followed.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        // wakes it
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut connection: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut part = [0; 4096];
        let length = connection.read(&mut part)?;
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(part.get(..length).unwrap_or_default());
    }
    shared.requests.fetch_add(1, Ordering::SeqCst);
    if request.starts_with(b"POST /trap") || request.starts_with(b"GET ") {
        shared.followed.fetch_add(1, Ordering::SeqCst);
    }
    let (parts, stalls) = shared.reply.lock().unwrap().clone();
    for (bytes, times) in parts {
        // few large writes instead of many small ones
        let at_once = (65_536 / bytes.len().max(1)).clamp(1, times.max(1));
        let many = bytes.repeat(at_once);
        for _ in 0..times / at_once {
            connection.write_all(&many)?;
        }
        for _ in 0..times % at_once {
            connection.write_all(&bytes)?;
        }
    }
    if stalls {
        while connection.read(&mut [0; 64])? > 0 {}
    }
    Ok(())
}

/// Whether the head is there, and as much of a body as it announces.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(request.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}
