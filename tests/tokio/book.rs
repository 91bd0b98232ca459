//! Builds and runs the code of the book's page "Async Rust". `tests/quickstart.rs` checks that the page has the same
//! lines as this file has between the two `BOOK` marks.

use std::process::Command;

use mock_polar::{DEMO_BENEFIT_PRO as PRO, DEMO_ORGANIZATION as ORGANIZATION};

use super::support::Directory;

// BOOK
use polar_license::tokio::Client;
use polar_license::{Config, Error};

async fn open() -> Result<Client, Error> {
    let config = Config::builder(ORGANIZATION, "com.acme.app").feature("export", [PRO]).build()?;
    let client = Client::open(config).await?;
    client.refresh().await; // quick if access is allowed; never fails
    client.start_auto_refresh(); // for a service that runs for weeks
    Ok(client)
}
// BOOK

/// Runs in a process of its own, because the directory of the record comes from the environment.
#[tokio::test]
async fn the_books_app_opens() {
    if std::env::var_os("POLAR_LICENSE_TEST_CHILD").is_some() {
        let client = open().await.unwrap();
        assert_eq!(client.current().state(), polar_license::State::Unlicensed);
        return assert!(!client.allows("export"));
    }
    let home = Directory::new();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "book::the_books_app_opens"]).env("POLAR_LICENSE_TEST_CHILD", "1");
    child.envs(["HOME", "XDG_DATA_HOME", "LOCALAPPDATA"].map(|name| (name, home.path())));
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
