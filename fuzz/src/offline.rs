//! Reads the texts that people carry between a computer without a network (A) and another one (B): the request, the
//! answer and the return. Each text is arbitrary, or is a genuine text with changes: to its characters, or to its bytes
//! with a checksum that fits.

use std::sync::OnceLock;

use hmac_sha256::Hash;
use polar_license::device::DeviceId;
use polar_license::engine::{
    Change, Engine, Host, OfflineRequest, OfflineText, Operation, Outcome, Pacer, ReturnedSeats, Step, Turn,
};
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license::{Config, Error, ErrorKind, State, Timestamp};

use super::polar::Polar;
use super::{KEY, ORGANIZATION, assert_printable};

/// The digits of the texts, as src/offline_text.rs defines them.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKSUM_BYTES: usize = 5;

/// Reads a text. The first byte chooses the computer and the kind of the text, and the second one says what the rest is:
/// the text itself, changes to the characters of the genuine text, or changes to its bytes.
pub fn run(data: &[u8]) {
    let [kind, way, rest @ ..] = data else { return };
    let texts = genuine();
    let genuine = [&texts.request, &texts.answer, &texts.returned][usize::from(kind % 3)].as_str();
    let text = match way % 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => String::from_utf8_lossy(&changed(genuine.as_bytes(), rest)).into_owned(),
        _ => {
            let (head, bytes) = read(genuine);
            write(head, &changed(&bytes, rest))
        }
    };
    match kind % 3 {
        0 => request(&text),
        1 => answer(&text, texts),
        _ => returned(&text),
    }
}

/// Reads a request on B, and answers it without a connection to Polar.
fn request(text: &str) {
    match OfflineRequest::read(&config(), text) {
        Err(error) => assert_refused(&error),
        Ok(request) => {
            assert_printable(request.system());
            let mut b = Computer::new(request.device().clone());
            let outcome = b.run(Operation::OfflineAnswer { request, key: KEY.into() }, None);
            let error = outcome.result.expect_err("Polar was not reached");
            assert_printable(&error.to_json());
            assert!(outcome.text.is_none(), "an answer without Polar");
        }
    }
}

/// Imports an answer on A, whose request waits.
fn answer(text: &str, texts: &Texts) {
    let mut a = Computer { stored: texts.waiting.clone(), ..Computer::new(device_a()) };
    a.run(Operation::Open, None);
    let is_genuine = same_digits(text, &texts.answer);
    match a.run(Operation::OfflineImport(OfflineText::from(text)), None).result {
        Ok(decision) => {
            assert_printable(&decision.to_json());
            assert!(is_genuine && decision.state() == State::Active, "a text that B has not made: {text}");
        }
        Err(error) => {
            assert_refused(&error);
            assert!(!is_genuine, "the genuine answer was refused: {error}");
            assert_eq!(a.stored, texts.waiting, "a refused text changed the record");
        }
    }
}

/// Reads a return on B, and releases its seats without a connection to Polar.
fn returned(text: &str) {
    match ReturnedSeats::read(&config(), text) {
        Err(error) => assert_refused(&error),
        Ok(seats) => {
            let mut b = Computer::new(seats.device().clone());
            let outcome = b.run(Operation::OfflineRelease(seats), None);
            if let Err(error) = outcome.result {
                assert!(error.kind() == ErrorKind::Network, "{error}");
                assert_printable(&error.to_json());
            }
        }
    }
}

/// Checks the error about a text that cannot be used.
fn assert_refused(error: &Error) {
    assert_printable(&error.to_string());
    assert_printable(&error.to_json());
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

/// The texts of a story without faults, and A's record while its request waits.
struct Texts {
    request: String,
    answer: String,
    returned: String,
    waiting: Option<Vec<u8>>,
}

/// Returns the answer of a computer with Polar to this request. Returns `None` if the text is not such a request.
pub(super) fn answered(request: &str) -> Option<String> {
    let request = OfflineRequest::read(&config(), request).ok()?;
    let mut b = Computer::new(request.device().clone());
    let operation = Operation::OfflineAnswer { request, key: KEY.into() };
    b.run(operation, Some(&mut Polar::default())).text.map(OfflineText::into_string)
}

fn genuine() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let mut a = Computer::new(device_a());
        let request = a.text(Operation::OfflineRequest, None);
        let waiting = a.stored.clone();
        let read = OfflineRequest::read(&config(), &request).expect("a request");
        let mut b = Computer::new(read.device().clone());
        let mut polar = Polar::default();
        let answer = b.text(Operation::OfflineAnswer { request: read, key: KEY.into() }, Some(&mut polar));
        a.run(Operation::OfflineImport(OfflineText::from(answer.as_str())), None).result.expect("an answer");
        let returned = a.text(Operation::OfflineReturn, None);
        Texts { request, answer, returned, waiting }
    })
}

