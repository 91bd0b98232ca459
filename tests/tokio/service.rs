//! The code of the book's guide for services, and what its handler answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use polar_license::Config;
use polar_license::tokio::Client;

async fn app(config: Config) -> Result<Router, polar_license::Error> {
    let client = Client::builder(config).directory("/var/lib/acme").open().await?;
    if let Ok(key) = std::env::var("LICENSE_KEY") {
        client.activate(&key).await?; // a key that is active here takes no second seat
    }
    client.refresh().await;
    client.start_auto_refresh();
    Ok(routes(client))
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
    use super::super::support::{Directory, Hand, app};
    use super::{State, StatusCode, export, routes};
    use mock_polar::{DEMO_KEY_BASIC, DEMO_KEY_PLAIN, MockPolar};

    #[tokio::test]
    async fn the_guides_handler_says_why_not() {
        let polar = MockPolar::start().unwrap();
        let (hand, directory) = (Hand::with(&polar), Directory::new());
        let client = open(app(&polar.url(), "com.example.app"), &directory, &hand).await;
        // built, and not begun: it has a directory of the system
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
}
