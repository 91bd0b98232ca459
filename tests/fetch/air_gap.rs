//! A page on a computer that is never online: another computer answers its requests, over real `fetch` to the local
//! Polar. The page itself has a network that fails the test if it is used.

use std::time::Duration;

use polar_license::config::ConfigBuilder;
use polar_license::engine::Deactivated;
use polar_license::fetch::Client;
use polar_license::future::LocalBoxFuture;
use polar_license::store::MemoryStore;
use polar_license::transport::{Answer, LocalAsyncTransport, Request};
use polar_license::{ErrorKind, NextStep, State};
use wasm_bindgen_test::wasm_bindgen_test;

use super::other_computer::OtherComputer;
use super::server::{TestClock, app, one_seat_key, seats};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct NoNetwork;

impl LocalAsyncTransport for NoNetwork {
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        panic!("a computer without a network sent a request to {}", *request.url)
    }
}

fn config() -> ConfigBuilder {
    app().app_secret("hush").air_gap_days(90)
}

async fn page(clock: &TestClock) -> Client {
    let builder = Client::builder(config().build().unwrap()).clock(clock.clone());
    builder.transport(NoNetwork).store(MemoryStore::new()).open().await.unwrap()
}

#[wasm_bindgen_test]
async fn a_page_gets_its_license_from_another_computer_renews_it_and_returns_it() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let (a, b) = (page(&clock).await, OtherComputer::new(config(), &clock));
    let request = a.offline_request().await.unwrap();
    assert_eq!(a.offline_request().await.unwrap(), request, "the request waits for its answer");
    let answer = b.answer(&request, &key).await.unwrap();
    let license = a.offline_import(&answer).await.unwrap();
    assert_eq!((license.state(), license.air_gapped(), a.allows("export")), (State::Active, true, true));
    assert_eq!(seats(&key).await, 1);

    clock.advance(80 * DAY).await;
    assert_eq!(a.refresh().await.next_step(), NextStep::OfflineRequest, "nobody is asked, and the end is near");
    let renewal = a.offline_request().await.unwrap();
    let renewed = a.offline_import(&b.answer(&renewal, &key).await.unwrap()).await.unwrap();
    assert_eq!(renewed.next_step(), NextStep::None);
    assert_eq!(seats(&key).await, 1, "the renewal takes no seat");
    let error = a.offline_import(&answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.message().contains("latest request"), "{error}");

    let returned = a.offline_return().await.unwrap();
    assert_eq!(returned.decision.state(), State::Unlicensed);
    let text = returned.text.clone().unwrap();
    assert!(!format!("{returned:?}").contains(&text), "the text contains the key");
    assert_eq!(b.release(&text).await.unwrap(), Deactivated::Released);
    assert_eq!(seats(&key).await, 0);
}

#[wasm_bindgen_test]
async fn a_page_refuses_a_text_with_a_mistake() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let (a, b) = (page(&clock).await, OtherComputer::new(config(), &clock));
    let answer = b.answer(&a.offline_request().await.unwrap(), &key).await.unwrap();
    let error = a.offline_import(&answer.replace('-', "-0")).await.unwrap_err();
    assert!(error.message().contains("Copy the whole text again"), "{error}");
    assert_eq!(a.current().state(), State::Unlicensed);
    assert_eq!(a.offline_return().await.unwrap_err().kind(), ErrorKind::NotActivated);
}
