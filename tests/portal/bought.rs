//! The customer has just bought.

use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_EMAIL, DEMO_LINK, DEMO_LINK_PAID, DEMO_VENDOR_TOKEN, Endpoint, Fault, MockPolar};
use polar_license::ErrorKind;
use polar_license::blocking::{Checkout, SuccessPage};
use polar_license::portal::{CodeRequest, Purchase, Stage};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

impl Story {
    /// Returns the client secret from the address that the browser opens, which is all that the app has.
    fn client_secret(&self, checkout: &Checkout) -> String {
        checkout.address().strip_prefix(&format!("{}/checkout/", self.polar.url())).unwrap().to_owned()
    }

    /// Follows it, and lets time pass instead of waiting.
    fn follow(&self, checkout: &Checkout) -> Purchase {
        checkout
            .follow(HALF_AN_HOUR, |progress| {
                self.pass(progress.next_in());
                Continue(())
            })
            .unwrap()
    }
}

#[test]
fn a_purchase_is_opened_followed_and_licensed_with_nothing_but_a_code() {
    let story = Story::begin();
    let portal = story.client.portal();
    let checkout = portal.checkout(&format!("https://buy.polar.sh/{DEMO_LINK}?locale=de")).unwrap();
    let secret = story.client_secret(&checkout);
    let mut stages = Vec::new();
    let purchase = checkout.follow(HALF_AN_HOUR, |progress| {
        stages.push(progress.stage());
        if stages.len() == 2 {
            // the buyer closes the page at once, so that no success page is ever loaded
            drop(story.polar.pay(&secret, EMAIL));
        }
        story.pass(progress.next_in());
        Continue(())
    });
    let purchase = purchase.unwrap();
    assert_eq!(stages, [Stage::Open, Stage::Open]);
    let CodeRequest::Sent(code) = &purchase.code else { panic!("one customer") };
    assert_eq!(code.email(), EMAIL);
    let session = portal.authenticate(&story.code()).unwrap();
    let license = licensed(session.restore_purchase(&purchase, |_| Continue(())).unwrap());
    assert!(license.allowed());
}

#[test]
fn a_key_three_minutes_late_is_waited_for() {
    let story = Story::begin();
    story.polar.delay_purchases(Duration::from_secs(1));
    let portal = story.client.portal();
    let checkout = portal.checkout(DEMO_LINK_PAID).unwrap();
    drop(story.polar.pay(&story.client_secret(&checkout), EMAIL));
    let purchase = story.follow(&checkout);
    // the payment is through, and the key is late
    let late = story.polar.fault(Fault::reply(200, "application/json", NO_GRANT).on(Endpoint::ListGrants));
    let session = portal.authenticate(&story.code()).unwrap();
    let (mut waited, mut reports, mut late) = (Duration::ZERO, 0, Some(late));
    let restored = session.restore_purchase(&purchase, |progress| {
        assert_eq!(progress.stage(), Stage::Granting);
        (waited, reports) = (progress.waited(), reports + 1);
        story.pass(progress.next_in());
        if waited >= Duration::from_secs(175)
            && let Some(late) = late.take()
        {
            story.polar.clear_fault(late);
        }
        Continue(())
    });
    assert!(licensed(restored.unwrap()).allowed());
    assert!((175..190).contains(&waited.as_secs()) && reports > 30, "{waited:?}, {reports}");
}

const NO_GRANT: &str = r#"{"items":[],"pagination":{"total_count":0,"max_page":0}}"#;

#[test]
fn a_key_that_does_not_come_is_not_waited_for_longer_than_five_minutes() {
    let story = Story::begin();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(&story.client_secret(&checkout), EMAIL));
    let purchase = story.follow(&checkout);
    story.polar.fault(Fault::reply(200, "application/json", NO_GRANT).on(Endpoint::ListGrants));
    let session = story.client.portal().authenticate(&story.code()).unwrap();
    let mut waited = Duration::ZERO;
    let restored = session.restore_purchase(&purchase, |progress| {
        waited = progress.waited();
        story.pass(progress.next_in());
        Continue(())
    });
    let error = restored.unwrap_err();
    assert_eq!(error.message(), "The license key is not there yet. Try again in a few minutes.");
    assert!((290..300).contains(&waited.as_secs()), "{waited:?}");
}

