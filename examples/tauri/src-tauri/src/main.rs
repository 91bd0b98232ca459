//! A Tauri app with a license: the window shows the license, and the gate of the paid feature is here, in Rust.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::env;

use tauri_plugin_polar_license::{LicenseExt, polar_license::Config};

const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
const PRO: &str = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

#[tauri::command]
fn export(app: tauri::AppHandle) -> Result<&'static str, String> {
    let why = app.license().current().explain("export");
    if why.allowed() { Ok("The report was exported.") } else { Err(why.message().to_owned()) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // "production", "sandbox" or an address, such as the address that `polar-license serve` prints
    let polar = env::var("POLAR").unwrap_or_else(|_| "production".to_owned()); // for tests, never in a release
    let config = Config::builder(ORGANIZATION, "com.acme.app").environment(polar).feature("export", [PRO]).build()?;
    tauri::Builder::default()
        .plugin(tauri_plugin_polar_license::init(config))
        .invoke_handler(tauri::generate_handler![export])
        .run(tauri::generate_context!())?;
    Ok(())
}
