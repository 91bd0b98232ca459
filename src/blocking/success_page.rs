//! The page to which the browser returns after a purchase. The app itself serves this page, on the loopback interface
//! only. The browser passes the customer's token in the address. The page accepts a token only with the right state
//! value, because any web page can send a browser here with a token of its own. The page logs and keeps nothing that it
//! receives.
//!
//! Any program on this computer can connect. A program that connects and sends nothing, or only a byte a second, delays
//! neither the browser nor the end of the wait.
//!
//! ```text
//! browser ── GET /polar?state=…&customer_session_token=… ─► state is ours ─► token
//!                                                        └► anything else ─► 404, and the wait continues
//! ```

use crate::clock::{Clock, SystemClock};
use crate::codes::ErrorKind;
use crate::error::Error;
use crate::portal::Token;
use crate::texts::{Text, Texts};
use crate::time::{Now, milliseconds};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A page that waits for the token that Polar passes to it after a purchase. Use it for a checkout that the vendor's
/// backend creates with this [address](Self::address) as the success URL. A checkout that the app creates from a link
/// does not need this page: the app can follow that checkout instead. Offer another way to restore the license too,
/// because a token may never arrive: Polar gives one to new buyers only, and the buyer may close the page.
///
/// ```no_run
/// use polar_license::blocking::{Client, SuccessPage};
/// use std::time::Duration;
///
/// # fn checkout_of_the_backend(_: &str) -> String { String::new() }
/// # fn open_in_browser(_: &str) {}
/// # fn f(client: &Client) -> Result<(), polar_license::Error> {
/// let page = SuccessPage::listen(0)?;
/// open_in_browser(&checkout_of_the_backend(page.address()));
/// let session = client.portal().session_from_page(&page, Duration::from_secs(1800))?;
/// let restored = session.restore_when_granted(|_| std::ops::ControlFlow::Continue(()))?;
/// # let _ = restored; Ok(()) }
/// ```
pub struct SuccessPage {
    listener: TcpListener,
    state: String,
    address: String,
}

/// The maximum length of a request's first line and headers together, in bytes. The requests of a browser that Polar
/// sends to this page are shorter.
const MOST_BYTES: usize = 16 * 1024;

/// The pause between two rounds. Each round accepts the waiting connections, and reads the data that has arrived.
const PIECE: Duration = Duration::from_millis(50);

/// The time limit for a connection to send its whole request.
const VISIT: Duration = Duration::from_secs(5);

/// The largest number of connections at a time. If one more connection arrives, the oldest is closed, because most
/// likely the browser opened it in advance and never used it.
const MOST_VISITORS: usize = 32;

/// A connection to the page, and the part of its request that has arrived so far.
struct Visitor {
    connection: TcpStream,
    head: Zeroizing<Vec<u8>>,
    until: u64,
}

