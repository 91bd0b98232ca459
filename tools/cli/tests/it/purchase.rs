//! Tests that the status shows the subscription or the order through which a key was bought.

use crate::support::Device;
use mock_polar::{ApiVersion, KeyOrder, KeySubscription, MockPolar, NewKey, Timestamp};

#[test]
fn the_status_says_when_a_subscription_renews_or_ends_and_access_does_not_depend_on_it() {
    let polar = MockPolar::builder().api_version(ApiVersion::V2027_01).start().unwrap();
    let end = Timestamp::parse("2027-03-02T12:00:00Z").unwrap();
    let sold_by = |status: &str| KeySubscription::new(status).current_period_end(end);
    let pro = || NewKey::new("pro");
    let cases = [
        (pro().subscription(sold_by("active")), "subscription, renews on 2027-03-02"),
        (pro().subscription(sold_by("trialing")), "subscription, in trial until 2027-03-02"),
        (pro().subscription(sold_by("active").cancel_at_period_end(true)), "subscription, ends on 2027-03-02"),
        (
            pro().subscription(sold_by("past_due")),
            "subscription, the payment failed: update the payment method in Polar's customer portal",
        ),
        (pro().subscription(sold_by("hibernating")), "subscription, hibernating"),
        (pro().order(KeyOrder::new("refunded", true).created_at(end)), "order of 2027-03-02, refunded"),
    ];
    for (key, line) in cases {
        let device = Device::licensed(&polar, &polar.add_key(key));
        let status = device.run(&["status"]);
        assert!(status.stdout.contains(&format!("purchase    {line}\n")), "{line}: {status:?}");
        assert_eq!(status.status, 0, "access is allowed: {status:?}");
    }
}
