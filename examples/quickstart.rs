//! The quick start of the README and of the book, word for word: `tests/quickstart.rs` compares and runs it.

use polar_license::{Config, blocking::Client};

const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
const PRO: &str = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

fn main() -> Result<(), polar_license::Error> {
    let polar = std::env::var("POLAR").unwrap_or_else(|_| "production".into()); // for tests, never in a release
    let config = Config::builder(ORGANIZATION, "com.acme.app").environment(polar).feature("export", [PRO]).build()?;
    let client = Client::open(config)?;
    let activated = std::env::args().nth(1).map(|key| client.activate(&key));
    if let Some(Err(error)) = activated {
        eprintln!("{}", error.message()); // says what to do; a license that is here stays
    }
    let license = client.refresh(); // returns at once while the last answer is fresh; never fails
    let export = license.explain("export");
    if export.allowed() {
        println!("exporting");
    } else {
        eprintln!("{}", export.message()); // no license, or one for another plan
    }
    Ok(())
}
