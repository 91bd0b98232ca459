//! The outlook lists future decisions. It must agree with the decisions that the client makes later.

use std::time::Duration;

use polar_license::engine::Phase;
use polar_license::store::MemoryStore;
use polar_license::time::Now;
use polar_license::{Decision, State};

use super::world::{KEY, Polar};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Returns the decision that a reader of the outlook would show at this time.
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
        // a new outlook begins with the present decision
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
