//! The command line of what a customer does in the customer portal. A code is never an option, and an e-mail address need
//! not be one: other users of a machine can see the arguments of a program.

use std::time::Duration;

/// What a customer does.
pub(crate) enum Errand {
    Restore { buyer: Buyer, choices: Choices },
    Devices { buyer: Buyer, key: OneKey },
    Release { device: Option<String>, buyer: Buyer, key: OneKey },
    Rotate { buyer: Buyer, key: OneKey },
    Claim { invitation: Option<String>, choices: Choices },
    Buy { link: String, within: Duration, customer: Option<String> },
}

/// Who asks, which a code from a mail proves.
#[derive(clap::Args)]
pub(crate) struct Buyer {
    /// The address of the purchase [default: asked for]
    ///
    /// It is asked for on the terminal, or is the first line of standard input. The code from the mail is asked for in any
    /// case, or is the next line.
    #[arg(value_name = "EMAIL")]
    pub(crate) email: Option<String>,
    /// Which customer, where the address has several: name or number
    #[arg(long, value_name = "NAME")]
    pub(crate) customer: Option<String>,
    /// Have no code mailed, since one is there already
    ///
    /// A code is good for half an hour, and once.
    #[arg(long, conflicts_with_all = ["email", "customer"])]
    pub(crate) code_sent: bool,
}

/// What to take where there are several.
#[derive(clap::Args, Default)]
pub(crate) struct Choices {
    #[command(flatten)]
    pub(crate) key: OneKey,
    /// Release this device if no seat is free: its label, or a part of it
    #[arg(long, value_name = "DEVICE")]
    pub(crate) release: Option<String>,
}

/// One license key of several.
#[derive(clap::Args, Default)]
pub(crate) struct OneKey {
    /// Which license key, where there are several: its last six characters
    #[arg(long = "key", value_name = "END")]
    pub(crate) end: Option<String>,
}

impl Errand {
    /// The name of its command.
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
    /// The address, unless it is to be asked for.
    pub(crate) fn email(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| *email != "-")
    }

    /// The label, unless it is the address: the other commands take that first.
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
    /// Whether it may be the key that is shown like this: any without the option. A whole key is good, too.
    pub(crate) fn fits(&self, masked: &str) -> bool {
        let shown = masked.trim_start_matches("****-");
        let is_end = |end: &str| !end.is_empty() && (end.ends_with(shown) || shown.ends_with(end));
        self.end.as_deref().is_none_or(is_end)
    }
}
