//! A page on this computer that a browser goes to after a purchase, with the customer's token in its address. Listens on the
//! loopback interface only, and takes no token from anybody who does not know the state value: any web page can send a
//! browser here, with a token of its own. Logs and keeps nothing that it receives.
//!
//! ```text
//! browser ── GET /polar?state=…&customer_session_token=… ─► state is ours ─► token
//!                                                        └► anything else ─► 404, and on it waits
//! ```

use crate::clock::{Clock, SystemClock};
use crate::codes::ErrorKind;
use crate::error::Error;
use crate::portal::Token;
use crate::texts::{Text, Texts};
use crate::time::milliseconds;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Waits for the token that Polar hands to the success page of a purchase. For checkouts that the vendor's backend makes: it
/// takes the [address](Self::address) as their success URL. A checkout made by a link needs no such page; follow it instead.
/// Polar gives a token to buyers who are new only, and none if the buyer closes the page: have another way ready.
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

/// Longer requests are not a browser's that Polar has sent.
const MOST_BYTES: u64 = 16 * 1024;

/// How often it is looked whether a browser is there.
const PIECE: Duration = Duration::from_millis(50);

/// How long a browser may take to send its request.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

impl SuccessPage {
    /// Listens on this port of 127.0.0.1, or on any that is free for 0.
    ///
    /// # Errors
    /// `internal` if the port is taken, or the system has no random numbers.
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

    /// The success URL of the checkout. Only the vendor's backend should know it: who knows it can send a token here.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the browser, at most for so long. Blocks. In English, since it is of no client: `session_from_page` of a
    /// client's portal says the same in the words of its configuration.
    ///
    /// # Errors
    /// `timeout` if no token comes in time: the buyer has closed the page, or is a customer already.
    pub fn wait(&self, within: Duration) -> Result<Token, Error> {
        self.wait_unless(&Texts::default(), within, || false)
    }

    /// The same in the words of an app, until it is cancelled.
    pub(super) fn wait_unless(
        &self,
        texts: &Texts,
        within: Duration,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Token, Error> {
        let clock = SystemClock::new();
        let deadline = clock.now().after(milliseconds(within));
        loop {
            if is_cancelled() {
                return Err(Error::worded(texts, ErrorKind::Cancelled, "cancelled while waiting for a browser"));
            }
            match self.listener.accept() {
                Ok((browser, _)) => {
                    if let Ok(Some(token)) = self.serve(texts, browser) {
                        return Ok(token);
                    }
                }
                Err(_) if clock.now().until(deadline) > 0 => thread::sleep(PIECE),
                Err(_) => return Err(no_token(texts)),
            }
        }
    }

    /// Answers one request; the token, if it is from Polar's page.
    fn serve(&self, texts: &Texts, mut browser: TcpStream) -> io::Result<Option<Token>> {
        browser.set_nonblocking(false)?;
        browser.set_read_timeout(Some(READ_TIMEOUT))?;
        browser.set_write_timeout(Some(READ_TIMEOUT))?;
        let request = read_head(&mut browser)?;
        let token = token_in(&request, &self.state);
        let (status, text) = match token {
            Some(_) => ("200 OK", Text::PageDone),
            None => ("404 Not Found", Text::PageEmpty),
        };
        let text = as_html(texts.get(text));
        // the token leaves the address bar, and the history
        let body = format!("<!doctype html><script>history.replaceState(null, \"\", \"/\")</script><p>{text}</p>");
        let headers = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\
                       Referrer-Policy: no-referrer\r\nConnection: close";
        write!(browser, "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(token)
    }
}

/// The lines before the body.
fn read_head(browser: &mut TcpStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut head = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize));
    let mut byte = [0];
    let mut bytes = browser.take(MOST_BYTES);
    while !head.ends_with(b"\r\n\r\n") && bytes.read(&mut byte)? > 0 {
        head.extend_from_slice(&byte);
    }
    Ok(head)
}

/// The token in a request with this state.
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

/// Takes as long wherever the first difference is.
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

/// A sentence of the app's, between tags.
fn as_html(sentence: &str) -> String {
    sentence.replace('&', "&amp;").replace('<', "&lt;")
}

/// Without the state.
impl fmt::Debug for SuccessPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuccessPage").finish_non_exhaustive()
    }
}
