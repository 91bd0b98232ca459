//! E-mail addresses as Polar checks them, by pydantic's `EmailStr` and python-email-validator: their form, and whether
//! their domain takes mail.
//!
//! Written by hand, since crates for e-mail addresses follow RFC 5322 and accept much that Polar refuses: quotes,
//! comments, IP addresses, domains of one label. Domains with letters beyond ASCII do not go through IDNA, whose tables
//! are larger than this crate: any letters and digits are accepted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Why an address is refused, in pydantic's words.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) context: Value,
}

const MAX_TEXT: usize = 2048;
const MAX_ADDRESS: usize = 254;
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;
const SPECIAL_USE: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Returns the address without a name and surrounding space, its domain in lower case. Polar looks the domain up; here,
/// `nosuchdomain.…` does not exist, and `nomail.…` takes no mail.
pub(crate) fn check(text: &str) -> Result<String, Refused> {
    let malformed = |reason: String| Refused {
        message: format!("value is not a valid email address: {reason}"),
        context: json!({ "reason": reason }),
    };
    if text.chars().count() > MAX_TEXT {
        return Err(malformed(format!("Length must not exceed {MAX_TEXT} characters")));
    }
    let (local, domain) = parts(without_name(text)).map_err(malformed)?;
    let email = format!("{local}@{domain}");
    let undeliverable = |reason: String| Refused {
        message: format!("{email} is not a valid email address: {reason}"),
        context: json!({ "email": email, "reason": reason }),
    };
    match domain.split('.').next() {
        Some("nosuchdomain") => Err(undeliverable(format!("The domain name {domain} does not exist."))),
        Some("nomail") => Err(undeliverable(format!("The domain name {domain} does not accept email."))),
        Some(_) | None => Ok(email),
    }
}

/// Returns the address in `Name <address>`, or the whole text without surrounding space.
fn without_name(text: &str) -> &str {
    let text = text.trim();
    let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) else {
        return text;
    };
    let name = name.trim();
    let is_quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
    let may_stand_unquoted = |c: char| c == '.' || c.is_whitespace() || is_plain(c) || c.is_alphanumeric();
    if is_quoted || name.chars().all(may_stand_unquoted) { address.trim() } else { text }
}

/// Splits an address into what is before and after its @-sign, and checks both.
fn parts(email: &str) -> Result<(&str, String), String> {
    let (local, domain) = email.split_once('@').ok_or("An email address must have an @-sign.")?;
    if local.is_empty() {
        return Err("There must be something before the @-sign.".to_owned());
    }
    if local.starts_with('"') {
        return Err("Quoting the part before the @-sign is not allowed here.".to_owned());
    }
    refuse_others(local, "The email address contains invalid characters before the @-sign", |c| {
        c == '.' || is_plain(c) || (!c.is_ascii() && !is_unsafe(c))
    })?;
    refuse_marks(local, &['.'], "start with a {}", "have a {} immediately before the @-sign")?;
    let domain = domain.to_lowercase();
    check_domain(&domain)?;
    let excess = email.len().saturating_sub(MAX_ADDRESS);
    if excess > 0 {
        return Err(format!("The email address is too long ({excess} characters too many)."));
    }
    Ok((local, domain))
}

/// Checks a domain in lower case.
fn check_domain(domain: &str) -> Result<(), String> {
    if domain.is_empty() {
        return Err("There must be something after the @-sign.".to_owned());
    }
    if domain.starts_with('[') && domain.ends_with(']') {
        return Err("A bracketed IP address after the @-sign is not allowed here.".to_owned());
    }
    if domain.len() > MAX_DOMAIN {
        return Err("The email address is too long after the @-sign.".to_owned());
    }
    refuse_others(domain, "The part after the @-sign contains invalid characters", |c| {
        c == '.' || c == '-' || c.is_alphanumeric()
    })?;
    refuse_marks(domain, &['.', '-'], "have a {} immediately after the @-sign", "end with a {}")?;
    for label in domain.split('.') {
        if label.get(2..4) == Some("--") && !label.starts_with("xn") {
            let place = "immediately after the @-sign or after a period, except Punycode";
            return Err(format!("An email address cannot have two letters followed by two dashes {place}."));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("An email address cannot have a period and a hyphen next to each other.".to_owned());
        }
        if label.len() > MAX_LABEL {
            return Err("After the @-sign, periods cannot be separated by so many characters.".to_owned());
        }
    }
    if !domain.contains('.') {
        return Err("The part after the @-sign is not valid. It should have a period.".to_owned());
    }
    let top = domain.rsplit('.').next().unwrap_or_default();
    if SPECIAL_USE.contains(&top) {
        let reason = "The part after the @-sign is a special-use or reserved name that cannot be used with email.";
        return Err(reason.to_owned());
    }
    if top.ends_with(|c: char| c.is_ascii_digit()) && top.is_ascii() {
        return Err("The part after the @-sign is not valid. It is not within a valid top-level domain.".to_owned());
    }
    Ok(())
}

/// Refuses a part with characters other than the allowed ones, and lists them.
fn refuse_others(part: &str, message: &str, is_allowed: impl Fn(char) -> bool) -> Result<(), String> {
    let shown = |c: char| match c {
        ' ' => "SPACE".to_owned(),
        _ if is_unsafe(c) => format!("U+{:04X}", u32::from(c)),
        _ => format!("'{c}'"),
    };
    let others: BTreeSet<String> = part.chars().filter(|c| !is_allowed(*c)).map(shown).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(format!("{message}: {}.", others.into_iter().collect::<Vec<_>>().join(", ")))
}

/// Refuses these marks at the start and the end, and two periods in a row.
fn refuse_marks(part: &str, marks: &[char], start: &str, end: &str) -> Result<(), String> {
    let name = |mark: char| if mark == '.' { "period" } else { "hyphen" };
    let refusal = |what: &str| Err(format!("An email address cannot {what}."));
    match (part.chars().next(), part.chars().next_back()) {
        (Some(first), _) if marks.contains(&first) => refusal(&start.replace("{}", name(first))),
        (_, Some(last)) if marks.contains(&last) => refusal(&end.replace("{}", name(last))),
        _ if part.contains("..") => refusal("have two periods in a row"),
        _ => Ok(()),
    }
}

/// Whether an ASCII character may stand in a local part without quotes (RFC 5322, `atext`).
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// Whether a character is invisible: a control character, a space, or one of Unicode's category `Cf`.
fn is_unsafe(c: char) -> bool {
    let is_mark = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    c.is_control() || c.is_whitespace() || is_mark || matches!(c, '\u{ad}' | '\u{feff}')
}
