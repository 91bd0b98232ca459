//! The client for web apps in a page: tests localStorage, IndexedDB and events. Runs in a browser only.
#![cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "fetch/server.rs"]
#[expect(dead_code, reason = "tests/fetch.rs uses the rest")]
mod server;

use std::time::Duration;

use js_sys::Function;
use polar_license::config::ConfigBuilder;
use polar_license::fetch::{Client, Storage};
use polar_license::{Config, ErrorKind, Reason, State};
use server::{TestClock, app, change_of, client, no_faults, one_seat_key, open, seats, url};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const BOTH: [Storage; 2] = [Storage::Local, Storage::IndexedDb];

/// Returns the configuration of an app with its own record in the browser's storage and without a device id.
fn page(app_id: &str) -> ConfigBuilder {
    Config::builder(server::ORGANIZATION, app_id).environment(url()).label("Till 7").feature("export", [server::PRO])
}

async fn open_in(storage: Storage, config: ConfigBuilder, clock: &TestClock) -> Client {
    client(config, clock).storage(storage).open().await.unwrap()
}

/// Runs JavaScript.
fn js(code: &str) -> JsValue {
    Function::new_no_args(code).call0(&JsValue::NULL).unwrap()
}

/// A change of the page's environment. Dropping it runs the JavaScript that undoes the change.
struct Changed(&'static str);

impl Changed {
    fn new(code: &str, after: &'static str) -> Self {
        js(code);
        Self(after)
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        js(self.0);
    }
}

#[wasm_bindgen_test]
async fn a_license_survives_in_the_browser() {
    for storage in BOTH {
        let (clock, key) = (TestClock::new().await, one_seat_key().await);
        js("localStorage.clear()");
        let client = open_in(storage, page("com.example.survives"), &clock).await;
        client.activate(&key).await.unwrap();
        drop(client);
        let again = open_in(storage, page("com.example.survives"), &clock).await;
        assert_eq!(again.current().state(), State::Active, "{storage:?}");
        assert_eq!(again.validate().await.problem(), None, "{storage:?}: the device is the same");
        let other = open_in(storage, page("com.example.another-app"), &clock).await;
        assert_eq!(other.current().state(), State::Unlicensed, "{storage:?}");
        again.deactivate().await.unwrap();
        assert_eq!(seats(&key).await, 0, "{storage:?}");
        assert_eq!(
            open_in(storage, page("com.example.survives"), &clock).await.current().state(),
            State::Unlicensed,
            "{storage:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_page_uses_local_storage_unless_configured_otherwise() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    js("localStorage.clear()");
    let usual = client(page("com.example.usual"), &clock).open().await.unwrap();
    usual.activate(&key).await.unwrap();
    assert_eq!(open_in(Storage::Local, page("com.example.usual"), &clock).await.current().state(), State::Active);
    assert_eq!(
        open_in(Storage::IndexedDb, page("com.example.usual"), &clock).await.current().state(),
        State::Unlicensed
    );
    let stored = js("return JSON.stringify(localStorage)").as_string().unwrap();
    assert!(!stored.contains(&key), "the record shows the key");
}

#[wasm_bindgen_test]
async fn two_tabs_see_each_others_changes() {
    for storage in BOTH {
        let (clock, key) = (TestClock::new().await, one_seat_key().await);
        js("localStorage.clear()");
        let one = open_in(storage, page("com.example.tabs"), &clock).await;
        let two = open_in(storage, page("com.example.tabs"), &clock).await;
        one.activate(&key).await.unwrap();
        assert_eq!(two.refresh().await.state(), State::Active, "{storage:?}");
        two.deactivate().await.unwrap();
        assert_eq!(one.refresh().await.state(), State::Unlicensed, "{storage:?}");
    }
}

#[wasm_bindgen_test]
async fn an_overwritten_record_grants_nothing_and_does_not_prevent_opening() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    js("localStorage.clear()");
    open_in(Storage::Local, page("com.example.edited"), &clock).await.activate(&key).await.unwrap();
    js(
        "for (const key of Object.keys(localStorage)) if (key.includes('com.example.edited')) localStorage[key] = 'é not hex'",
    );
    let client = open_in(Storage::Local, page("com.example.edited"), &clock).await;
    assert_eq!(client.current().reason(), Some(Reason::Tampered));
}

/// The failures of a browser's storage. Each consists of the storage, words of the error message, the JavaScript that
/// breaks the storage, and the JavaScript that repairs it.
const BROKEN: [(Storage, &str, &str, &str); 7] = [
    (
        Storage::Local,
        "full",
        "Storage.prototype.was = Storage.prototype.setItem; \
         Storage.prototype.setItem = () => { throw new DOMException('x', 'QuotaExceededError') }",
        "Storage.prototype.setItem = Storage.prototype.was",
    ),
    (
        Storage::Local,
        "does not let this site",
        "window.was = Object.getOwnPropertyDescriptor(window, 'localStorage'); \
         Object.defineProperty(window, 'localStorage', { configurable: true, \
         get() { throw new DOMException('x', 'SecurityError') } })",
        "Object.defineProperty(window, 'localStorage', window.was)",
    ),
    (
        Storage::Local,
        "could not",
        "Storage.prototype.was = Storage.prototype.getItem; Storage.prototype.getItem = () => { throw undefined }",
        "Storage.prototype.getItem = Storage.prototype.was",
    ),
    (
        Storage::IndexedDb,
        "could not open",
        "IDBFactory.prototype.was = IDBFactory.prototype.open; \
         IDBFactory.prototype.open = () => { throw new DOMException('x', 'UnknownError') }",
        "IDBFactory.prototype.open = IDBFactory.prototype.was",
    ),
    (
        Storage::IndexedDb,
        "full",
        "IDBObjectStore.prototype.was = IDBObjectStore.prototype.put; \
         IDBObjectStore.prototype.put = () => { throw new DOMException('x', 'QuotaExceededError') }",
        "IDBObjectStore.prototype.put = IDBObjectStore.prototype.was",
    ),
    (
        Storage::IndexedDb,
        "could not write",
        "IDBObjectStore.prototype.was = IDBObjectStore.prototype.put; \
         IDBObjectStore.prototype.put = function (...row) { const request = this.was(...row); \
         request.addEventListener('success', () => this.transaction.abort()); return request }",
        "IDBObjectStore.prototype.put = IDBObjectStore.prototype.was",
    ),
    // the timer is replaced as well, so that the test does not wait
    (
        Storage::IndexedDb,
        "did not answer",
        "IDBFactory.prototype.was = IDBFactory.prototype.open; IDBFactory.prototype.open = () => new EventTarget(); \
         window.timer = setTimeout; window.setTimeout = (call, ms) => timer(call, ms === 5000 ? 0 : ms)",
        "IDBFactory.prototype.open = IDBFactory.prototype.was; window.setTimeout = timer",
    ),
];

#[wasm_bindgen_test]
async fn a_client_with_broken_storage_opens_and_takes_no_seat() {
    for (storage, words, break_it, repair) in BROKEN {
        // first without a device id in the storage, then with one
        for has_device in [false, true] {
            let (clock, key) = (TestClock::new().await, one_seat_key().await);
            forget_device().await;
            if has_device {
                open_in(storage, page("com.example.known-before"), &clock).await;
            }
            let broken = Changed::new(break_it, repair);
            let client = open_in(storage, page("com.example.broken"), &clock).await;
            let decision = client.refresh().await;
            let error = client.activate(&key).await.unwrap_err();
            drop(broken);
            assert_eq!(decision.state(), State::Unlicensed, "{words}");
            assert_eq!(error.kind(), ErrorKind::Storage, "{words}, {has_device}: {error}");
            assert!(error.to_string().contains(words), "{words}, {has_device}: {error}");
            assert_eq!(seats(&key).await, 0, "{words}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_client_that_could_not_save_its_device_id_never_takes_a_seat() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    forget_device().await;
    let (_, _, break_it, repair) = BROKEN[0];
    let broken = Changed::new(break_it, repair);
    let client = open_in(Storage::Local, page("com.example.repaired"), &clock).await;
    drop(broken);
    assert_eq!(client.activate(&key).await.unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!(seats(&key).await, 0);
    let again = open_in(Storage::Local, page("com.example.repaired"), &clock).await;
    assert_eq!(again.activate(&key).await.unwrap().state(), State::Active);
}

#[wasm_bindgen_test]
async fn a_license_outlives_a_failure_of_its_storage() {
    for storage in BOTH {
        let (clock, key) = (TestClock::new().await, one_seat_key().await);
        let client = open_in(storage, page("com.example.breaks-later"), &clock).await;
        client.activate(&key).await.unwrap();
        for (_, _, break_it, repair) in BROKEN.iter().filter(|(of, ..)| *of == storage) {
            let broken = Changed::new(break_it, repair);
            let decision = client.validate().await;
            drop(broken);
            assert_eq!(decision.state(), State::Active);
        }
        client.deactivate().await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_license_is_refreshed_when_the_network_returns_or_the_page_is_shown_again() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app(), &clock).await;
    client.activate(&key).await.unwrap();
    let (_first, started) = change_of(&client);
    clock.advance(Duration::from_secs(25 * 60 * 60)).await;
    client.start_auto_refresh();
    started.await.unwrap();
    for event in ["window.dispatchEvent(new Event('online'))", "document.dispatchEvent(new Event('visibilitychange'))"]
    {
        clock.advance(Duration::from_secs(25 * 60 * 60)).await;
        assert_eq!(client.current().state(), State::Grace);
        let (_listening, change) = change_of(&client);
        js(event);
        change.await.unwrap();
        assert_eq!(client.current().state(), State::Active, "{event}");
    }
    client.stop_auto_refresh();
    no_faults().await;
}

/// Removes everything that this site has stored.
async fn forget_device() {
    js("localStorage.clear()");
    let done = js("return new Promise((resolve, reject) => { \
                   const it = indexedDB.deleteDatabase('polar-license'); \
                   it.onsuccess = resolve; it.onerror = reject; it.onblocked = reject })");
    JsFuture::from(done.unchecked_into::<js_sys::Promise>()).await.unwrap();
}
