//! Checks that the outlook, which lists the decisions to come, agrees with the decisions that the client makes later.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use polar_license::engine::Phase;
use polar_license::future::BoxFuture;
use polar_license::store::MemoryStore;
use polar_license::time::Now;
use polar_license::transport::{Answer, AsyncTransport, Failure, Request, Sent};
use polar_license::{Decision, State};
use tokio::time::sleep;

use super::world::{KEY, Polar};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the decision that an app shows at this time if it follows the outlook.
fn shown(outlook: &[Phase], now: Now) -> &Decision {
    let has_begun = |phase: &&Phase| now.wall >= phase.from.wall || now.mono >= phase.from.mono;
    &outlook.iter().rfind(has_begun).unwrap().decision
}

#[tokio::test(start_paused = true)]
async fn an_outlook_agrees_with_the_clients_later_decisions() {
    let polar = Polar::holding("");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    let states = |outlook: &[Phase]| outlook.iter().map(|phase| phase.decision.state()).collect::<Vec<_>>();
    assert_eq!(states(&client.outlook()), [State::Unlicensed]);

    client.activate(KEY).await.unwrap();
    let outlook = client.outlook();
    assert_eq!(states(&outlook), [State::Active, State::Grace, State::Grace, State::Lapsed]);
    assert_eq!(client.current().state(), State::Active, "computing the outlook does not advance the client's time");
    let notices: Vec<_> = outlook.iter().map(|phase| phase.decision.notice()).collect();
    assert_eq!(notices, [false, false, true, true]);
    for hours in 0..24 * 40 {
        assert_eq!(shown(&outlook, polar.now()), &client.current(), "after {hours} hours");
        // a new outlook begins with the current decision
        assert_eq!(client.outlook()[0].decision, client.current());
        polar.advance(HOUR);
    }
    assert_eq!(client.current().state(), State::Lapsed);
}

#[tokio::test(start_paused = true)]
async fn a_phase_begins_to_the_millisecond() {
    let polar = Polar::holding("");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    client.activate(KEY).await.unwrap();
    let outlook = client.outlook();
    for (before, after) in outlook.iter().zip(&outlook[1..]) {
        let wait = after.from.wall.since(polar.now().wall);
        polar.advance(wait - Duration::from_millis(1));
        assert_eq!(client.current(), before.decision);
        polar.advance(Duration::from_millis(1));
        assert_eq!(client.current(), after.decision);
    }
}

/// A network that is down.
struct Down;

impl AsyncTransport for Down {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Answer> {
        let message = String::from("no network");
        Box::pin(async { Answer::Failed { failure: Failure::Network, sent: Sent::No, message } })
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_told_of_a_change_within_a_minute_although_the_clock_was_set_back_after_a_sleep() {
    let polar = Polar::holding("");
    let store = Arc::new(MemoryStore::new());
    polar.client().store(Arc::clone(&store)).open().await.unwrap().activate(KEY).await.unwrap();
    let client = polar.client().store(store).transport(Down).open().await.unwrap();
    client.start_auto_refresh();
    sleep(3 * DAY).await;

    // a page gets a new outlook after each change
    let outlook = Arc::new(Mutex::new(client.outlook()));
    let _changes = client.on_change({
        let (client, outlook) = (client.clone(), Arc::clone(&outlook));
        move |_, _| *outlook.lock().unwrap() = client.outlook()
    });
    // the machine sleeps for six days, and somebody sets the clock back after the app has noticed that
    let slept = 6 * 24 * 60 * 60 * 1000;
    polar.set_wall(slept);
    sleep(2 * MINUTE).await;
    polar.set_wall(-slept);
    let mut is_late = false;
    let mut seen = Vec::new();
    for _ in 0..6 * 24 * 60 {
        sleep(MINUTE).await;
        let shown = shown(&outlook.lock().unwrap(), polar.now()).clone();
        let is_current = shown == client.current();
        assert!(is_current || !is_late, "{shown:?}");
        is_late = !is_current;
        let change = (shown.state(), shown.notice());
        if seen.last() != Some(&change) {
            seen.push(change);
        }
    }
    assert_eq!(seen, [(State::Grace, false), (State::Grace, true), (State::Lapsed, true)]);
}
