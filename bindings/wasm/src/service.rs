//! The methods with which a computer acts for computers that are never online. These methods need the app secret, and
//! everybody could read the secret in a page. So the usual WebAssembly does not contain these methods, which would also
//! add 2.4 KB to every page.

use crate::arguments::now;
use crate::engine::{Engine, NextStep, configured, host, pacer};
use crate::values::thrown;
use polar_license::engine::{self, OfflineRequest, Operation, ReturnedSeats};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Engine {
    /// Creates an engine for the device that wrote `request`. The engine can answer this request.
    #[wasm_bindgen(js_name = forRequest)]
    pub fn for_request(
        settings: &str,
        request: &str,
        seed: &[u8],
        #[wasm_bindgen(js_name = ownPace)] own_pace: bool,
    ) -> Result<Self, JsValue> {
        let config = configured(settings).map_err(thrown)?;
        let request = OfflineRequest::read(&config, request).map_err(thrown)?;
        let host = host(request.device().clone(), request.system().to_owned(), seed)?;
        Ok(Self::of(engine::Engine::for_device(&config, host, pacer(own_pace))))
    }

    /// Creates an engine for the device whose return is `text`. The engine can release the seats that the device has
    /// given up.
    #[wasm_bindgen(js_name = forReturn)]
    pub fn for_return(
        settings: &str,
        text: &str,
        seed: &[u8],
        #[wasm_bindgen(js_name = ownPace)] own_pace: bool,
    ) -> Result<Self, JsValue> {
        let config = configured(settings).map_err(thrown)?;
        let returned = ReturnedSeats::read(&config, text).map_err(thrown)?;
        let host = host(returned.device().clone(), String::new(), seed)?;
        Ok(Self::of(engine::Engine::for_device(&config, host, pacer(own_pace))))
    }

    /// Activates `key` for the device that wrote `request`. The last step has the text of the answer. The engine must
    /// come from `forRequest`.
    #[wasm_bindgen(js_name = offlineAnswer)]
    pub fn offline_answer(&self, request: &str, key: String, wall: f64, mono: f64) -> NextStep {
        let request = OfflineRequest::read(self.inner()?.engine.config(), request).map_err(thrown)?;
        self.begin(Operation::OfflineAnswer { request, key: key.into() }, now(wall, mono))
    }

    /// Releases the seats of the device that wrote the return `text`. The engine must come from `forReturn`.
    #[wasm_bindgen(js_name = offlineRelease)]
    pub fn offline_release(&self, text: &str, wall: f64, mono: f64) -> NextStep {
        let returned = ReturnedSeats::read(self.inner()?.engine.config(), text).map_err(thrown)?;
        self.begin(Operation::OfflineRelease(returned), now(wall, mono))
    }
}
