//! License keys sold through [Polar](https://polar.sh) in a Tauri app. The Rust side holds the license. Windows show
//! the license with `polar-license/tauri` of the npm package, and never receive the record. They receive the key only
//! with the permissions for computers that are never online.
//!
//! ```text
//!   page          license.activate(key) ── invoke ──► commands ──┐
//!                 license.current() ◄── channel ───── pages ◄────┼── polar_license::tokio::Client ── file, network
//!   Rust command  app.license().allows("export") ────────────────┘
//! ```
//!
//! [`init`] creates the plugin. [`LicenseExt`] gives the license to the app's own commands. A command that must not run
//! without a license has to check the license itself, because a user can change a page with the developer tools.
#![doc = include_str!("../README.md")]

mod calls;
mod commands;
mod messages;
mod pages;
mod portal;

use polar_license::Config;
use polar_license::tokio::{Client, ClientBuilder};
use std::sync::Arc;
use std::time::Duration;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent, async_runtime};

pub use polar_license;

use pages::Pages;

/// The name of the plugin. It is also the prefix in the names of the plugin's commands, and of the plugin's permissions
/// in capabilities.
const NAME: &str = "polar-license";

/// After the app's last window has closed, the process waits at most this long for the reply to a request.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Returns the plugin, which opens the license when the app starts and refreshes it automatically.
///
/// The record is stored where all clients of this product store it: in the user's data directory, not in the app's own
/// directory. So a command line tool shares the license with the app, and removing the app's data does not lose the
/// seat. [`init_with`] sets another directory.
#[must_use = "the app's builder takes it"]
pub fn init<R: Runtime>(config: Config) -> TauriPlugin<R> {
    init_with(Client::builder(config))
}

/// Returns the plugin for a client that the app has configured, with its own directory, store, network stack or clock.
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
            commands::start_trial,
            commands::offline_request,
            commands::offline_import,
            commands::offline_return,
            commands::offline_answer,
            commands::offline_release,
            commands::cancel,
            commands::portal,
            commands::release_reply,
        ])
        .setup(|app, _| {
            let client = wait_for(client.open())?;
            let pages = Arc::new(Pages::new(client.clone()));
            let weak_pages = Arc::downgrade(&pages);
            let changes = client.on_change(move |_, _| {
                if let Some(pages) = weak_pages.upgrade() {
                    pages.notify();
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

/// Gives access to the app's license from any handle of the app, such as `app`, `window` or `webview`.
pub trait LicenseExt<R: Runtime> {
    /// Returns the license, for the app's Rust code.
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

/// Waits until the reply to a request in progress is stored. Without the reply, the next start would not know the
/// outcome.
fn end<R: Runtime>(app: &AppHandle<R>) {
    let client = app.license().clone();
    // after a time-out, the next start finds in the record that the operation's outcome is unknown, and reports it
    let _ = wait_for(async move { tokio::time::timeout(LONGEST_END, client.drain()).await });
}

/// Runs `work` on a separate thread and waits for it. The app's main thread may itself be inside an async runtime,
/// where blocking on a future is not possible.
fn wait_for<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| async_runtime::block_on(work));
        waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
