//! The commands that pages can call. Each command converts its arguments, calls the client, and converts the result. No
//! command decides anything about licenses. The texts of `offline_answer` and `offline_return` contain a license key; no
//! other command returns one.

use crate::LicenseExt;
use crate::calls::CallId;
use crate::messages::{Outlook, PortalReply, PortalResult, Reply};
use crate::pages::Pages;
use polar_license::engine::{Operation, Outcome, Patience};
use polar_license::portal::boundary::json::ProgressJson;
use std::ops::ControlFlow;
use std::sync::Arc;
use tauri::ipc::Channel;
use tauri::{Manager, Runtime, Webview, command};

#[command]
pub(crate) fn connect<R: Runtime>(webview: Webview<R>, page: String, changes: Channel<Outlook>) -> Outlook {
    pages(&webview).follow(webview.label().to_owned(), page, changes)
}

#[command]
pub(crate) fn current<R: Runtime>(webview: Webview<R>) -> Outlook {
    pages(&webview).outlook()
}

#[command]
pub(crate) async fn activate<R: Runtime>(
    webview: Webview<R>,
    page: String,
    number: u32,
    key: Option<String>,
    replace_previous: bool,
) -> Reply {
    let operation = Operation::Activate { key: key.map(Into::into), replace_previous };
    change(&webview, page, number, operation).await
}

#[command]
pub(crate) async fn validate<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    ask(&webview, page, number, Operation::Validate).await
}

#[command]
pub(crate) async fn refresh<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    ask(&webview, page, number, Operation::Refresh(Patience::Short)).await
}

#[command]
pub(crate) async fn consume<R: Runtime>(webview: Webview<R>, page: String, number: u32, count: f64) -> Reply {
    // a fraction becomes 0, which the engine refuses; `as` clamps a count that is out of range
    let count = if count.fract() == 0.0 { count as u32 } else { 0 };
    change(&webview, page, number, Operation::Consume(count)).await
}

#[command]
pub(crate) async fn deactivate<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    change(&webview, page, number, Operation::Deactivate).await
}

#[command]
pub(crate) async fn forget<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    change(&webview, page, number, Operation::Forget).await
}

#[command]
pub(crate) async fn start_trial<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    change(&webview, page, number, Operation::StartTrial).await
}

#[command]
pub(crate) async fn offline_request<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    change(&webview, page, number, Operation::OfflineRequest).await
}

#[command]
pub(crate) async fn offline_import<R: Runtime>(webview: Webview<R>, page: String, number: u32, text: String) -> Reply {
    change(&webview, page, number, Operation::OfflineImport(text.as_str().into())).await
}

#[command]
pub(crate) async fn offline_return<R: Runtime>(webview: Webview<R>, page: String, number: u32) -> Reply {
    change(&webview, page, number, Operation::OfflineReturn).await
}

#[command]
pub(crate) async fn offline_answer<R: Runtime>(
    webview: Webview<R>,
    page: String,
    number: u32,
    request: String,
    key: String,
) -> Reply {
    let pages = pages(&webview);
    let running = pages.calls.begin(CallId { webview: webview.label().to_owned(), page, number });
    let called = webview.license().offline_answer_until(&request, &key, running.cancelled()).await;
    Reply::for_other(pages.outlook(), called)
}

#[command]
pub(crate) async fn offline_release<R: Runtime>(webview: Webview<R>, page: String, number: u32, text: String) -> Reply {
    let pages = pages(&webview);
    let running = pages.calls.begin(CallId { webview: webview.label().to_owned(), page, number });
    let called = webview.license().offline_release_until(&text, running.cancelled()).await;
    Reply::for_other(pages.outlook(), called)
}

#[command]
pub(crate) fn cancel<R: Runtime>(webview: Webview<R>, page: String, number: u32) {
    pages(&webview).calls.cancel(CallId { webview: webview.label().to_owned(), page, number });
}

/// Runs an operation of the customer portal. `request` describes the operation in JSON. Values that the page must not
/// see stay in this process. For each such value, the page receives a number.
#[command]
pub(crate) async fn portal<R: Runtime>(
    webview: Webview<R>,
    page: String,
    number: u32,
    request: String,
    progress: Channel<ProgressJson>,
) -> PortalReply {
    let (pages, label) = (pages(&webview), webview.label().to_owned());
    let handles = pages.portals.handles(&label, &page);
    let running = pages.calls.begin(CallId { webview: label.clone(), page: page.clone(), number });
    let report = move |reported| {
        // if sending fails, the webview is gone, and the operation ends
        match progress.send(ProgressJson::from(reported)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    };
    let called = webview.license().portal().call_until(&request, &handles, report, running.cancelled()).await;
    let result = called.map(|reply| {
        let result = PortalResult::from(&reply);
        pages.portals.hold(&label, &page, number, reply);
        result
    });
    PortalReply { outlook: pages.outlook(), result }
}

/// Wipes the values of a reply that the page no longer uses.
#[command]
pub(crate) fn release_reply<R: Runtime>(webview: Webview<R>, page: String, number: u32) {
    pages(&webview).portals.release(webview.label(), &page, number);
}

async fn change<R: Runtime>(webview: &Webview<R>, page: String, number: u32, operation: Operation) -> Reply {
    let outcome = carry_out(webview, page, number, operation).await;
    Reply::changed(pages(webview).outlook(), outcome)
}

async fn ask<R: Runtime>(webview: &Webview<R>, page: String, number: u32, operation: Operation) -> Reply {
    let outcome = carry_out(webview, page, number, operation).await;
    Reply::asked(pages(webview).outlook(), outcome)
}

async fn carry_out<R: Runtime>(webview: &Webview<R>, page: String, number: u32, operation: Operation) -> Outcome {
    let pages = pages(webview);
    let running = pages.calls.begin(CallId { webview: webview.label().to_owned(), page, number });
    webview.license().run_until(operation, running.cancelled()).await
}

fn pages<R: Runtime>(webview: &Webview<R>) -> Arc<Pages> {
    Arc::clone(&webview.state::<Arc<Pages>>())
}
