//! The environment of the program: a page, a worker or Node. None of the global objects exists in every environment, so
//! each is looked up when it is needed. A missing object is not an error.

use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, Document, EventTarget, Navigator, VisibilityState};

/// Returns the global object of this name, or `None` if there is none. Fails if the browser forbids access.
pub(super) fn global(name: &str) -> Result<Option<JsValue>, JsValue> {
    let value = Reflect::get(&js_sys::global(), &name.into())?;
    Ok((value.is_object() || value.is_function()).then_some(value))
}

fn object<T: JsCast>(name: &str) -> Option<T> {
    global(name).ok().flatten().map(JsCast::unchecked_into)
}

/// Returns random bytes for jitter, labels and device ids. Uses the global `crypto` object, or `Math.random` if
/// `crypto` is missing or fails.
pub(super) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    let crypto = object::<Crypto>("crypto");
    if crypto.is_none_or(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_err()) {
        log::warn!("no random numbers from the browser's cryptography");
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

/// Returns the names of the browser and the system for the default label, such as `Firefox on Windows`.
pub(super) fn system_name() -> String {
    let agent = object::<Navigator>("navigator").and_then(|navigator| navigator.user_agent().ok());
    agent.map_or_else(|| String::from("JavaScript"), |agent| name_of(&agent))
}

/// Returns the browser and the system that a user agent names. Most user agents name several browsers; the first one in
/// `BROWSERS` counts.
fn name_of(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 9] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
        ("Node.js", "Node"),
        ("Deno", "Deno"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Windows", "Windows"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (browser, system) => browser.or(system).unwrap_or("Browser").to_owned(),
    }
}

/// An event listener. Dropping this value removes the listener.
pub(super) struct EventListener {
    target: EventTarget,
    event: &'static str,
    call: Closure<dyn FnMut()>,
}

impl EventListener {
    fn add(target: EventTarget, event: &'static str, call: Closure<dyn FnMut()>) -> Option<Self> {
        let function: &Function = call.as_ref().unchecked_ref();
        target.add_event_listener_with_callback(event, function).ok()?;
        Some(Self { target, event, call })
    }
}

impl Drop for EventListener {
    fn drop(&mut self) {
        // cannot fail, because `add` has registered this listener on this target
        let _ = self.target.remove_event_listener_with_callback(self.event, self.call.as_ref().unchecked_ref());
    }
}

/// Calls `wake` when the network comes back, and when a hidden page is shown again. Never calls it in Node, which has
/// no such events.
pub(super) fn on_wake(wake: impl Fn() + Clone + 'static) -> Vec<EventListener> {
    let has_events = matches!(global("addEventListener"), Ok(Some(_)));
    let when_online = has_events.then(|| {
        let wake = wake.clone();
        EventListener::add(js_sys::global().unchecked_into(), "online", Closure::new(wake))
    });
    let when_shown = object::<Document>("document").map(|document| {
        let page = document.clone();
        let call = move || {
            if page.visibility_state() == VisibilityState::Visible {
                wake();
            }
        };
        EventListener::add(document.unchecked_into(), "visibilitychange", Closure::new(call))
    });
    [when_online, when_shown].into_iter().flatten().flatten().collect()
}

/// Returns the name of a JavaScript error, such as `QuotaExceededError`. Never returns the message of the error, which
/// may contain anything.
pub(super) fn error_name(error: &JsValue) -> Option<String> {
    let name = error.is_object().then(|| Reflect::get(error, &"name".into()).ok()).flatten()?.as_string()?;
    let plain = !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_user_agent_gives_its_browser_and_system() {
        let of = |system, browser| {
            name_of(&format!("Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {browser}"))
        };
        assert_eq!(of("Windows NT 10.0; Win64; x64", "Chrome/156.0.0.0 Safari/537.36 Edg/156.0"), "Edge on Windows");
        assert_eq!(of("X11; Linux x86_64", "Chrome/156.0.0.0 Safari/537.36"), "Chrome on Linux");
        assert_eq!(of("Linux; Android 16", "Chrome/156.0.0.0 Mobile Safari/537.36"), "Chrome on Android");
        assert_eq!(of("iPhone; CPU iPhone OS 19_0 like Mac OS X", "Version/19.0 Safari/604.1"), "Safari on iOS");
        assert_eq!(of("Macintosh; Intel Mac OS X 10.15", "Firefox/150.0"), "Firefox on macOS");
        assert_eq!(name_of("Node.js/24"), "Node");
        assert_eq!(name_of("anything"), "Browser");
    }

    #[wasm_bindgen_test]
    fn random_bytes_differ() {
        assert_ne!(random(), random());
    }

    #[wasm_bindgen_test]
    fn only_the_name_of_an_error_is_shown() {
        assert_eq!(error_name(&js_sys::RangeError::new("secret")).as_deref(), Some("RangeError"));
        assert_eq!(error_name(&"secret".into()), None);
        assert_eq!(error_name(&JsValue::UNDEFINED), None);
    }
}