#[test]
fn the_new_key_is_restored_and_not_one_bought_before() {
    let story = Story::begin();
    let earlier = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(&story.client_secret(&earlier), DEMO_EMAIL));
    story.polar.run_worker();
    let before: Vec<_> = story.polar.keys().into_iter().map(|key| key.key).collect();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(&story.client_secret(&checkout), DEMO_EMAIL));
    let purchase = story.follow(&checkout);
    let session = story.client.portal().authenticate(&story.code()).unwrap();
    let restored = session.restore_purchase(&purchase, |progress| {
        story.pass(progress.next_in());
        Continue(())
    });
    licensed(restored.unwrap());
    assert!(before.iter().all(|key| story.polar.activations(key).is_empty()));
}

#[test]
fn a_buyer_who_closes_the_page_leaves_an_error_at_the_deadline_and_can_come_back() {
    let story = Story::begin();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    let error = checkout.follow(Duration::from_secs(60), |progress| {
        story.pass(progress.next_in());
        Continue(())
    });
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let asks = "The purchase was not completed in time. If you have paid, ask for a code by e-mail in a few minutes.";
    assert_eq!(error.message(), asks);
    let cancelled = checkout.follow(HALF_AN_HOUR, |_| Break(())).unwrap_err();
    assert_eq!(cancelled.kind(), ErrorKind::Cancelled);
    assert!(story.polar.mails().is_empty());
    drop(story.polar.pay(&story.client_secret(&checkout), EMAIL));
    let again = story.client.portal().checkout_from_secret(&story.client_secret(&checkout)).unwrap();
    assert_eq!(again.address(), checkout.address());
    drop(story.follow(&again));
    assert_eq!(story.polar.mails().len(), 1);
    story.pass(Duration::from_secs(24 * 3600));
    let expired = checkout.follow(HALF_AN_HOUR, |_| Continue(())).unwrap_err();
    assert_eq!(
        expired.message(),
        "This purchase is more than a day old. If you have paid, ask for a code by e-mail to find your license key. If not, start the purchase again."
    );
}

#[test]
fn an_outage_during_the_payment_is_waited_out() {
    let story = Story::begin();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(&story.client_secret(&checkout), EMAIL));
    story.polar.fault(Fault::server_error(503).on(Endpoint::GetCheckout).times(2));
    story.polar.fault(Fault::rate_limited(42).on(Endpoint::GetCheckout).skip(2).once());
    drop(story.follow(&checkout));
    assert_eq!(story.polar.mails().len(), 1);
}

#[test]
fn a_text_that_is_not_a_link_is_refused() {
    let story = Story::begin();
    let refused = |link: &str| story.client.portal().checkout(link).unwrap_err().kind();
    assert_eq!(
        (refused(""), refused("https://buy.polar.sh/a%2Fb")),
        (ErrorKind::InvalidArgument, ErrorKind::InvalidArgument)
    );
    assert!(story.polar.requests().is_empty());
    assert_eq!(refused("polar_cl_UNKNOWN"), ErrorKind::Refused);
}

/// One request, as a browser or the vendor's backend sends it; the whole reply.
fn http(address: &str, request: &str) -> String {
    let mut server = TcpStream::connect(address).unwrap();
    server.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    server.read_to_string(&mut reply).unwrap();
    reply
}

/// A checkout that the vendor's backend makes, with this success URL; its client secret.
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
    let thanks = r#"{"portal.page_done": "Thanks <3 & good bye."}"#;
    let story = Story::configured(MockPolar::start().unwrap(), |config| config.texts(thanks));
    let page = SuccessPage::listen(0).unwrap();
    let own = format!("{}&customer_session_token={}", page.address(), story.polar.customer_token(DEMO_EMAIL));
    let browser = std::thread::spawn(move || browse(&own));
    drop(story.client.portal().session_from_page(&page, Duration::from_secs(30)).unwrap());
    let shown = browser.join().unwrap();
    assert!(shown.ends_with("<p>Thanks &lt;3 &amp; good bye.</p>"), "{shown}");
}

/// Connections of other programs to this page: ten that send nothing, and one that sends a byte from time to time, until
/// they are dropped.
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
        // one that comes too early ends nothing
        while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
            story.client.cancel();
            std::thread::yield_now();
        }
        assert_eq!(waiting.join().unwrap().kind(), ErrorKind::Cancelled);
    });
}
