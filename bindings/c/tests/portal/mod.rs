//! A mock server of Polar for a test program of the customer portal. The program controls the server: it writes each
//! command as a line to its standard output, and reads the result as a line from its standard input. The program's log,
//! errors and files must not contain a secret.

use mock_polar::{DEMO_VENDOR_TOKEN, MockPolar, NewKey};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

const EMAIL: &str = "iona.larkspur@example.com";

/// Starts a mock server of Polar, and runs the program until it ends. The program prints commands, which the server
/// carries out. Checks that neither the program's standard error nor its files contain a secret.
pub fn run_with_polar(program: &mut Command) {
    let mut polar = Polar::start();
    let directory = tempfile::tempdir().unwrap();
    program.arg(polar.server.url()).arg(directory.path());
    let mut app = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut answers, lines) = (app.stdin.take().unwrap(), BufReader::new(app.stdout.take().unwrap()).lines());
    let mut errors = app.stderr.take().unwrap();
    let errors = thread::spawn(move || {
        let mut shown = String::new();
        errors.read_to_string(&mut shown).unwrap();
        shown
    });
    let mut last = String::new();
    for line in lines {
        last = line.unwrap();
        if last != "ok" {
            let answer = polar.carry_out(&last);
            let write = |answers: &mut ChildStdin| writeln!(answers, "{answer}");
            // If writing fails, the program has failed and no longer reads its input. The assertion below prints the
            // program's standard error, which says why.
            if write(&mut answers).is_err() {
                break;
            }
        }
    }
    let (status, shown) = (app.wait().unwrap(), errors.join().unwrap());
    assert!(status.success() && last == "ok", "after `{last}`: {status}\n{shown}");
    polar.keep_secrets();
    shows_no_secret(&shown, directory.path(), &polar.secrets);
}

struct Polar {
    server: MockPolar,
    /// The secrets that have appeared so far: codes, tokens, addresses and the secrets of checkouts.
    secrets: BTreeSet<String>,
}

impl Polar {
    fn start() -> Self {
        let known = [EMAIL, DEMO_VENDOR_TOKEN, "SECRET-CODE"];
        Self { server: MockPolar::start().unwrap(), secrets: known.map(str::to_owned).into() }
    }

    /// Carries out a command of the program, and returns its result.
    fn carry_out(&mut self, line: &str) -> String {
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        let polar = &self.server;
        match command {
            "begin" => {
                self.keep_secrets();
                self.server.reset();
                return self.server.now().unix_micros().div_euclid(1000).to_string();
            }
            "key" => {
                let key = NewKey::new("pro").limit_activations(argument.parse().unwrap());
                return polar.add_key(key.email(EMAIL));
            }
            "code" => return polar.mails().last().unwrap().code.clone().unwrap(),
            "pay" => {
                drop(polar.pay(secret_of(argument), EMAIL));
                polar.run_worker();
                self.secrets.insert(secret_of(argument).to_owned());
            }
            "buy" => self.buy(argument),
            "pass" => polar.advance_clock(Duration::from_millis(argument.parse().unwrap())),
            _ => panic!("no command `{line}`"),
        }
        "done".to_owned()
    }

    /// Creates a checkout with this success URL, as the vendor's backend does. Then pays the checkout and opens the
    /// success URL, as the buyer's browser does.
    fn buy(&mut self, success_url: &str) {
        let product = "de300000-0000-4000-8000-0000000000f1";
        let body = serde_json::json!({ "products": [product], "success_url": success_url }).to_string();
        let head = format!("Host: x\r\nConnection: close\r\nAuthorization: Bearer {DEMO_VENDOR_TOKEN}");
        let json = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
        let request = format!("POST /v1/checkouts/ HTTP/1.1\r\n{head}\r\n{json}\r\n\r\n{body}");
        let reply = http(&self.server.address().to_string(), &request);
        let made: serde_json::Value = serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap();
        let secret = made["client_secret"].as_str().unwrap().to_owned();
        let url = self.server.pay(&secret, EMAIL).success_url.clone();
        self.server.run_worker();
        self.secrets.insert(secret);
        self.secrets.extend(url.split_once("customer_session_token=").map(|(_, token)| token.to_owned()));
        let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (address, request) = (address.to_owned(), format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n"));
        thread::spawn(move || http(&address, &request));
    }

    /// Adds the secrets in all requests and mails to `secrets`. Must be called before the server is reset, because the
    /// reset deletes the requests and mails.
    fn keep_secrets(&mut self) {
        let requests = self.server.requests();
        assert!(requests.iter().all(|request| request.header("polar-version").is_none()), "a version is named");
        let tokens = requests.iter().filter_map(|request| request.header("authorization")?.strip_prefix("Bearer "));
        self.secrets.extend(tokens.map(str::to_owned));
        self.secrets.extend(self.server.mails().into_iter().filter_map(|mail| mail.code));
    }
}

fn secret_of(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

fn http(address: &str, request: &str) -> String {
    let mut server = TcpStream::connect(address).unwrap();
    server.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    server.read_to_string(&mut reply).unwrap();
    reply
}

fn shows_no_secret(shown: &str, directory: &Path, secrets: &BTreeSet<String>) {
    assert!(shown.contains("polar_license") && shown.contains("\"kind\":\"invalid_argument\""), "{shown}");
    for kind in ["polar_cst_", "polar_c_"] {
        assert!(secrets.iter().any(|secret| secret.starts_with(kind)), "no {kind} in {secrets:?}");
    }
    assert!(secrets.iter().filter(|secret| secret.len() == 6).count() > 1, "codes: {secrets:?}");
    let folders = fs::read_dir(directory).unwrap().map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let files: Vec<Vec<u8>> = folders.flatten().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(files.len() > 3, "{} files", files.len());
    for bytes in files {
        let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!secrets.iter().any(|secret| contains(secret)), "a file contains a secret");
    }
    for line in shown.lines() {
        assert!(!secrets.iter().any(|secret| line.contains(secret.as_str())), "a secret is in: {line}");
    }
}
