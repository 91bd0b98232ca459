use std::sync::Arc;

use keylight::http::ureq_transport::UreqTransport;
use keylight::store::account;
use keylight::{EncryptedFileStore, Keylight, KeylightConfig, LicenseStore, SystemDeviceIdentity};
use polar_license_bench::{KEY, folder, repeat, url};

/// The public half of the key with which `bench/js/server.mjs` signs leases.
const PUBLIC_KEY: &str = "uBR3TqCHs2Fr6xmWcVWRx2moToToL93lEFfYYIQqrC4=";

fn main() {
    let store = Arc::new(EncryptedFileStore::at_dir(folder(), &SystemDeviceIdentity).unwrap());
    store.set_string(account::LICENSE_KEY, KEY).unwrap();
    store.set_string(account::INSTANCE_ID, "instance").unwrap();
    let config =
        KeylightConfig::builder("demo", "demo", "demo").base_url(url()).trusted_key("demo", PUBLIC_KEY).build();
    repeat(|| {
        // each call uses a new client, so that no connection is reused
        let client = Keylight::with_parts(config.clone(), store.clone(), Arc::new(UreqTransport::default()));
        let result = client.validate().unwrap();
        assert!(result.valid && result.lease.is_some());
    });
}
