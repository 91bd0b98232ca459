//! The quick start of the README, word for word: `tests/quickstart.rs` compares and runs it.

use polar_license::{Config, blocking::Client};

const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
const PRO: &str = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

fn main() -> Result<(), polar_license::Error> {
    let polar = std::env::var("POLAR").unwrap_or_else(|_| "production".into()); // "sandbox" while you develop
    let config = Config::new(ORGANIZATION, "com.acme.app").environment(polar).feature("export", [PRO]).build()?;
    let client = Client::open(config)?;
    if let Some(key) = std::env::args().nth(1) {
        client.activate(&key)?; // an error says what to do, and costs neither a seat nor the license that is here
    }
    let license = client.refresh(); // at once where access is allowed and fresh; never an error
    if license.allows("export") {
        println!("exporting");
    } else {
        eprintln!("{}", license.message());
    }
    Ok(())
}
