//! Builds and runs the code of the book's page "Rust in a web page". `tests/quickstart.rs` checks that the page has the
//! same lines as this file has between the two `BOOK` marks.

use wasm_bindgen_test::wasm_bindgen_test;

use super::server::{ORGANIZATION, PRO};

// BOOK
use polar_license::fetch::{Client, Subscription};
use polar_license::{Config, Decision, Error};

async fn open(show: impl Fn(&Decision) + 'static) -> Result<(Client, Subscription), Error> {
    let config = Config::builder(ORGANIZATION, "com.acme.app").feature("export", [PRO]).build()?;
    let client = Client::open(config).await?;
    let listening = client.on_change(move |license, _| show(license)); // the setter of a signal, for example
    client.refresh().await; // quick if access is allowed; never fails
    client.start_auto_refresh(); // for a page that stays open for days
    Ok((client, listening))
}
// BOOK

#[wasm_bindgen_test]
async fn the_books_app_opens() {
    let (client, _listening) = open(|_| {}).await.unwrap();
    assert_eq!(client.current().state(), polar_license::State::Unlicensed);
    assert!(!client.allows("export"));
}
