//! Makes Polar's production and sandbox reachable as they are over the internet: by their names, through a proxy, over
//! TLS. Behind each name is a local Polar. The certificates are signed by an authority that the test creates.

use mock_polar::MockPolar;
use polar_license::Timestamp;
use polar_license::clock::{Clock, SystemClock};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};
use tempfile::TempDir;

pub(crate) const PRODUCTION: &str = "api.polar.sh";
pub(crate) const SANDBOX: &str = "sandbox-api.polar.sh";

/// A proxy through which all of the given servers can be reached. Its thread ends with the test's process.
pub(crate) struct Internet {
    proxy: SocketAddr,
    directory: TempDir,
}

/// The server behind a name, and the server's certificate.
struct Site {
    polar: SocketAddr,
    tls: Arc<ServerConfig>,
}

impl Internet {
    /// Starts the proxy. Its certificates became valid a month ago, and expire in a month.
    pub(crate) fn new(polars: &[(&str, &MockPolar)]) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = params(&[]);
        // Each `Internet` creates an authority of its own. The public key is part of the name, so that no client
        // mistakes two authorities for one.
        authority.distinguished_name.push(DnType::CommonName, format!("{:?}", authority_key.public_key_raw()));
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&authority_key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("authority.pem"), certificate.pem()).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let site = |(name, polar): &(&str, &MockPolar)| {
            let key = KeyPair::generate().unwrap();
            let certificate = params(&[name]).signed_by(&key, &issuer).unwrap();
            let tls = server(certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into());
            let polar = polar.url().strip_prefix("http://").unwrap().parse().unwrap();
            (format!("{name}:443"), Site { polar, tls: Arc::new(tls) })
        };
        let sites: Arc<HashMap<String, Site>> = Arc::new(polars.iter().map(site).collect());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let sites = Arc::clone(&sites);
                // an error is ignored, because the test itself notices if the client disconnects early
                thread::spawn(move || drop(pass_on(connection, &sites)));
            }
        });
        Self { proxy, directory }
    }

    pub(crate) fn proxy(&self) -> String {
        format!("http://{}", self.proxy)
    }

    /// Returns the path of the root certificate that clients must trust to reach the servers.
    pub(crate) fn authority(&self) -> PathBuf {
        self.path().join("authority.pem")
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Returns the address of a proxy that answers every request with `reply`.
pub(crate) fn proxy_answering(reply: &'static str) -> String {
    let address = listener(move |connection| {
        read_head(connection)?;
        connection.write_all(reply.as_bytes())
    });
    format!("http://{address}")
}

/// Starts a proxy, and returns its address. The proxy accepts a connection, replies that the tunnel is open, calls
/// `then`, and closes the connection.
pub(crate) fn proxy_breaking_off(then: fn(&mut TcpStream) -> io::Result<()>) -> String {
    let address = listener(move |connection| {
        read_head(connection)?;
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        then(connection)
    });
    format!("http://{address}")
}

/// Returns the address of a SOCKS proxy that refuses each connection with `code`, a reply code from RFC 1928.
pub(crate) fn socks_proxy_refusing(code: u8) -> String {
    let address = listener(move |connection| {
        connection.read_exact(&mut [0; 3])?;
        connection.write_all(&[5, 0])?;
        // the rest of the request is the length of the server's name, the name itself, and the port
        let mut head = [0; 5];
        connection.read_exact(&mut head)?;
        connection.read_exact(&mut vec![0; usize::from(head[4]) + 2])?;
        connection.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0])
    });
    format!("socks5h://{address}")
}

/// The server of a network that requires a sign-in. Such a network redirects every HTTPS connection to this server.
pub(crate) enum SignIn {
    /// Presents a certificate for the right name, signed by an unknown authority.
    UnknownAuthority,
    /// Presents a self-signed certificate that is marked as the certificate of an authority.
    Authority,
    /// Replies with a redirect, without TLS, as if the request had come over HTTP.
    WithoutEncryption,
}

impl SignIn {
    /// Starts the server, and returns its address.
    pub(crate) fn start(self) -> String {
        let key = KeyPair::generate().unwrap();
        let mut of_authority = params(&["127.0.0.1"]);
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = match self {
            Self::UnknownAuthority => {
                let issuer = Issuer::new(of_authority, KeyPair::generate().unwrap());
                Some(params(&["127.0.0.1"]).signed_by(&key, &issuer).unwrap())
            }
            Self::Authority => Some(of_authority.self_signed(&key).unwrap()),
            Self::WithoutEncryption => None,
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let tls = certificate.map(|certificate| Arc::new(server(certificate.der().clone(), key.into())));
        let address = listener(move |connection| match &tls {
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
                read_head(&mut StreamOwned::new(session, connection)).map(drop)
            }
            None => {
                read_some(connection)?;
                connection
                    .write_all(b"HTTP/1.1 302 Found\r\nlocation: http://sign-in.example/\r\ncontent-length: 0\r\n\r\n")
            }
        });
        format!("https://{address}")
    }
}

/// Answers each connection with `answer`, then closes it. The thread ends with the test's process.
fn listener(answer: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // an error is ignored, because the test itself notices if the client disconnects early
            let _ = answer(&mut connection);
        }
    });
    address
}

/// Reads the client's first bytes, such as a ClientHello.
pub(crate) fn read_some(connection: &mut TcpStream) -> io::Result<()> {
    connection.read(&mut [0; 4096]).map(drop)
}

/// Waits for the client's first bytes without reading them. Because of the unread bytes, the system resets the
/// connection when the test closes it.
pub(crate) fn leave_unread(connection: &mut TcpStream) -> io::Result<()> {
    connection.peek(&mut [0]).map(drop)
}

fn params(names: &[&str]) -> CertificateParams {
    const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    let now = SystemClock::new().now().wall;
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    let date = |at: Timestamp| {
        let text = at.to_string();
        let mut numbers = text.split(['-', 'T']).map(|number| number.parse::<i32>().unwrap_or_default());
        let mut next = || numbers.next().unwrap();
        date_time_ymd(next(), next().try_into().unwrap(), next().try_into().unwrap())
    };
    (params.not_before, params.not_after) = (date(now - MONTH), date(now + MONTH));
    params
}

fn server(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()
}

/// Serves one connection: `CONNECT`, TLS, one request and its reply.
fn pass_on(mut client: TcpStream, sites: &HashMap<String, Site>) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let name = head.split(' ').nth(1).unwrap_or_default();
    let Some(site) = sites.get(name) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
    };
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let connection = ServerConnection::new(Arc::clone(&site.tls)).map_err(io::Error::other)?;
    let mut client = StreamOwned::new(connection, client);
    let head = read_head(&mut client)?;
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    let mut polar = TcpStream::connect(site.polar)?;
    polar.write_all(head.as_bytes())?;
    polar.write_all(&body)?;
    // the client has asked the server to close the connection after the reply, so the reply ends when the connection
    // ends
    let mut reply = Vec::new();
    polar.read_to_end(&mut reply)?;
    client.write_all(&reply)?;
    client.conn.send_close_notify();
    client.flush()
}

fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}
