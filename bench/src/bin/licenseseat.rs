use std::time::Duration;

use licenseseat::{Config, LicenseSeat};
use polar_license_bench::{KEY, folder, repeat, url};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config {
        api_base_url: url(),
        api_key: "pk_live_demo".into(),
        product_slug: "demo".into(),
        storage_path: Some(folder()),
        device_identifier: Some("benchmark-installation".into()),
        auto_validate_interval: Duration::ZERO,
        heartbeat_interval: Duration::ZERO,
        telemetry_enabled: false,
        ..Config::default()
    };
    // All calls use one client and its open connection, because a new client would send another validate when it
    // starts.
    let client = LicenseSeat::try_new(config).unwrap();
    runtime.block_on(client.activate(KEY)).unwrap();
    repeat(|| assert!(runtime.block_on(client.validate()).unwrap().valid));
}
