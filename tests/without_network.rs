//! A build without a network stack reports this when a client is opened, and not only when a user activates. `cargo
//! xtask test minimal` runs these tests. They do not exist in a build with the features `http` and `tokio`.
#![cfg(any(all(feature = "blocking", not(feature = "http")), all(feature = "tokio-client", not(feature = "tokio"))))]
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use polar_license::{Config, Error, ErrorKind};

fn config() -> Config {
    Config::builder("de300000-0000-4000-8000-000000000001", "com.acme.app")
        .texts(r#"{"error.invalid_config": "Nicht eingerichtet: {detail}."}"#)
        .build()
        .unwrap()
}

fn check_error(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.detail().contains("`transport`") && error.detail().contains("`http`"), "{}", error.detail());
    assert!(error.message().starts_with("Nicht eingerichtet: this build has no network stack"), "{}", error.message());
}

#[cfg(all(feature = "blocking", not(feature = "http")))]
#[test]
fn the_blocking_client_opens_only_with_a_transport() {
    use polar_license::blocking::Client;
    use polar_license::transport::{Answer, Failure, Request, Sent, Transport};

    struct Offline;

    impl Transport for Offline {
        fn send(&self, _: &Request) -> Answer {
            Answer::failed(Failure::Network, Sent::No, "the network is down")
        }
    }

    let directory = tempfile::tempdir().unwrap();
    let open = || Client::builder(config()).directory(directory.path());
    check_error(&open().open().unwrap_err());
    assert!(std::fs::read_dir(directory.path()).unwrap().next().is_none(), "nothing was stored");
    open().transport(Offline).open().unwrap();
}

#[cfg(all(feature = "tokio-client", not(feature = "tokio")))]
#[tokio::test]
async fn the_client_for_tokio_opens_only_with_a_transport() {
    check_error(&polar_license::tokio::Client::open(config()).await.unwrap_err());
}
