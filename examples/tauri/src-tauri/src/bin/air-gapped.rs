//! The app of `main.rs`, for customers who have computers that are never online. On such a computer, its window writes
//! a request, imports the answer, and gives the license back. On a computer with a network, it answers.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::env;

use tauri_plugin_polar_license::polar_license::{Config, Error};

const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
const PRO: &str = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit
const APP_SECRET: &str = "a long random text, the same in every version of the app";

fn config(polar: String) -> Result<Config, Error> {
    let config = Config::builder(ORGANIZATION, "com.acme.app").environment(polar).feature("export", [PRO]);
    config.app_secret(APP_SECRET).air_gap_days(365).build()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let polar = env::var("POLAR").unwrap_or_else(|_| "production".to_owned()); // for tests, never in a release
    let mut context = tauri::generate_context!();
    // the capability for the window of this label allows the operations that the window of `main.rs` may not use
    context.config_mut().app.windows.iter_mut().for_each(|window| window.label = "air-gapped".to_owned());
    tauri::Builder::default().plugin(tauri_plugin_polar_license::init(config(polar)?)).run(context)?;
    Ok(())
}
