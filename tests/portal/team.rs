//! The customer was invited to a team.

use super::{Story, licensed};
use mock_polar::DEMO_INVITATION;
use polar_license::ErrorKind;
use std::ops::ControlFlow::Continue;
use std::time::Duration;

#[test]
fn an_invitation_is_accepted_and_its_key_waited_for() {
    let story = Story::begin();
    story.polar.delay_purchases(Duration::from_secs(180));
    let link = format!("{}/demo/portal/claim?token={DEMO_INVITATION}", story.polar.url());
    let session = story.client.portal().claim_seat(&link).unwrap();
    let mut waited = Duration::ZERO;
    let restored = session.restore_when_granted(|progress| {
        waited = progress.waited();
        story.pass(progress.next_in());
        Continue(())
    });
    assert!(licensed(restored.unwrap()).allowed());
    assert!((170..215).contains(&waited.as_secs()), "{waited:?}");
    let used = story.client.portal().claim_seat(DEMO_INVITATION).unwrap_err();
    assert_eq!((used.kind(), used.maybe_applied()), (ErrorKind::Refused, false));
}
