//! License keys sold through [Polar](https://polar.sh) in a Tauri app. This side holds the license; windows show it by
//! `polar-license/tauri` of the npm package, and never receive the key or the record.
//!
//! ```text
//!   page          license.activate(key) ── invoke ──► commands ──┐
//!                 license.current() ◄── channel ───── pages ◄────┼── polar_license::tokio::Client ── file, network
//!   Rust command  app.license().allows("export") ────────────────┘
//! ```
//!
//! [`init`] is the plugin, and [`LicenseExt`] the license for the app's own commands: what must not run without a license
//! has to ask there, since whoever opens a page's developer tools can change what the page believes.
#![doc = include_str!("../README.md")]

mod calls;
mod commands;
mod messages;
mod pages;

use polar_license::Config;
use polar_license::tokio::{Client, ClientBuilder};
use std::sync::Arc;
use std::time::Duration;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent, async_runtime};

pub use polar_license;

use pages::Pages;

/// The name of the plugin: of its commands, and of its permissions in capabilities.
const NAME: &str = "polar-license";

/// How long the process may live on after its last window, for the answer to a request that was sent.
const LONGEST_END: Duration = Duration::from_secs(10);

/// The plugin: opens the license when the app starts, and refreshes it by itself.
///
/// The record is where all clients of this product keep theirs, in the user's data folder and not in the app's: a command
/// line tool beside the app shares it, and removing the app's data does not lose a seat. [`init_with`] chooses.
#[must_use = "the app's builder takes it"]
pub fn init<R: Runtime>(config: Config) -> TauriPlugin<R> {
    init_with(Client::builder(config))
}

/// The same with another directory, store, network stack or clock.
///
/// ```no_run
/// use tauri_plugin_polar_license::polar_license::{Config, tokio::Client};
///
/// # fn f<R: tauri::Runtime>(config: Config) -> tauri::plugin::TauriPlugin<R> {
/// tauri_plugin_polar_license::init_with(Client::builder(config).directory("/var/lib/acme"))
/// # }
/// ```
#[must_use = "the app's builder takes it"]
pub fn init_with<R: Runtime>(client: ClientBuilder) -> TauriPlugin<R> {
    tauri::plugin::Builder::new(NAME)
        .invoke_handler(tauri::generate_handler![
            commands::connect,
            commands::current,
            commands::activate,
            commands::validate,
            commands::refresh,
            commands::consume,
            commands::deactivate,
            commands::forget,
            commands::cancel,
        ])
        .setup(|app, _| {
            let client = wait_for(client.open())?;
            let pages = Arc::new(Pages::new(client.clone()));
            let followed = Arc::downgrade(&pages);
            let changes = client.on_change(move |_| {
                if let Some(pages) = followed.upgrade() {
                    pages.tell();
                }
            });
            client.start_auto_refresh();
            app.manage(client);
            app.manage(pages);
            app.manage(changes);
            Ok(())
        })
        .on_event(|app, event| match event {
            RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => {
                app.state::<Arc<Pages>>().forget(label);
            }
            RunEvent::Exit => end(app),
            _ => {}
        })
        .build()
}

/// The license of the app, wherever there is a handle of it: `app`, `window`, `webview`.
pub trait LicenseExt<R: Runtime> {
    /// The license, for what the app does in Rust.
    ///
    /// ```no_run
    /// use tauri_plugin_polar_license::LicenseExt;
    ///
    /// #[tauri::command]
    /// fn export<R: tauri::Runtime>(app: tauri::AppHandle<R>) -> Result<(), String> {
    ///     let why = app.license().current().explain("export");
    ///     if why.allowed() { Ok(()) } else { Err(why.message().to_owned()) }
    /// }
    /// ```
    ///
    /// # Panics
    /// If the app does not have the plugin.
    fn license(&self) -> &Client;
}

impl<R: Runtime, M: Manager<R>> LicenseExt<R> for M {
    fn license(&self) -> &Client {
        self.state::<Client>().inner()
    }
}

/// Waits for the answer to what was sent, so that the next start knows of it.
fn end<R: Runtime>(app: &AppHandle<R>) {
    let client = app.license().clone();
    // what it cuts off is in the record as not known, and reported at the next start
    let _ = wait_for(async move { tokio::time::timeout(LONGEST_END, client.drain()).await });
}

/// On a thread of its own: the app's main thread may be inside of a runtime, where nothing can be waited for.
fn wait_for<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| async_runtime::block_on(work));
        waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
