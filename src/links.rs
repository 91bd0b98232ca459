//! The vendor's pages that an app configures, and the page for each next step. This module never opens a page.

use crate::address::{authority, is_loopback};
use crate::codes::NextStep;
use std::sync::Arc;

/// The vendor's pages. Clones share the same data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The page for buying or renewing a license.
    pub(crate) purchase: Option<Arc<str>>,
    /// The page on which customers see their devices.
    pub(crate) portal: Option<Arc<str>>,
    /// The way to contact the vendor: a page or an e-mail address.
    pub(crate) support: Option<Arc<str>>,
}

/// The schemes that a link may have. Every link may have `https://`, or `http://` if its host is this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schemes {
    Web,
    WebOrMail,
}

/// The maximum length of a link in bytes. All browsers and shells open links of up to this length. A longer link is
/// refused.
const MOST_BYTES: usize = 2000;

const MAIL: &str = "mailto:";

impl Links {
    /// Returns the app's page for this next step, or `None` if the app has not configured one.
    pub(crate) fn of(&self, step: NextStep) -> Option<&str> {
        match step {
            NextStep::Renew | NextStep::Buy | NextStep::EnterKey => self.purchase.as_deref(),
            NextStep::ManageDevices => self.portal.as_deref(),
            NextStep::ContactVendor => self.support.as_deref(),
            NextStep::None | NextStep::Connect | NextStep::Activate | NextStep::Move | NextStep::OfflineRequest => None,
        }
    }
}

/// Returns what is wrong with a link and how to correct it, or `None` if the link is valid. Links are checked because
/// an app opens them unchanged.
pub(crate) fn fault(link: &str, schemes: Schemes) -> Option<&'static str> {
    let mail = link.strip_prefix(MAIL).filter(|_| schemes == Schemes::WebOrMail);
    let secure = link.strip_prefix("https://");
    let web = secure.or_else(|| link.strip_prefix("http://")).map(authority);
    if link.len() > MOST_BYTES {
        Some("is longer than 2,000 bytes; use a shorter one")
    } else if !link.bytes().all(is_of_a_uri) {
        Some("has characters that a URL cannot have; copy it from a browser, which encodes them")
    } else if let Some(address) = mail {
        let is_address = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        (!is_address).then_some("is not an address of e-mail; use one like mailto:support@acme.example")
    } else {
        match (web, schemes) {
            (None, Schemes::Web) => Some("is not a web address; use one like https://acme.example/license"),
            (None, Schemes::WebOrMail) => Some(
                "is neither a web address, like https://acme.example/help, nor one like mailto:support@acme.example",
            ),
            (Some(authority), _) if authority.is_empty() || authority.contains('@') => {
                Some("names no host, or a user before it; use one like https://acme.example/license")
            }
            (Some(authority), _) if secure.is_none() && !is_loopback(authority) => {
                Some("is not encrypted; use https (http is for loopback addresses in tests)")
            }
            (Some(_), _) => None,
        }
    }
}

/// Returns `true` if RFC 3986 allows the character in a URI.
fn is_of_a_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_encrypted_unless_it_stays_on_this_machine() {
        for link in [
            "https://acme.example",
            "https://acme.example:8443/buy?plan=pro&from=app#prices",
            "https://xn--mller-kva.example/%C3%BC",
            "http://localhost:3000/buy",
            "http://127.0.0.1/buy",
            "http://[::1]:3000/",
        ] {
            assert_eq!(fault(link, Schemes::Web), None, "{link}");
            assert_eq!(fault(link, Schemes::WebOrMail), None, "{link}");
        }
        for (link, expected) in [
            ("", "web address"),
            ("acme.example/buy", "web address"),
            ("/buy", "web address"),
            ("javascript:alert(1)", "web address"),
            ("HTTPS:/acme.example", "web address"),
            ("ftp://acme.example", "web address"),
            ("https://", "no host"),
            ("https:///buy", "no host"),
            ("https://?plan=pro", "no host"),
            ("https://acme.example@evil.example/", "no host"),
            ("http://acme.example", "not encrypted"),
            ("http://localhost.acme.example", "not encrypted"),
            ("http://acme.example?127.0.0.1", "not encrypted"),
            ("https://acme.example/a b", "characters"),
            ("https://acme.example/\"><script>", "characters"),
            ("https://acme.example\\@evil.example", "characters"),
            ("https://müller.example", "characters"),
            ("https://acme.example/\u{202e}", "characters"),
        ] {
            for schemes in [Schemes::Web, Schemes::WebOrMail] {
                let fault = fault(link, schemes).unwrap();
                assert!(fault.contains(expected), "{link}: {fault}");
            }
        }
        let long = |bytes: usize| format!("https://acme.example/{}", "x".repeat(bytes - 21));
        assert_eq!(fault(&long(2000), Schemes::Web), None);
        assert!(fault(&long(2001), Schemes::Web).unwrap().contains("2,000"));
    }

    #[test]
    fn only_a_support_link_may_be_an_email_address() {
        let link = "mailto:support@acme.example?subject=License";
        assert_eq!(fault(link, Schemes::WebOrMail), None);
        assert!(fault(link, Schemes::Web).unwrap().contains("web address"));
        for link in ["mailto:", "mailto:support", "mailto:@acme.example", "mailto:support@"] {
            assert!(fault(link, Schemes::WebOrMail).unwrap().contains("e-mail"), "{link}");
        }
    }

    #[test]
    fn each_next_step_has_at_most_one_page() {
        let links = Links { purchase: Some("p".into()), portal: Some("d".into()), support: Some("s".into()) };
        let pages: Vec<_> = NextStep::ALL.iter().map(|step| (step.as_str(), links.of(*step).unwrap_or("-"))).collect();
        let expected = [
            ("none", "-"),
            ("connect", "-"),
            ("enter_key", "p"),
            ("activate", "-"),
            ("move", "-"),
            ("renew", "p"),
            ("contact_vendor", "s"),
            ("manage_devices", "d"),
            ("buy", "p"),
            ("offline_request", "-"),
        ];
        assert_eq!(pages, expected);
        assert!(NextStep::ALL.iter().all(|step| Links::default().of(*step).is_none()));
    }
}
