//! The page to which the browser returns after a purchase. The stories in `tests/scenarios/portal` test the purchases.

use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_EMAIL, DEMO_VENDOR_TOKEN, MockPolar};
use polar_license::ErrorKind;
use polar_license::blocking::SuccessPage;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

/// Sends one request, as a browser or the vendor's backend does. Returns the whole reply.
fn http(address: &str, request: &str) -> String {
    let mut server = TcpStream::connect(address).unwrap();
    server.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    server.read_to_string(&mut reply).unwrap();
    reply
}

/// Creates a checkout with this success URL, as the vendor's backend does. Returns the checkout's client secret.
fn made_by_the_backend(polar: &MockPolar, success_url: &str) -> String {
    let product = "de300000-0000-4000-8000-0000000000f1";
    let body = serde_json::json!({ "products": [product], "success_url": success_url }).to_string();
    let head = format!("Host: x\r\nConnection: close\r\nAuthorization: Bearer {DEMO_VENDOR_TOKEN}");
    let json = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
    let reply =
        http(&polar.address().to_string(), &format!("POST /v1/checkouts/ HTTP/1.1\r\n{head}\r\n{json}\r\n\r\n{body}"));
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    let made: serde_json::Value = serde_json::from_str(body).unwrap();
    made["client_secret"].as_str().unwrap().to_owned()
}

fn browse(url: &str) -> String {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    http(address, &format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
}

#[test]
fn a_success_page_takes_the_token_of_its_own_purchase_and_no_other() {
    let story = Story::begin();
    let page = SuccessPage::listen(0).unwrap();
    let secret = made_by_the_backend(&story.polar, page.address());
    let purchase = story.polar.pay(&secret, EMAIL);
    story.polar.run_worker();
    let own = purchase.success_url.clone();
    let foreign = story.polar.customer_token(DEMO_EMAIL);
    let (url, _) = page.address().split_once("state=").unwrap();
    let attacks = [
        format!("{url}state=00000000000000000000000000000000&customer_session_token={foreign}"),
        format!("{url}customer_session_token={foreign}"),
        format!("{}&customer_session_token=not-a-token", page.address()),
    ];
    let browser = std::thread::spawn(move || {
        for attack in attacks {
            assert!(browse(&attack).starts_with("HTTP/1.1 404 "));
        }
        browse(&own)
    });
    let session = story.client.portal().session_from_page(&page, Duration::from_secs(30)).unwrap();
    let shown = browser.join().unwrap();
    assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("You can close this page"), "{shown}");
    assert!(!format!("{page:?} {session:?} {shown}").contains("polar_cst_"));
    assert!(licensed(session.restore().unwrap()).allowed());
    assert_eq!(page.wait(Duration::ZERO).unwrap_err().kind(), ErrorKind::Timeout);
}

#[test]
fn the_success_page_is_in_the_words_of_the_app_and_no_html() {
    let thanks = r#"{"portal.page_done": "Thanks <3 & good bye.", "portal.not_returned": "Come back."}"#;
    let story = Story::configured(MockPolar::start().unwrap(), |config| config.texts(thanks));
    let page = SuccessPage::listen(0).unwrap();
    let own = format!("{}&customer_session_token={}", page.address(), story.polar.customer_token(DEMO_EMAIL));
    let browser = std::thread::spawn(move || browse(&own));
    drop(story.client.portal().session_from_page(&page, Duration::from_secs(30)).unwrap());
    let shown = browser.join().unwrap();
    assert!(shown.ends_with("<p>Thanks &lt;3 &amp; good bye.</p>"), "{shown}");
    let late = story.client.portal().session_from_page(&page, Duration::ZERO).unwrap_err();
    assert_eq!(late.message(), "Come back.");
}

/// Returns connections of other programs to this page. Ten of them send nothing. One sends a byte from time to time,
/// until it is dropped.
fn strangers(page: &SuccessPage) -> Vec<TcpStream> {
    let (address, _) = page.address().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let strangers: Vec<TcpStream> = (0..11).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut slow = strangers[0].try_clone().unwrap();
    std::thread::spawn(move || {
        while slow.write_all(b"G").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    strangers
}

#[test]
fn strangers_keep_neither_the_browser_nor_the_end_of_the_wait_from_coming() {
    let story = Story::begin();
    let page = SuccessPage::listen(0).unwrap();
    let _strangers = strangers(&page);
    let refused = page.wait(Duration::from_millis(100)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Timeout);
    let own = format!("{}&customer_session_token={}", page.address(), story.polar.customer_token(DEMO_EMAIL));
    let _more = strangers(&page);
    let browser = std::thread::spawn(move || browse(&own));
    page.wait(HALF_AN_HOUR).unwrap();
    assert!(browser.join().unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_cancel_ends_the_wait_for_a_success_page() {
    let story = Story::begin();
    let page = SuccessPage::listen(0).unwrap();
    let _strangers = strangers(&page);
    let (portal, is_over) = (story.client.portal(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| {
            let error = portal.session_from_page(&page, HALF_AN_HOUR).unwrap_err();
            is_over.store(true, std::sync::atomic::Ordering::SeqCst);
            error
        });
        // A connection that comes too early does not end the wait.
        while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
            story.client.cancel();
            std::thread::yield_now();
        }
        assert_eq!(waiting.join().unwrap().kind(), ErrorKind::Cancelled);
    });
}
