//! Converts a failure of the browser's storage to an error that names the reason and, if possible, a remedy.

use super::environment::error_name;
use crate::store::StoreError;
use wasm_bindgen::JsValue;

/// Returns the error for a storage call that failed. `attempted` is a verb: `open`, `read` or `write`.
pub(super) fn storage_error(attempted: &str, error: &JsValue) -> StoreError {
    StoreError::new(match error_name(error).as_deref() {
        Some("QuotaExceededError") => String::from("the browser's storage is full; remove data of this site"),
        Some("SecurityError") => {
            String::from("the browser does not let this site store anything; allow it to keep data (cookies)")
        }
        Some(name) => format!("the browser could not {attempted} the site's storage: {name}"),
        None => format!("the browser could not {attempted} the site's storage"),
    })
}
