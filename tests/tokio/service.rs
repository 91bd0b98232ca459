//! The code of the book's guide for services, and a test of its handler.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use polar_license::Config;
use polar_license::tokio::Client;

async fn app(config: Config) -> Result<Router, polar_license::Error> {
    let client = Client::builder(config).directory("/var/lib/acme").open().await?; // reads, and asks nobody
    start(&client, std::env::var("LICENSE_KEY").ok()).await;
    Ok(routes(client))
}

/// Never fails: while Polar cannot be reached, the stored license decides.
async fn start(client: &Client, key: Option<String>) {
    client.start_auto_refresh();
    let is_licensed = client.refresh().await.allowed();
    if let Some(key) = key.filter(|_| !is_licensed) {
        tokio::spawn(activate(client.clone(), key, Duration::from_secs(60)));
    }
}

/// Activates the key. Tries again until Polar has answered, because a server may start before its network.
async fn activate(client: Client, key: String, pause: Duration) {
    while let Err(error) = client.activate(&key).await {
        eprintln!("{}", error.message()); // says what to do
        // a refused key stays refused; after a lost answer, a second try could take a second seat
        if !error.kind().is_unreachable() || error.maybe_applied() {
            return;
        }
        tokio::time::sleep(error.retry_after().unwrap_or(pause)).await;
    }
}

/// A client is cheap to clone; clones share one license.
fn routes(client: Client) -> Router {
    Router::new().route("/export", get(export)).with_state(client)
}

async fn export(State(client): State<Client>) -> Result<&'static str, (StatusCode, String)> {
    let export = client.current().explain("export");
    if export.allowed() { Ok("the export") } else { Err((StatusCode::PAYMENT_REQUIRED, export.message().to_owned())) }
}

mod test {
    use super::super::life::open;
    use super::super::support::{Directory, TestClock, app};
    use super::{State, StatusCode, activate, export, routes, start};
    use mock_polar::{DEMO_KEY_BASIC, DEMO_KEY_PLAIN, Endpoint, Fault, MockPolar, NewKey};
    use std::time::Duration;

    #[tokio::test]
    async fn the_guides_handler_answers_with_the_reason() {
        let polar = MockPolar::start().unwrap();
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let client = open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
        // `app` is only compiled and not called, because it would use a directory of the system
        let (_begin, _routes) = (super::app, routes(client.clone()));
        for (key, sentence) in [(None, "No license"), (Some(DEMO_KEY_BASIC), "Upgrade")] {
            if let Some(key) = key {
                client.activate(key).await.unwrap();
            }
            let (status, message) = export(State(client.clone())).await.unwrap_err();
            assert!(status == StatusCode::PAYMENT_REQUIRED && message.contains(sentence), "{message}");
        }
        client.activate(DEMO_KEY_PLAIN).await.unwrap();
        assert_eq!(export(State(client)).await.unwrap(), "the export");
    }

    /// Starts the guide's service several times. Polar is unreachable before the start, or during the activation.
    #[tokio::test]
    async fn the_guides_service_works_if_polar_is_down_at_any_line() {
        let polar = MockPolar::start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(1));
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let begin = async || open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
        polar.stop();
        let never_licensed = begin().await;
        start(&never_licensed, None).await;
        assert_eq!(export(State(never_licensed.clone())).await.unwrap_err().0, StatusCode::PAYMENT_REQUIRED);
        let activating = tokio::spawn(activate(never_licensed.clone(), key.clone(), Duration::ZERO));
        polar.restart().unwrap();
        activating.await.unwrap();
        assert_eq!(export(State(never_licensed)).await.unwrap(), "the export");

        polar.stop();
        for days in [0, 2, 10] {
            clock.advance(Duration::from_secs(days * 24 * 60 * 60));
            let licensed = begin().await;
            start(&licensed, Some(key.clone())).await;
            assert_eq!(export(State(licensed)).await.unwrap(), "the export", "{days} days later");
        }
        polar.restart().unwrap();
        assert_eq!(polar.activations(&key).len(), 1);
    }

    /// The guide's code does not repeat an activation whose answer was lost, because a second activation could take a
    /// second seat.
    #[tokio::test]
    async fn the_guides_service_takes_only_one_seat_if_the_answer_is_lost() {
        let polar = MockPolar::start().unwrap();
        let key = polar.add_key(NewKey::new("pro").limit_activations(3));
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let client = open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
        polar.fault(Fault::drop_connection().on(Endpoint::Activate).after_handling());
        activate(client, key.clone(), Duration::ZERO).await;
        assert_eq!(polar.activations(&key).len(), 1);
    }
}