fn config() -> Config {
    let config = Config::builder(ORGANIZATION, "com.acme.app").label("Till 7");
    config.app_secret("hush").air_gap_days(90).build().expect("a valid configuration")
}

fn device_a() -> DeviceId {
    DeviceId::derive(&config().organization_id(), "never online")
}

/// An engine and the record of one device.
struct Computer {
    stored: Option<Vec<u8>>,
    engine: Engine,
}

impl Computer {
    fn new(device: DeviceId) -> Self {
        let host = Host { device, system: "Debian 12".into(), seed: [7; 16], takes_turns: false };
        Self { stored: None, engine: Engine::new(config(), host, Pacer::new()) }
    }

    fn text(&mut self, operation: Operation, polar: Option<&mut Polar>) -> String {
        self.run(operation, polar).text.expect("a text").into_string()
    }

    /// Runs an operation. Without a Polar, no request leaves.
    fn run(&mut self, operation: Operation, mut polar: Option<&mut Polar>) -> Outcome {
        let now = Now { wall: Timestamp::from_unix_ms(1_795_266_000_000), mono: 1_000 };
        let mut step = self.engine.begin(operation, now);
        loop {
            step = match step {
                Step::Store(mut step) => {
                    match step.merge(&self.engine, Ok(self.stored.as_deref()), now) {
                        Change::Keep => {}
                        Change::Put(record, _) => self.stored = Some(record),
                        Change::Remove => self.stored = None,
                    }
                    step.resume(&mut self.engine, Ok(()), now)
                }
                Step::Send(step) => {
                    let answer = match &mut polar {
                        Some(polar) => polar.answer(0, &step.request.url, &step.request.body, now.wall),
                        None => Answer::failed(Failure::Network, Sent::No, "no network"),
                    };
                    step.resume(&mut self.engine, answer, now)
                }
                Step::Join(step) => step.resume(&mut self.engine, now),
                Step::Turn(step) => step.resume(&mut self.engine, Turn::Taken, now),
                Step::Done(outcome) => return outcome,
            };
        }
    }
}

/// Changes bytes. Each change takes three bytes: the first two are a position, and the third is the byte to write there.
/// If the position is the end, the byte is appended. If it is beyond the end, the third byte is instead the length to
/// which the bytes are cut.
fn changed(bytes: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes.chunks_exact(3) {
        let at = (usize::from(change[0]) << 8 | usize::from(change[1])) % 768;
        let length = bytes.len();
        match bytes.get_mut(at) {
            Some(byte) => *byte = change[2],
            None if at == length => bytes.push(change[2]),
            None => bytes.truncate(usize::from(change[2])),
        }
    }
    bytes
}

/// Returns whether two texts have the same letters and digits, which is all that counts.
fn same_digits(one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        let (head, rest) = text.split_once('-').unwrap_or((text, ""));
        let alike = |c: char| match c {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let letters = |text: &str| text.to_ascii_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let (head, rest): (String, String) = (letters(head), letters(rest));
        head + &rest.chars().map(alike).collect::<String>()
    };
    digits(one) == digits(other)
}

/// Returns the head and the content of a genuine text.
fn read(text: &str) -> (&str, Vec<u8>) {
    let (head, digits) = text.split_once('-').expect("a hyphen");
    let value = |digit: u8| DIGITS.iter().position(|known| *known == digit).expect("a digit");
    let bits: Vec<bool> =
        digits.bytes().map(value).flat_map(|value| (0..5).rev().map(move |bit| value >> bit & 1 == 1)).collect();
    let mut bytes: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    bytes.truncate(bytes.len() - CHECKSUM_BYTES);
    (head, bytes)
}

/// Writes a text with this head and this content.
fn write(head: &str, content: &[u8]) -> String {
    let hashed = [format!("polar-license offline text\0{head}\0").as_bytes(), content].concat();
    let bytes = [content, &Hash::hash(&hashed)[..CHECKSUM_BYTES]].concat();
    let bits: Vec<bool> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    let value = |bits: &[bool]| (0..5).fold(0, |value, at| value << 1 | usize::from(bits.get(at) == Some(&true)));
    let digits: String = bits.chunks(5).map(|bits| char::from(DIGITS[value(bits)])).collect();
    format!("{head}-{digits}")
}
