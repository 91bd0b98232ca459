//! The arguments of the commands that use the customer portal. Other users of the machine can see the arguments of a
//! program. So a code cannot be an argument, and an e-mail address need not be one: the command asks for them.

use std::time::Duration;

/// A command in the customer portal.
pub(crate) enum PortalCommand {
    Restore { buyer: Buyer, choices: Choices },
    Devices { buyer: Buyer, key: OneKey },
    Release { device: Option<String>, buyer: Buyer, key: OneKey },
    Rotate { buyer: Buyer, key: OneKey },
    Claim { invitation: Option<String>, choices: Choices },
    Buy { link: String, within: Duration, customer: Option<String> },
}

/// The customer who uses the portal. A code from a mail proves that the customer has the e-mail address.
#[derive(clap::Args)]
pub(crate) struct Buyer {
    /// The e-mail address of the purchase [default: asked for]
    ///
    /// Without EMAIL, the command asks for the address. If standard input is not a terminal, its first line is the
    /// address, and its second line is the code from the mail.
    #[arg(value_name = "EMAIL")]
    pub(crate) email: Option<String>,
    /// The customer's name or number, if several customers have the address
    #[arg(long, value_name = "NAME")]
    pub(crate) customer: Option<String>,
    /// Use a code that was mailed before, and request no new one
    ///
    /// A code can be used once, within half an hour.
    #[arg(long, conflicts_with_all = ["email", "customer"])]
    pub(crate) code_sent: bool,
}

/// Answers to the questions that the command may ask. They are given in advance, as options.
#[derive(clap::Args, Default)]
pub(crate) struct Choices {
    #[command(flatten)]
    pub(crate) key: OneKey,
    /// The label of a device to release if no seat is free, or a part of it
    #[arg(long, value_name = "DEVICE")]
    pub(crate) release: Option<String>,
}

/// Selects one license key if there are several.
#[derive(clap::Args, Default)]
pub(crate) struct OneKey {
    /// The last six characters of the license key to use, if there are several keys
    #[arg(long = "key", value_name = "END")]
    pub(crate) end: Option<String>,
}

impl PortalCommand {
    /// Returns the name of the subcommand.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Restore { .. } => "restore",
            Self::Devices { .. } => "devices",
            Self::Release { .. } => "release",
            Self::Rotate { .. } => "rotate --yes",
            Self::Claim { .. } => "claim",
            Self::Buy { .. } => "buy",
        }
    }
}

impl Buyer {
    /// Returns the address, or `None` if the user must be asked for it.
    pub(crate) fn email(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| *email != "-")
    }

    /// Decides what `label`, the first argument of `release`, means. It is the label of a device. It can also be the
    /// customer's e-mail address, because other commands take the address as their first argument. If it looks like an
    /// address and is the only argument, stores it as the address and returns `None`. Otherwise returns it as the
    /// label. With `--code-sent` it is always the label.
    pub(crate) fn address_or_label(&mut self, label: Option<String>) -> Option<String> {
        let is_address = |label: &str| label.split_once('@').is_some_and(|(_, domain)| domain.contains('.'));
        if self.email.is_none() && !self.code_sent && label.as_deref().is_some_and(is_address) {
            self.email = label;
            return None;
        }
        label
    }
}

impl OneKey {
    /// Returns `true` if the option selects the key whose masked form is `masked`. The value of the option is the end
    /// of a key, or a whole key. Without the option, every key is selected.
    pub(crate) fn matches(&self, masked: &str) -> bool {
        let shown = masked.trim_start_matches("****-");
        let is_end = |end: &str| !end.is_empty() && (end.ends_with(shown) || shown.ends_with(end));
        self.end.as_deref().is_none_or(is_end)
    }
}
