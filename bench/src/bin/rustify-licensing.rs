use polar_license_bench::{KEY, folder, repeat, url};
use rustify_licensing::adapters::headless::check_blocking;
use rustify_licensing::{KeygenProvider, LicenseConfig, LicenseState, LicenseStatus, StorageConfig};

fn main() {
    let storage = StorageConfig { path: folder().join("license.env"), dev_shadow: None, env_key_var: None };
    let config = LicenseConfig {
        account_id: "demo".into(),
        api_base: format!("{}/v1", url()),
        grace_secs: 14 * 24 * 60 * 60,
        storage,
        buy_url: String::new(),
    };
    let provider = KeygenProvider::from_config(&config);
    let mut state = LicenseState::load(&config.storage);
    state.key = KEY.into();
    repeat(|| assert_eq!(check_blocking(&config, &provider, &mut state, |_| ()), LicenseStatus::Active));
}
