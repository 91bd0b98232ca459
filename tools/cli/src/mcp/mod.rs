//! A server of the Model Context Protocol on standard input and output, for coding agents. Its tools inspect licenses
//! and run a local Polar. Each tool answers with the JSON that the command prints with `--json`.
//!
//! ```text
//! agent ── stdio ── Server ─► tools ─┬► license · doctor      shows a license, a feature, a cause
//!                                    └► local_polar ─► serve  starts a local Polar, and changes its state
//! ```
//!
//! The server never shows a license key, except the invented keys of the local Polar, which `serve` shows too. It never
//! takes or releases a seat, and never changes a license. It writes only messages of the protocol to standard output.

mod local_polar;
mod tools;

use crate::args::Common;
use crate::exit::Exit;
use crate::output;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest, CustomResult, ErrorCode,
    Implementation, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use std::io;
use std::sync::Arc;
use tools::{TOOLS, Tool, Tools};

/// The maximum length of a message, in bytes. Longer messages are skipped.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// The text that an agent reads before it uses a tool.
const INSTRUCTIONS: &str = "\
Looks at the license of an app that uses polar-license (license keys sold through Polar), and runs a local Polar for \
the app's tests. Nothing here changes a license, or takes or releases a seat: for that, run the app, or the command \
`polar-license activate` or `polar-license deactivate`, after you have asked the user. No tool shows a license key, \
except the invented keys of the local Polar. Without `organization`, `app`, `environment` and `features`, a tool uses \
the options with which the user has started this server. The argument `features` says which benefit turns a feature \
on, as the app's own settings do.";

/// Serves until standard input ends.
pub(crate) fn run(common: Common) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(serve(Server { tools: Arc::new(Tools::new(common)) }));
    // `shutdown_background` does not wait until a pending read from standard input ends
    runtime.shutdown_background();
    Ok(exit)
}

async fn serve(server: Server) -> Exit {
    let transport = AsyncRwTransport::new_server(tokio::io::stdin(), tokio::io::stdout());
    match server.serve(transport.with_max_line_length(LONGEST_MESSAGE)).await {
        Ok(service) => {
            // `waiting` fails only if the server's own task panics
            let ended = service.waiting().await;
            if ended.is_ok() { Exit::Allowed } else { Exit::Failed }
        }
        Err(ServerInitializeError::ConnectionClosed(_)) => Exit::Allowed,
        Err(_) => {
            // the error's own text is not shown, because it would quote the received message, which may contain a key
            output::error("the program at the other end does not speak the Model Context Protocol");
            Exit::Failed
        }
    }
}

/// Passes the messages of the protocol to the tools.
struct Server {
    tools: Arc<Tools>,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("polar-license", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(TOOLS.iter().map(Tool::describe).collect()))
    }

    /// Refuses a request that the protocol does not define. The error does not repeat the request's name.
    async fn on_custom_request(
        &self,
        _: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "there is no such method", None))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == request.name) else {
            let names = TOOLS.map(|tool| tool.name).join(", ");
            return Err(ErrorData::invalid_params(format!("there is no such tool; use one of {names}"), None));
        };
        let (tools, arguments) = (Arc::clone(&self.tools), request.arguments.unwrap_or_default());
        // the tool runs on a thread of its own, so that other requests are answered while it waits for Polar
        let answer = tokio::task::spawn_blocking(move || tools.call(tool, arguments)).await;
        let answer = answer.map_err(|_| ErrorData::internal_error("the tool failed", None))?;
        Ok(match answer {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
        }
        .into())
    }
}
