//! Decides which e-mail addresses Polar accepts, by their form and by whether their domain receives mail.

use email_address::{EmailAddress, Options};

/// Top-level domains that never receive mail.
const SPECIAL_USE: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Returns the address without a display name or surrounding space, and with its domain in lower case. Returns `None`
/// if Polar refuses the address.
///
/// Polar looks up the domain. This server instead refuses every domain that begins with `nosuchdomain.`, as if the
/// domain did not exist, and every domain that begins with `nomail.`, as if the domain received no mail.
pub(crate) fn accepted(text: &str) -> Option<String> {
    let options = Options::default().with_required_tld().without_domain_literal();
    let address = EmailAddress::parse_with_options(text.trim(), options).ok()?;
    let domain = address.domain().to_lowercase();
    let labels: Vec<&str> = domain.split('.').collect();
    let is_unknown = labels.first().is_some_and(|first| ["nosuchdomain", "nomail"].contains(first));
    let is_special = labels.last().is_some_and(|last| SPECIAL_USE.contains(last));
    (!is_unknown && !is_special).then(|| format!("{}@{domain}", address.local_part()))
}
