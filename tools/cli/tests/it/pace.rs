//! Tests the pace of requests when several commands run. Polar blocks an IP address at its fourth request in a second.
//! Every command is a process of its own, and finds the times of earlier requests only in the stored record.

use crate::support::Device;
use mock_polar::{Fault, MockPolar, NewKey};

#[test]
fn no_order_of_commands_meets_polars_limit() {
    for commands in [
        &["validate", "deactivate", "activate KEY"][..],
        &["activate KEY", "forget", "activate KEY"],
        &["activate NOPE-1", "activate NOPE-2", "activate NOPE-3", "activate NOPE-4"],
        &["forget", "activate NOPE-1", "activate KEY", "deactivate"],
        &["activate OTHER", "forget", "activate KEY", "deactivate"],
    ] {
        let polar = MockPolar::builder().rate_limit(true).start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(9));
        let other = polar.add_key(NewKey::new("basic"));
        let device = Device::new(&polar);
        device.run(&["activate", &key]);
        for command in commands {
            let command = command.replace("KEY", &key).replace("OTHER", &other);
            let (_, printed) = device.json(&command.split(' ').collect::<Vec<_>>());
            assert!(!printed.to_string().contains("rate_limited"), "{commands:?}: {printed}");
        }
    }
}

#[test]
fn a_removed_license_leaves_only_the_times_of_its_requests() {
    let polar = MockPolar::builder().start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1).email("lena@example.com"));
    let device = Device::new(&polar);
    for end in ["deactivate", "forget"] {
        let activated = device.run(&["activate", &key]);
        assert_eq!(activated.status, 0, "{activated:?}");
        let licensed = std::fs::read(device.record().unwrap()).unwrap();
        assert!(String::from_utf8_lossy(&licensed).contains(&*key), "the test looks where the key is");
        assert_eq!(device.run(&[end]).status, 0);
        // After the license is gone, the record contains only the times of recent requests. If no request is recent
        // enough, as on a slow machine, there is no record.
        let left = device.record().map(|path| std::fs::read(path).unwrap()).unwrap_or_default();
        assert!(left.len() <= 120, "{end}: {} bytes", left.len());
        assert!(!String::from_utf8_lossy(&left).contains(key.rsplit('-').next().unwrap()), "{end}");
        assert_eq!(device.json(&["status"]).1["state"], "unlicensed");
    }
}

#[test]
fn a_pause_outlives_its_license() {
    for end in ["forget", "deactivate"] {
        let polar = MockPolar::builder().start().unwrap();
        let key = polar.add_key(NewKey::new("pro"));
        let device = Device::licensed(&polar, &key);
        polar.fault(Fault::rate_limited(900).once());
        device.run(&["validate"]);
        assert_eq!(device.run(&[end]).status, 0);
        let sent = polar.requests().len();
        let (status, refused) = device.json(&["activate", &key]);
        assert_eq!((status, polar.requests().len()), (4, sent), "{refused}");
        let error = &refused["error"];
        assert!((840_001..=900_000).contains(&error["retryAfterMs"].as_u64().unwrap()), "{refused}");
        assert_eq!(error["message"], "The license server is busy. Try again in 15 minutes.");
    }
}
