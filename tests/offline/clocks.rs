//! Every combination of clocks on a computer that is never online: at the request, at the import, and afterwards.

use polar_license::State;
use polar_license::blocking::Client;

use super::{Computers, DAY, DEMO_KEY_ONE_DEVICE, refusal};

const HOURS: i64 = 60 * 60 * 1000;
const YEARS: i64 = 365 * 24 * HOURS;

/// The errors of A's clock at the request and at the import, in ms.
const ERRORS: [i64; 3] = [0, -10 * YEARS, 10 * YEARS];

/// The changes of A's clock after the import.
const AFTERWARDS: [Afterwards; 6] = [
    Afterwards::Moved(0),
    Afterwards::Moved(-25 * HOURS),
    Afterwards::Moved(-30 * 24 * HOURS),
    Afterwards::Moved(-10 * YEARS),
    Afterwards::Moved(10 * YEARS),
    Afterwards::Corrected,
];

#[derive(Clone, Copy, Debug)]
enum Afterwards {
    Moved(i64),
    Corrected,
}

/// The most days for which A can have a license: those of the setting, the time between the request and the import, and
/// a day and two hours by which a clock may be wrong unnoticed.
const MOST_DAYS: u32 = 90 + 2 + 2;

#[test]
fn no_clock_gives_more_than_its_days_and_none_locks_a_user_out() {
    for at_request in ERRORS {
        for at_import in ERRORS {
            for afterwards in AFTERWARDS {
                let case = format!("{at_request} ms at the request, {at_import} ms at the import, then {afterwards:?}");
                one_case(at_request, at_import, afterwards, &case);
            }
        }
    }
}

fn one_case(at_request: i64, at_import: i64, afterwards: Afterwards, case: &str) {
    let computers = Computers::new();
    computers.clocks[0].set_error(at_request, &computers.clocks[1]);
    let request = computers.a().offline_request().unwrap();
    computers.pass(DAY);
    let answer = computers.b().offline_answer(&request, DEMO_KEY_ONE_DEVICE).unwrap();
    computers.pass(DAY);
    computers.clocks[0].set_error(at_import, &computers.clocks[1]);
    let a = computers.a();
    let imported = a.offline_import(&answer.text);
    if at_import > at_request.max(0) {
        // the clock seems to say that the text was carried for ten years
        assert!(refusal(imported).contains("too old"), "{case}");
        let again = computers.b().offline_answer(&request, DEMO_KEY_ONE_DEVICE).unwrap();
        assert!(refusal(a.offline_import(&again.text)).contains("Create a new request"), "{case}");
        renew(&computers, &a, case);
    } else {
        assert_eq!(imported.unwrap().state(), State::Active, "{case}");
    }
    drop(a);

    let error = match afterwards {
        Afterwards::Moved(by) => at_import + by,
        Afterwards::Corrected => 0,
    };
    computers.clocks[0].set_error(error, &computers.clocks[1]);
    let a = computers.a();
    // a clock is trusted if it goes on as before, give or take a day, or if it is right
    let is_trusted = error == 0 || (error - at_import).abs() <= 25 * HOURS;
    assert_eq!(a.current().allowed(), is_trusted, "{case}: {}", a.current().state());
    if !is_trusted {
        renew(&computers, &a, case);
    }
    let days = days_left(&computers, &a);
    assert!((86..=MOST_DAYS).contains(&days), "{case}: {days} days");
    // A does not run meanwhile, and then starts anew; if its clock is behind, only the time in which it runs may count
    renew(&computers, &a, case);
    drop(a);
    computers.pass(DAY * MOST_DAYS);
    assert!(!computers.a().current().allowed() || error < -25 * HOURS, "{case}");
}

/// Returns for how many days A, which keeps running, still has access.
fn days_left(computers: &Computers, a: &Client) -> u32 {
    (0..)
        .find(|_| {
            computers.pass(DAY);
            !a.current().allowed()
        })
        .unwrap()
}

/// Carries a request to B, and the answer back, within a minute.
fn renew(computers: &Computers, a: &Client, case: &str) {
    computers.pass(DAY / (24 * 60));
    let answer = computers.b().offline_answer(&a.offline_request().unwrap(), DEMO_KEY_ONE_DEVICE).unwrap();
    assert_eq!(a.offline_import(&answer.text).unwrap().state(), State::Active, "{case}");
}
