//! Tests `mcp` as a coding agent uses it: starts the program, and exchanges messages with it.

use crate::support::{Device, LONG, command, requests_to, run, start_polar};
use mock_polar::{
    DEMO_BENEFIT_PRO, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION,
    Endpoint, Fault, NewKey,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

const LOOKING: [&str; 4] = ["status", "explain", "doctor", "why_refused"];
const LOCAL_POLAR: [&str; 2] = ["start_local_polar", "steer_local_polar"];

/// A coding agent with a running `polar-license mcp`. Dropping this value kills the program, in case a test fails.
struct Agent {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    /// The replies that arrived before the test asked for them. Each is stored under the id of its request.
    replies: BTreeMap<u64, Value>,
    requests: u64,
    /// Everything that the program has written to standard output.
    stdout: String,
}

/// The exit status of the program, and everything that it wrote.
struct End {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Agent {
    fn start(mut command: Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let (mut stdout, mut stderr) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // If the test has failed, the receiver no longer exists, and sending fails.
            while stdout.read_line(&mut line).unwrap() > 0 && send.send(std::mem::take(&mut line)).is_ok() {}
        });
        let stderr = thread::spawn(move || {
            let mut all = Vec::new();
            stderr.read_to_end(&mut all).unwrap();
            all
        });
        let stdin = child.stdin.take();
        let (replies, stdout) = (BTreeMap::new(), String::new());
        Self { child, stdin, lines, stderr: Some(stderr), replies, requests: 0, stdout }
    }

    /// Starts the program for this device, and exchanges the first messages that the protocol requires.
    fn connected(device: &Device<'_>) -> Self {
        let mut agent = Self::start(device.command(&["mcp"]));
        agent.connect();
        agent
    }

    fn connect(&mut self) {
        let client = json!({ "name": "the tests", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let reply = self.request("initialize", &hello);
        assert_eq!(reply["result"]["serverInfo"]["name"], "polar-license", "{reply}");
        self.write_line(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn write_line(&mut self, line: &str) {
        self.write(line.as_bytes());
        self.write(b"\n");
    }

    /// Sends a request, and returns its id.
    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        self.write_line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        id
    }

    /// Waits for the next message, which must be a message of the protocol.
    fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(LONG).unwrap();
        self.stdout.push_str(&line);
        message(&line)
    }

    /// Waits for the reply to the request `id`.
    fn reply(&mut self, id: u64) -> Value {
        loop {
            if let Some(reply) = self.replies.remove(&id) {
                return reply;
            }
            let message = self.next();
            self.replies.insert(message["id"].as_u64().unwrap(), message);
        }
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.reply(id)
    }

    /// Calls a tool, and returns the text of its answer. Returns `Err` with that text if the tool has failed.
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<String, String> {
        let reply = self.request("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let result = &reply["result"];
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        if result["isError"] == true { Err(text) } else { Ok(text) }
    }

    /// Calls a tool that succeeds, and returns the object in its answer.
    fn json(&mut self, tool: &str, arguments: &Value) -> Value {
        serde_json::from_str(&self.call(tool, arguments).unwrap()).unwrap()
    }

    /// Closes the program's standard input, and waits until the program has ended.
    fn end(mut self) -> End {
        drop(self.stdin.take());
        let rest: String = self.lines.iter().inspect(|line| drop(message(line))).collect();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        let status = self.child.wait().unwrap().code().unwrap();
        End { status, stdout: self.stdout.clone() + &rest, stderr: String::from_utf8(stderr).unwrap() }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // an error is ignored, because the process may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parses a line, which must be a message of the protocol.
fn message(line: &str) -> Value {
    assert!(line.ends_with('\n'), "a whole line: {line}");
    let message: Value = serde_json::from_str(line).unwrap();
    assert_eq!(message["jsonrpc"], "2.0", "{line}");
    message
}

#[test]
fn six_tools_are_listed_with_the_arguments_that_they_accept() {
    let polar = start_polar();
    let mut agent = Agent::connected(&Device::new(&polar));
    let tools = agent.request("tools/list", &json!({}))["result"]["tools"].take();
    let tools = tools.as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, [&LOOKING[..], &LOCAL_POLAR].concat());
    for tool in tools {
        let (name, schema) = (tool["name"].as_str().unwrap(), &tool["inputSchema"]);
        assert!(tool["description"].as_str().unwrap().ends_with('.'), "{tool}");
        // the schema must not use `oneOf` or `anyOf` at the top level, because some clients do not accept such a schema
        assert_eq!(
            (&schema["type"], &schema["oneOf"], &schema["anyOf"]),
            (&json!("object"), &json!(null), &json!(null))
        );
        assert_eq!(schema["additionalProperties"], false, "{name}");
        assert_eq!(tool["annotations"]["readOnlyHint"], LOOKING.contains(&name), "{name}");
    }
    assert_eq!(agent.end().status, 0);
}

#[test]
fn the_configurations_in_the_book_and_the_readme_start_the_server() {
    for page in [include_str!("../../../../docs/src/agents.md"), include_str!("../../README.md")] {
        let block = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let configuration: Value = serde_json::from_str(block).unwrap();
        let server = &configuration["mcpServers"]["polar-license"];
        assert_eq!(server["command"], "polar-license");
        let mut start = command();
        start.args(server["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()));
        let mut agent = Agent::start(start);
        agent.connect();
        assert!(agent.request("tools/list", &json!({}))["result"].is_object());
        assert_eq!(agent.end().status, 0);
    }
}

#[test]
fn tools_answer_what_the_command_prints() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    let mut agent = Agent::connected(&device);
    let printed = |args: &[&str]| device.run(&[args, &["--json"]].concat()).stdout;
    assert_eq!(agent.call("status", &json!({})).unwrap() + "\n", printed(&["status"]));
    for feature in ["export", "sync"] {
        let answer = agent.call("explain", &json!({ "feature": feature })).unwrap();
        assert_eq!(answer + "\n", printed(&["allows", feature]));
    }
    let checks = |report: &str| {
        let report: Value = serde_json::from_str(report).unwrap();
        // details are not compared, because some of them contain the time that a request took
        let findings = report["findings"].as_array().unwrap().iter();
        let findings: Vec<_> = findings.map(|it| (it["check"].clone(), it["fault"].clone())).collect();
        (report["ok"].clone(), findings)
    };
    let doctor = agent.call("doctor", &json!({})).unwrap();
    assert_eq!(checks(&doctor), checks(&printed(&["doctor"])));
    for key in [DEMO_KEY_REVOKED, DEMO_KEY_PLAIN, "no-such-key"] {
        let why = agent.call("why_refused", &json!({ "key": key })).unwrap();
        assert_eq!(checks(&why), checks(&printed(&["doctor", key])), "{key}");
    }
    let failure = agent.call("explain", &json!({ "feature": "import" })).unwrap_err();
    assert_eq!(failure + "\n", printed(&["allows", "import"]));
}

#[test]
fn a_refused_key_is_explained() {
    let polar = start_polar();
    let mut agent = Agent::connected(&Device::new(&polar));
    let why = agent.json("why_refused", &json!({ "key": DEMO_KEY_REVOKED }));
    let findings = why["findings"].as_array().unwrap();
    let key = findings.iter().find(|finding| finding["check"] == "key").unwrap();
    assert_eq!((&key["outcome"], &key["fault"]), (&json!("fault"), &json!("key_denied")), "{key}");
}

#[test]
fn an_argument_wins_over_an_option_of_the_server() {
    let (polar, other) = (start_polar(), start_polar());
    let (device, elsewhere) = (Device::new(&polar), Device::licensed(&other, DEMO_KEY_PLAIN));
    let mut agent = Agent::connected(&device);
    let arguments = json!({ "environment": other.url(), "data_dir": elsewhere.directory() });
    assert_eq!(agent.json("status", &json!({}))["state"], "unlicensed");
    assert_eq!(agent.json("status", &arguments)["state"], "active");
    let mut alone = Agent::start({
        let mut command = command();
        command.arg("mcp");
        command
    });
    alone.connect();
    let missing = alone.call("status", &json!({})).unwrap_err();
    assert!(missing.contains("missing required option `--organization`"), "{missing}");
    let features = json!([format!("import={DEMO_BENEFIT_PRO}")]);
    let import = json!({ "feature": "import", "features": features, "organization": DEMO_ORGANIZATION,
        "environment": polar.url(), "data_dir": device.directory() });
    assert_eq!(alone.json("explain", &import)["feature"]["reason"], "not_licensed");
}

#[test]
fn no_key_is_in_any_byte_that_is_written() {
    let polar = start_polar();
    let [licensed, revoked] = ["KEPT", "GONE"].map(|prefix| polar.add_key(NewKey::new("pro").prefix(prefix)));
    let device = Device::licensed(&polar, &licensed);
    polar.revoke(&revoked);
    let mut agent = Agent::start(device.command(&["mcp", "--verbose"]));
    agent.connect();
    let mut arguments = Vec::new();
    for key in [&licensed, &revoked] {
        agent.write_line(&format!("{{\"{key}\""));
        agent.request(key, &json!({}));
        agent.request("tools/call", &json!({ "name": key, "arguments": {} }));
        arguments.extend(LOOKING.map(|tool| (tool, json!({ "key": key, "feature": "export" }))));
        arguments.extend([
            ("status", json!({})),
            ("doctor", json!({})),
            ("explain", json!({ "feature": "export" })),
            ("why_refused", json!({ "key": key })),
            ("why_refused", json!({ "key": key, "environment": key })),
            ("status", json!({ key.as_str(): 1 })),
            ("status", json!({ "organization": key })),
            ("status", json!({ "app": key })),
            ("status", json!({ "environment": key })),
            ("status", json!({ "features": key })),
            ("status", json!({ "features": [key] })),
            ("doctor", json!({ "organization": key, "environment": key })),
            ("explain", json!({ "feature": key })),
            ("start_local_polar", json!({ "port": key })),
            ("start_local_polar", json!({ "seed": key })),
            ("start_local_polar", json!({ "api_version": key })),
            ("start_local_polar", json!({ "port": 0 })),
            ("steer_local_polar", json!({ "reset": key })),
            ("steer_local_polar", json!({ "api_version": key })),
            ("steer_local_polar", json!({ "add_key": { "benefit": key } })),
            ("steer_local_polar", json!({ "add_key": { key.as_str(): 1, "benefit": "pro" } })),
            ("steer_local_polar", json!({ "add_fault": { "fault": key } })),
            ("steer_local_polar", json!({ "add_fault": { "fault": "stall", key.as_str(): 1 } })),
            ("steer_local_polar", json!({ "change_key": { "key": key, "status": "revoked" } })),
            ("steer_local_polar", json!({ "change_key": { "key": DEMO_KEY_PLAIN, "status": key } })),
            ("steer_local_polar", json!({ "change_key": { "key": DEMO_KEY_PLAIN, key.as_str(): 1 } })),
        ]);
    }
    for (tool, arguments) in &arguments {
        let _ = agent.call(tool, arguments);
    }
    let End { status, stdout, stderr } = agent.end();
    assert_eq!(status, 0);
    assert!(stderr.contains("validate"), "the log of requests is among the bytes: {stderr}");
    for key in [&licensed, &revoked] {
        for (name, written) in [("stdout", &stdout), ("stderr", &stderr)] {
            let line = written.lines().find(|line| line.contains(key.as_str()));
            assert_eq!(line, None, "a key is on {name}");
        }
        assert!(stdout.contains(key.get(key.len() - 6..).unwrap()), "its last six characters are shown");
    }
}

#[test]
fn no_tool_changes_the_license_or_a_seat() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    let record = || fs::read(device.record().unwrap()).unwrap();
    let (before, seats) = (record(), polar.activations(DEMO_KEY_TWO_DEVICES));
    let mut agent = Agent::connected(&device);
    for tool in LOOKING {
        let _ = agent.call(tool, &json!({ "key": DEMO_KEY_TWO_DEVICES, "feature": "export" }));
    }
    agent.json("status", &json!({}));
    agent.json("doctor", &json!({}));
    agent.json("explain", &json!({ "feature": "export" }));
    agent.json("why_refused", &json!({ "key": DEMO_KEY_ONE_DEVICE }));
    agent.json("start_local_polar", &json!({ "port": 0 }));
    agent.json("steer_local_polar", &json!({ "reset": true }));
    assert_eq!(agent.end().status, 0);
    assert_eq!((record(), polar.activations(DEMO_KEY_TWO_DEVICES)), (before, seats));
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
    assert_eq!((requests_to(&polar, "activate"), requests_to(&polar, "deactivate")), (0, 0));
}

#[test]
fn wrong_messages_are_refused_and_the_next_one_is_answered() {
    let polar = start_polar();
    let mut agent = Agent::connected(&Device::new(&polar));
    let huge =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "text": "x".repeat(2 * 1024 * 1024) } });
    for ignored in ["", "not JSON", "{\"jsonrpc\":\"2.0\",", &huge.to_string()] {
        agent.write_line(ignored);
        assert!(agent.request("ping", &json!({}))["result"].is_object(), "{:.40}", ignored);
    }
    agent.write(b"\xff\xfe\x00\n");
    assert!(agent.request("ping", &json!({}))["result"].is_object());
    for refused in ["{}", "[]", "null", "1", "{\"jsonrpc\":\"2.0\",\"id\":7}"] {
        agent.write_line(refused);
        assert_eq!(agent.next()["error"]["code"], -32600, "{refused}");
    }
    assert_eq!(agent.request("no/such/method", &json!({}))["error"]["code"], -32601);
    let unknown = agent.request("tools/call", &json!({ "name": "activate", "arguments": {} }));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    assert!(unknown["error"]["message"].as_str().unwrap().contains("why_refused"), "{unknown}");
    for (tool, arguments, text) in [
        ("explain", json!({}), "missing field `feature`"),
        ("explain", json!({ "feature": 1 }), "invalid type: integer `1`, expected a string"),
        ("status", json!({ "enviroment": "sandbox" }), "`enviroment` is not an argument of status"),
        ("status", json!({ "features": ["export"] }), "write NAME=BENEFIT"),
        ("start_local_polar", json!({ "port": 70_000 }), "expected u16"),
        ("start_local_polar", json!({ "api_version": "2026-05" }), "use one of 2026-04, 2026-10, 2027-01"),
        ("steer_local_polar", json!({ "reset": true }), "no local Polar is running; call start_local_polar first"),
    ] {
        let failure = agent.call(tool, &arguments).unwrap_err();
        assert!(failure.contains(text), "{tool}: {failure}");
    }
    agent.json("status", &json!({}));
    assert_eq!(agent.end().stderr, "");
}

#[test]
fn the_server_ends_with_its_input() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let unused = Agent::start(device.command(&["mcp"])).end();
    assert_eq!((unused.status, unused.stdout.as_str(), unused.stderr.as_str()), (0, "", ""));

    let mut agent = Agent::connected(&device);
    agent.send("tools/call", &json!({ "name": "status", "arguments": {} }));
    agent.write(b"{\"jsonrpc\":\"2.0\",\"id\":99,\"met");
    let cut = agent.end();
    assert_eq!((cut.status, cut.stderr.as_str()), (0, ""));
    assert_eq!(cut.stdout.lines().count(), 2, "the whole request is answered: {}", cut.stdout);

    let mut other = Agent::start(device.command(&["mcp"]));
    other.write_line(&json!({ "jsonrpc": "2.0", "method": DEMO_KEY_PLAIN }).to_string());
    let other = other.end();
    assert_eq!((other.status, other.stdout.as_str()), (1, ""));
    assert!(other.stderr.contains("does not speak the Model Context Protocol"), "{}", other.stderr);
    assert!(!other.stderr.contains(DEMO_KEY_PLAIN), "{}", other.stderr);
}

