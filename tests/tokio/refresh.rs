//! The passing of time, in a runtime whose paused time advances only when all tasks are waiting.

use std::future::pending;
use std::time::Duration;

use polar_license::future::BoxFuture;
use polar_license::store::{AsyncStore, Durability, MemoryStore, StoreError};
use polar_license::transport::{Answer, AsyncTransport, Request};
use polar_license::{ErrorKind, State};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::world::{KEY, Polar};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn auto_refresh_keeps_a_license_confirmed_until_it_is_stopped() {
    let polar = Polar::holding("nothing");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    client.activate(KEY).await.unwrap();
    client.start_auto_refresh();
    client.start_auto_refresh();
    sleep(30 * DAY).await;
    assert_eq!(client.current().state(), State::Active);
    let asked = polar.asked().len();
    assert!((32..=36).contains(&asked), "{asked} requests in 30 days");
    client.stop_auto_refresh();
    sleep(2 * DAY).await;
    assert_eq!((client.current().state(), polar.asked().len()), (State::Grace, asked));
}

#[tokio::test(start_paused = true)]
async fn auto_refresh_asks_at_its_start_if_access_is_not_allowed() {
    let polar = Polar::holding("nothing");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    client.activate(KEY).await.unwrap();
    polar.advance(20 * DAY);
    polar.hold("validate");
    assert_eq!(client.refresh().await.state(), State::Lapsed, "Polar does not answer");
    polar.hold("nothing");
    sleep(Duration::from_secs(6)).await;
    client.start_auto_refresh();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(client.current().state(), State::Active, "not only when it is due, in a minute");
}

#[tokio::test(start_paused = true)]
async fn auto_refresh_refreshes_a_license_that_is_activated_later() {
    let polar = Polar::holding("nothing");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    client.start_auto_refresh();
    sleep(DAY).await;
    assert!(polar.asked().is_empty(), "there is nothing to ask about");
    client.activate(KEY).await.unwrap();
    sleep(3 * DAY).await;
    assert_eq!(client.current().state(), State::Active);
}

#[tokio::test(start_paused = true)]
async fn the_refresh_ends_with_the_last_clone_of_its_client() {
    let client = Polar::holding("nothing").client().store(MemoryStore::new()).open().await.unwrap();
    client.start_auto_refresh();
    let clone = client.clone();
    drop(client);
    sleep(DAY).await;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks(), 1);
    drop(clone);
    sleep(DAY).await;
    assert_eq!(tasks(), 0);
}

struct Hangs;

impl AsyncTransport for Hangs {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Answer> {
        Box::pin(pending())
    }
}

impl AsyncStore for Hangs {
    fn load(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(pending())
    }

    fn save<'a>(&'a self, _: &'a [u8], _: Durability) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn remove(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_a_problem() {
    let client = Polar::holding("nothing").client().store(Hangs).open().await.unwrap();
    let problem = client.current().problem().cloned().unwrap();
    assert_eq!(problem.kind, ErrorKind::Storage);
    assert!(problem.detail.contains("did not answer within 5 seconds"), "{}", problem.detail);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_never_answers_is_a_time_out() {
    let client = Polar::holding("nothing").client().store(MemoryStore::new()).transport(Hangs).open().await.unwrap();
    assert_eq!(client.activate(KEY).await.unwrap_err().kind(), ErrorKind::Timeout);
}
