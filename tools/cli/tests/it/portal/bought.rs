//! Tests license keys that come from a purchase or an invitation.

use super::{Customer, EMAIL, Talk};
use crate::support::{Device, start_polar};
use mock_polar::{DEMO_INVITATION, DEMO_LINK, DEMO_LINK_PAID, Endpoint, Fault};
use std::io::{BufRead, BufReader};
use std::time::Duration;

#[test]
fn a_purchase_is_opened_followed_and_licensed_with_nothing_but_a_code() {
    let polar = start_polar();
    let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
    for (link, words) in [(DEMO_LINK, &["--json"][..]), (DEMO_LINK_PAID, &[])] {
        let mails = polar.mails().len();
        let mut talk = Talk::begin(&device, &[&["buy", link, "--within", "1m"], words].concat());
        let mut stderr = BufReader::new(talk.child.stderr.take().unwrap()).lines();
        assert_eq!(stderr.next().unwrap().unwrap(), "Open this page to buy:");
        let address = stderr.next().unwrap().unwrap();
        let secret = address.trim().strip_prefix(&format!("{}/checkout/", polar.url())).unwrap();
        assert_eq!(stderr.next().unwrap().unwrap(), "Waiting until the purchase is completed.");
        drop(polar.pay(secret, EMAIL));
        let code = customer.code(mails);
        talk.say(&code);
        let notes: Vec<String> = stderr.map(Result::unwrap).collect();
        // The command shows the address of the checkout on stderr, and this address contains a secret. `end` does not
        // find that secret, because the test has already read stderr: `end` searches only stdout.
        let bought = talk.end();
        assert_eq!(bought.status, 0, "{bought:?} {notes:?}");
        assert!(bought.stdout.contains("active"), "{bought:?}");
        assert!(notes.iter().all(|note| ![EMAIL, &code, secret].iter().any(|it| note.contains(*it))), "{notes:?}");
        assert!(notes[0].starts_with("If this address bought it"), "{notes:?}");
        assert_eq!(device.run(&["forget"]).status, 0);
    }
}

#[test]
fn no_failure_after_the_payment_advises_to_buy_again() {
    const NOT_AGAIN: &str = "If you have paid, do not buy again: `polar-license restore` activates what you bought.\n";
    let polar = start_polar();
    let customer = Customer { polar: &polar };
    for (at, code) in [
        (Some(Endpoint::RequestCode), None),
        (None, None),
        (None, Some("ZZZZZZ")),
        (Some(Endpoint::Authenticate), Some("")),
        (Some(Endpoint::Validate), Some("")),
    ] {
        let device = Device::new(&polar);
        let fault = at.map(|endpoint| polar.fault(Fault::drop_connection().on(endpoint)));
        let mails = polar.mails().len();
        let mut talk = Talk::begin(&device, &["buy", DEMO_LINK, "--within", "1m"]);
        let mut stderr = BufReader::new(talk.child.stderr.take().unwrap()).lines();
        let address = stderr.nth(1).unwrap().unwrap();
        drop(polar.pay(address.rsplit('/').next().unwrap(), EMAIL));
        match code {
            Some("") => talk.say(&customer.code(mails)),
            Some(wrong) => talk.say(wrong),
            None => {}
        }
        let stopped = talk.end_unchecked().1;
        let notes: String = stderr.map(|line| line.unwrap() + "\n").collect();
        assert!(stopped.status != 0 && notes.ends_with(NOT_AGAIN), "{at:?} {code:?}: {stopped:?} {notes}");
        assert!(!stopped.stdout.contains("run the same command again"), "{stopped:?}");
        fault.into_iter().for_each(|fault| polar.clear_fault(fault));
        polar.advance_clock(Duration::from_secs(3600));
    }
}

#[test]
fn a_purchase_that_is_not_completed_ends_at_its_deadline() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let buy = |words: &[&str]| Talk::begin(&device, &[&["buy", "--json"], words].concat()).end_by_itself().0;
    let late = buy(&[DEMO_LINK, "--within", "0s"]);
    assert_eq!((late.status, late.json()["error"]["kind"].as_str()), (4, Some("timeout")), "{late:?}");
    let wrong = buy(&["https://buy.polar.sh/a%2Fb"]);
    assert_eq!((wrong.status, wrong.json()["error"]["kind"].as_str()), (1, Some("invalid_argument")), "{wrong:?}");
    let unknown = buy(&["polar_cl_UNKNOWN"]);
    assert_eq!((unknown.status, unknown.json()["error"]["kind"].as_str()), (3, Some("refused")), "{unknown:?}");
}

#[test]
fn an_invitation_is_accepted_and_the_command_waits_for_its_key() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let link = format!("{}/demo/portal/claim?token={DEMO_INVITATION}", polar.url());
    let claimed = device.run_with_input(&["claim", "--json"], &format!("{link}\n"));
    assert_eq!((claimed.status, claimed.json()["state"].as_str()), (0, Some("active")), "{claimed:?}");
    assert!(claimed.stderr.contains("Waiting for the license key, five minutes at most."), "{claimed:?}");
    assert!(!claimed.stderr.contains(DEMO_INVITATION) && !claimed.stdout.contains(DEMO_INVITATION), "{claimed:?}");
    let used = device.run(&["claim", DEMO_INVITATION]);
    assert!(used.status == 1 && !used.stderr.contains(DEMO_INVITATION), "{used:?}");
}