impl SuccessPage {
    /// Listens on this port of 127.0.0.1. If `port` is 0, the system chooses a free port.
    ///
    /// # Errors
    /// `internal` if the port is taken, or if the system cannot provide random numbers.
    pub fn listen(port: u16) -> Result<Self, Error> {
        let failed = |error: io::Error| internal(format!("cannot listen on port {port} of 127.0.0.1: {error}"));
        let mut random = [0; 16];
        getrandom::getrandom(&mut random)
            .map_err(|error| internal(format!("no random numbers from the system: {error}")))?;
        let state = Uuid::from_bytes(random).simple().to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, address: format!("http://127.0.0.1:{port}/polar?state={state}"), state })
    }

    /// Returns the success URL of the checkout. Give it only to the vendor's backend, because anybody who knows it can
    /// send a token here.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Blocks until the browser passes a token to this page, but no longer than `within`. The messages of errors are in
    /// English, because this page does not know the app's own texts. To get messages in the app's texts, call
    /// `session_from_page` of a client's portal instead.
    ///
    /// # Errors
    /// `timeout` if no token arrives in time: the buyer may have closed the page, or may have been a customer already.
    /// Polar gives a token only to new customers.
    pub fn wait(&self, within: Duration) -> Result<Token, Error> {
        self.wait_unless(&Texts::default(), within, || false)
    }

    /// Waits like [`wait`](Self::wait), but stops as soon as `is_cancelled` returns `true`. Takes the sentences of its
    /// errors from `texts`.
    pub(super) fn wait_unless(
        &self,
        texts: &Texts,
        within: Duration,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Token, Error> {
        let clock = SystemClock::new();
        let deadline = clock.now().after(milliseconds(within));
        let mut visitors = VecDeque::new();
        loop {
            if is_cancelled() {
                return Err(Error::worded(texts, ErrorKind::Cancelled, "cancelled while waiting for a browser"));
            }
            let now = clock.now();
            self.accept(&mut visitors, now);
            if let Some(token) = self.serve(texts, &mut visitors, now) {
                return Ok(token);
            }
            if now.until(deadline) == 0 {
                return Err(no_token(texts));
            }
            thread::sleep(PIECE);
        }
    }

    /// Accepts the connections that are waiting. Does not block.
    fn accept(&self, visitors: &mut VecDeque<Visitor>, now: Now) {
        for _ in 0..MOST_VISITORS {
            let Ok((connection, _)) = self.listener.accept() else { return };
            if connection.set_nonblocking(true).is_err() {
                continue;
            }
            if visitors.len() == MOST_VISITORS {
                visitors.pop_front();
            }
            let head = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
            visitors.push_back(Visitor { connection, head, until: now.after(milliseconds(VISIT)) });
        }
    }

    /// Reads the bytes that have arrived, answers complete requests, and ends connections whose time is up. Returns the
    /// token if one of the requests contains it together with the right `state`. Does not block.
    fn serve(&self, texts: &Texts, visitors: &mut VecDeque<Visitor>, now: Now) -> Option<Token> {
        let mut found = None;
        visitors.retain_mut(|visitor| match visitor.read_head() {
            Ok(true) => {
                let token = self.answer(texts, visitor);
                found = found.take().or(token);
                false
            }
            Ok(false) => now.until(visitor.until) > 0,
            Err(_) => false,
        });
        found
    }

    /// Answers a request with a page, and returns the token in the request. Returns `None` if there is no token, or if
    /// the request's `state` is not the one in the success URL.
    fn answer(&self, texts: &Texts, visitor: &mut Visitor) -> Option<Token> {
        let token = token_in(&visitor.head, &self.state);
        let (status, text) = match token {
            Some(_) => ("200 OK", Text::PageDone),
            None => ("404 Not Found", Text::PageEmpty),
        };
        let text = as_html(texts.get(text));
        // the script removes the token from the address bar and from the history
        let body = format!("<!doctype html><script>history.replaceState(null, \"\", \"/\")</script><p>{text}</p>");
        let headers = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\
                       Referrer-Policy: no-referrer\r\nConnection: close";
        let page = format!("HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        // The page is so short that writing it cannot block. A failure to write it does not matter, because the token
        // is used anyway.
        let _ = visitor.connection.write_all(page.as_bytes());
        token
    }
}

impl Visitor {
    /// Reads the part of the request line and the headers that has arrived. Returns `true` when all of them have been
    /// read, or as many bytes as the limit allows.
    fn read_head(&mut self) -> io::Result<bool> {
        let mut byte = [0];
        while !self.head.ends_with(b"\r\n\r\n") && self.head.len() < MOST_BYTES {
            match self.connection.read(&mut byte) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => self.head.extend_from_slice(&byte),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// Returns the token in a request. Returns `None` if there is no token, or if the request's parameter `state` is not
/// the expected `state`.
fn token_in(request: &[u8], state: &str) -> Option<Token> {
    let line = std::str::from_utf8(request).ok()?.lines().next()?;
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    let (_, query) = target.split_once('?')?;
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    if !is_same(parameter("state")?, state) {
        return None;
    }
    Token::read(parameter("customer_session_token")?)
}

/// Returns `true` if two texts are equal. The time that this takes does not depend on the position of the first
/// difference, so that nobody can find the expected text by measuring the time.
fn is_same(given: &str, expected: &str) -> bool {
    let different = given.bytes().zip(expected.bytes()).fold(0, |different, (a, b)| different | (a ^ b));
    given.len() == expected.len() && different == 0
}

fn internal(detail: String) -> Error {
    Error::new(ErrorKind::Internal, detail)
}

fn no_token(texts: &Texts) -> Error {
    let detail = "no browser has brought a token to the success page in time";
    Error::saying(texts, Text::NotReturned, ErrorKind::Timeout, detail)
}

/// Escapes one of the app's sentences for HTML.
fn as_html(sentence: &str) -> String {
    sentence.replace('&', "&amp;").replace('<', "&lt;")
}

/// Shows no field of the page, because the field `state` is a secret.
impl fmt::Debug for SuccessPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuccessPage").finish_non_exhaustive()
    }
}