#[test]
fn a_tool_that_waits_for_polar_does_not_delay_another() {
    let polar = start_polar();
    let mut agent = Agent::connected(&Device::new(&polar));
    let fault = polar.fault(Fault::stall().on(Endpoint::Validate));
    let doctor = agent.send("tools/call", &json!({ "name": "doctor", "arguments": {} }));
    assert!(polar.wait_for_requests(1, LONG));
    assert_eq!(agent.json("status", &json!({}))["state"], "unlicensed");
    assert!(!agent.replies.contains_key(&doctor), "Polar has not answered");
    polar.clear_fault(fault);
    assert_eq!(agent.reply(doctor)["result"]["isError"], false);
}

#[test]
fn an_app_is_tested_with_the_local_polar() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let mut agent = Agent::connected(&device);
    let local = agent.json("start_local_polar", &json!({ "port": 0 }));
    let url = local["url"].as_str().unwrap();
    let app = |args: &[&str]| device.json(&[args, &["--environment", url]].concat()).1;
    let state = |agent: &mut Agent| agent.json("status", &json!({ "environment": url }))["state"].clone();
    let of_key = |local: &Value, key: &str| {
        let keys = local["keys"].as_array().unwrap();
        keys.iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("no {key} in {local}")).clone()
    };

    let steered = agent.json(
        "steer_local_polar",
        &json!({ "add_key": { "benefit": "pro", "key": "MY-KEY-0001", "limit_activations": 1, "expires_in_seconds": 3600 } }),
    );
    assert_eq!(of_key(&steered, "MY-KEY-0001")["activations"], 0);
    app(&["activate", "MY-KEY-0001"]);
    assert_eq!(state(&mut agent), "active");
    assert_eq!(of_key(&agent.json("steer_local_polar", &json!({})), "MY-KEY-0001")["activations"], 1);

    let offline = agent.json("steer_local_polar", &json!({ "add_fault": { "fault": "drop_connection" } }));
    assert_eq!(offline["faults"][0]["fault"], "drop_connection");
    assert_eq!(app(&["validate"])["allowed"], true, "offline");
    let change = json!({ "clear_faults": true, "change_key": { "key": "MY-KEY-0001", "status": "revoked" } });
    assert_eq!(agent.json("steer_local_polar", &change)["faults"], json!([]));
    app(&["validate"]);
    assert_eq!(state(&mut agent), "denied");

    let change = json!({ "change_key": { "key": "MY-KEY-0001", "status": "granted" }, "advance_seconds": 7200,
        "api_version": "2027-01" });
    let later = agent.json("steer_local_polar", &change);
    assert_eq!(
        (&later["apiVersion"], &of_key(&later, "MY-KEY-0001")["status"]),
        (&json!("2027-01"), &json!("expired"))
    );
    app(&["validate"]);
    assert_eq!(state(&mut agent), "expired");

    for (change, message) in [
        (json!({ "add_key": { "benefit": "gold" } }), "there is no benefit `gold`; use one of"),
        (json!({ "add_fault": { "fault": "rain" } }), "unknown variant `rain`"),
        (json!({ "change_key": { "key": "NOBODYS", "status": "revoked" } }), "there is no such key"),
        (json!({ "advance_seconds": -1 }), "`advance_seconds`"),
    ] {
        let refused = agent.call("steer_local_polar", &change).unwrap_err();
        assert!(refused.contains(message), "{change}: {refused}");
    }
    assert!(polar.requests().is_empty(), "nothing was sent to the other Polar");
}

#[test]
fn a_second_local_polar_replaces_the_first() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let mut agent = Agent::connected(&device);
    let first = agent.json("start_local_polar", &json!({ "port": 0 }));
    let url = first["url"].as_str().unwrap();
    agent.json("steer_local_polar", &json!({ "change_key": { "key": DEMO_KEY_PLAIN, "status": "revoked" } }));
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    let second = agent.json("start_local_polar", &json!({ "port": port, "rate_limit": true }));
    assert_eq!(second, first, "the same port, and the initial keys");
    agent.end();
    let run = run(device.command(&["doctor", "--json", "--environment", url]), "");
    assert!(run.stdout.contains("no_local_server"), "it ends with the server: {run:?}");
}
