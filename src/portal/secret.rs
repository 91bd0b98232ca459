//! A customer's secrets. Each secret is checked once, never shown, and wiped when it is dropped.

use crate::text::{is_invisible, trim_pasted};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A customer's token, which is valid for an hour. The token never appears in logs or in `Debug` output.
#[derive(Clone)]
pub struct Token(Arc<Zeroizing<String>>);

/// An e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Email(Zeroizing<String>);

/// A code from an e-mail.
pub(super) struct Code(Zeroizing<String>);

/// The token of an invitation to a team.
pub(super) struct Invitation(Zeroizing<String>);

/// The secret of a checkout, which gives access to the buyer's data.
#[derive(Clone)]
pub(super) struct CheckoutSecret(Zeroizing<String>);

/// The length of the codes that Polar sends by e-mail. They consist of capital letters and digits.
const CODE_LENGTH: usize = 6;

/// The maximum length of a secret in bytes. A longer text cannot be a secret.
const MOST_BYTES: usize = 512;

impl Token {
    const PREFIXES: [&str; 2] = ["polar_cst_", "polar_mst_"];

    /// Checks a token. Returns `None` if the text cannot be a token of the customer portal.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = trim_pasted(text);
        let is_one = Self::PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && is_plain(text);
        is_one.then(|| Self(Arc::new(Zeroizing::new(text.to_owned()))))
    }

    pub(super) fn secret(&self) -> Zeroizing<String> {
        Zeroizing::clone(&self.0)
    }
}

impl Email {
    /// Reads an address that a person typed or pasted; the text may have the form `Lena <lena@example.com>`. Returns
    /// `None` only if Polar would certainly refuse the address. Only Polar can tell whether the address exists.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = trim_pasted(text);
        let named = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
        let text = named.map_or(text, |(_, address)| trim_pasted(address));
        let wrong = |c: char| c.is_whitespace() || c.is_control() || is_invisible(c);
        let is_one = text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
        let is_one = is_one && !text.contains(wrong) && text.len() <= MOST_BYTES;
        is_one.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Code {
    /// Reads a code: trims it and converts it to capital letters. Refuses characters outside ASCII, because Polar would
    /// answer such a code with the status 500, and would still count the try.
    pub(super) fn read(text: &str) -> Option<Self> {
        let code = Zeroizing::new(trim_pasted(text).to_ascii_uppercase());
        let is_one = code.len() == CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_one.then_some(Self(code))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Invitation {
    /// Reads the token of an invitation. `text` is either the token itself or the link in the invitation's e-mail. The
    /// link contains the token as the parameter `token`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = trim_pasted(text);
        let token = match text.split_once('?') {
            Some((_, query)) => {
                query.split(['&', '#']).find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default()
            }
            None => text,
        };
        is_plain(token).then(|| Self(Zeroizing::new(token.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl CheckoutSecret {
    /// Reads the secret of a checkout. The text is the secret itself, or the address of the checkout's page, which ends
    /// in the secret.
    pub(super) fn read(address: &str) -> Option<Self> {
        let path = address.split(['?', '#']).next()?.trim_end_matches('/');
        let secret = path.rsplit('/').next().filter(|secret| is_plain(secret))?;
        Some(Self(Zeroizing::new(secret.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns `true` if the text can be inserted unchanged into a header and into an address.
pub(super) fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.len() <= MOST_BYTES && text.bytes().all(is_plain)
}

macro_rules! hidden {
    ($($type:ident),+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(****)"))
            }
        }
    )+};
}

hidden!(Token, Email, Code, Invitation, CheckoutSecret);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_trimmed_and_a_text_that_cannot_be_one_is_refused() {
        for typed in ["k7q2mx", " K7Q2MX\r\n", "K7q2Mx", "\u{feff}K7Q2MX\u{200b}\n"] {
            assert_eq!(Code::read(typed).unwrap().as_str(), "K7Q2MX");
        }
        for typed in ["", "K7Q2M", "K7Q2MXX", "K7Q 2MX", "K7Q-2M", "K7Q2MÉ", "K7Q2M\u{ff11}"] {
            assert!(Code::read(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_an_address_is_refused() {
        for typed in [
            " ada@example.com ",
            "\u{feff}\u{200b}ada@example.com\u{2060}\n",
            "Ada Lovelace <ada@example.com>",
            "\"Lovelace, Ada\" < ada@example.com\u{200b} >\r\n",
            "<ada@example.com>",
        ] {
            assert_eq!(Email::read(typed).unwrap().as_str(), "ada@example.com", "{typed}");
        }
        for typed in [
            "",
            "ada",
            "@example.com",
            "ada@localhost",
            "ada lovelace@example.com",
            "ada@exam\nple.com",
            "ada\u{200b}@example.com",
            "Ada <ada>",
            "Ada <>",
            "ada@example.com> <ada@example.com",
        ] {
            assert!(Email::read(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn tokens_invitations_and_checkouts_are_read_from_what_a_person_pastes() {
        assert!(Token::read("polar_mst_abc-DEF_1\n").is_some());
        for wrong in ["", "polar_oat_abc", "polar_cst_a b", "polar_cst_a\r\nX: y", "polar_cst_é"] {
            assert!(Token::read(wrong).is_none(), "{wrong}");
        }
        for pasted in ["T0-k_n", "https://polar.sh/acme/portal/claim?token=T0-k_n", "https://x/?a=b&token=T0-k_n#top"] {
            assert_eq!(Invitation::read(pasted).unwrap().as_str(), "T0-k_n");
        }
        assert!(Invitation::read("https://polar.sh/acme/portal/claim").is_none());
        assert!(Invitation::read("https://polar.sh/acme/portal/claim?x=y").is_none());
        for address in
            ["polar_c_AB", "https://polar.sh/checkout/polar_c_AB?theme=dark", "http://h/checkout/polar_c_AB/"]
        {
            assert_eq!(CheckoutSecret::read(address).unwrap().as_str(), "polar_c_AB");
        }
        assert!(CheckoutSecret::read("https://polar.sh/checkout/a%2Fb").is_none());
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        let all = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            Token::read("polar_cst_S3CRET").unwrap(),
            Email::read("S3CRET@example.com").unwrap(),
            Code::read("S3CRET").unwrap(),
            Invitation::read("S3CRET").unwrap(),
            CheckoutSecret::read("S3CRET").unwrap(),
        );
        assert!(!all.contains("S3CRET") && !all.contains("example"), "{all}");
    }
}
