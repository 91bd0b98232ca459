//! What a check has found, and the table of faults with what to do about each. Finds nothing itself.

use serde::{Serialize, Serializer};
use std::fmt;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    check: Check,
    outcome: Outcome,
    fault: Option<Fault>,
    detail: String,
    advice: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing is wrong.
    Good,
    /// It could not be checked; the advice says how it can.
    Unchecked,
    /// Something that may be intended.
    Warning,
    /// Something that keeps a license from working.
    Fault,
}

impl Finding {
    /// Nothing is wrong. `detail` is one line, lower case, no full stop.
    pub fn good(check: Check, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Good, fault: None, detail: detail.into(), advice: None }
    }

    /// It could not be checked. `advice` is a sentence that says how it can.
    pub fn unchecked(check: Check, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unchecked, advice: Some(advice.into()), ..Self::good(check, detail) }
    }

    /// Something is wrong.
    pub fn faulty(check: Check, fault: Fault, detail: impl Into<String>) -> Self {
        let advice = Some(fault.advice().to_owned());
        Self { outcome: Outcome::Fault, fault: Some(fault), advice, ..Self::good(check, detail) }
    }

    /// Something may be wrong.
    pub fn warning(check: Check, fault: Fault, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warning, ..Self::faulty(check, fault, detail) }
    }

    /// Replaces the usual advice by one that fits here. `advice` is one or more whole sentences.
    #[must_use]
    pub fn advising(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// What was checked.
    pub fn check(&self) -> Check {
        self.check
    }

    /// How that ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What is wrong, by a stable name.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// What was seen: one line for developers and bug reports.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do about it, in whole sentences.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

/// An enum with a stable name for each variant.
macro_rules! names {
    ($(#[$about:meta])+ pub enum $type:ident { $($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+ }) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

names! {
    /// What is checked.
    pub enum Check {
        /// The versions of the program, the library and the system.
        Versions = "versions";
        /// The app's configuration.
        Configuration = "configuration";
        /// What identifies this device.
        Device = "device";
        /// Whether Polar answers.
        Polar = "polar";
        /// The proxy on the way.
        Proxy = "proxy";
        /// The root certificates, and the certificate of whoever answers.
        Certificates = "certificates";
        /// This computer's clock against Polar's.
        Clock = "clock";
        /// A license key.
        Key = "key";
        /// The place where the license is kept.
        Storage = "storage";
        /// The space there.
        Space = "space";
        /// The license on this device.
        License = "license";
    }
}

names! {
    /// What is wrong.
    pub enum Fault {
        /// A setting is missing or wrong.
        Configuration = "configuration";
        /// Polar's server cannot be found or does not accept the connection.
        NoNetwork = "no_network";
        /// Nothing answers at an address on this computer.
        NoLocalServer = "no_local_server";
        /// Polar did not answer in time.
        Timeout = "timeout";
        /// The sign-in page of a network answered.
        CaptivePortal = "captive_portal";
        /// Something else than Polar answered.
        NotPolar = "not_polar";
        /// Polar has no such endpoint any more, or not in this version.
        EndpointGone = "endpoint_gone";
        /// Polar's server has a problem.
        ServerFault = "server_fault";
        /// Polar takes no requests from this internet address for a while.
        RateLimited = "rate_limited";
        /// A proxy's address is none.
        ProxyAddress = "proxy_address";
        /// The proxy cannot be reached.
        ProxyUnreachable = "proxy_unreachable";
        /// The proxy takes no names, and this computer does not know that of Polar's server.
        ProxyLookup = "proxy_lookup";
        /// The proxy does not let the connection through.
        ProxyRefused = "proxy_refused";
        /// The certificate is signed by nobody whom this computer trusts.
        UnknownAuthority = "unknown_authority";
        /// The certificate is not valid at the date of this computer.
        CertificateDate = "certificate_date";
        /// The certificate is another server's, or broken.
        WrongCertificate = "wrong_certificate";
        /// No encrypted connection comes about.
        NoEncryption = "no_encryption";
        /// The clock is wrong.
        Clock = "clock";
        /// Polar knows no such key in this organization.
        UnknownKey = "unknown_key";
        /// The key, or the license here, is one of Polar's other environment.
        OtherEnvironment = "other_environment";
        /// The license here is of another organization or server.
        OtherProduct = "other_product";
        /// Polar denies the key.
        KeyDenied = "key_denied";
        /// Nothing identifies this device for longer than a run.
        NoDeviceId = "no_device_id";
        /// The system names no directory for the license.
        NoDirectory = "no_directory";
        /// This user may not write there.
        NotWritable = "not_writable";
        /// There is no space left.
        DiskFull = "disk_full";
        /// Another process holds the lock.
        Locked = "locked";
        /// Something else is where the license should be.
        Obstructed = "obstructed";
        /// The license file is there, and this user may not read it.
        NotReadable = "not_readable";
        /// Other users can read the license.
        ReadableByOthers = "readable_by_others";
        /// The license that is stored was not confirmed for too long.
        LicenseLapsed = "license_lapsed";
        /// The license that is stored cannot be used.
        LicenseUnusable = "license_unusable";
    }
}

impl Fault {
    /// What to do about it, in whole sentences.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Configuration => "Correct this setting first; the other checks depend on it.",
            Self::NoNetwork => {
                "Check the network connection. If other sites work, a firewall or name server stands in the way: \
                 allow https to this server."
            }
            Self::NoLocalServer => {
                "Nothing answers at this address on this computer. Start the local Polar by `polar-license serve`, and set \
                 the environment to the address that it shows."
            }
            Self::Timeout => "Try again. If it stays so, a firewall may drop the packets: allow https to this server.",
            Self::CaptivePortal => "Open any page in a browser and sign in to this network, then try again.",
            Self::NotPolar => {
                "A proxy, a firewall or another server answered in Polar's place: check the environment, and ask who \
                 runs this network to let requests to this server through."
            }
            Self::EndpointGone => {
                "Polar answers, but no longer at this address or in this version of its interface: update the app. If \
                 `environment` is an address of your own, compare it with the one that the server shows."
            }
            Self::ServerFault => "Wait and try again; a license that is active here goes on working.",
            Self::RateLimited => "Wait for a minute and try again; others at this internet address count as well.",
            Self::ProxyAddress => "Correct this variable; it looks like http://proxy.example:8080.",
            Self::ProxyUnreachable => "Check the proxy's address in the system's settings, or in HTTPS_PROXY.",
            Self::ProxyLookup => {
                "Let the proxy look up the name: in its address, write socks5h:// instead of socks5://, or socks4a:// \
                 instead of socks4://."
            }
            Self::ProxyRefused => {
                "Ask who runs the proxy to allow this server. If it asks for a password, put user name and password \
                 into the address in HTTPS_PROXY."
            }
            Self::UnknownAuthority => {
                "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If a \
                 company's proxy or a virus scanner opens encrypted connections here, install its root certificate in the \
                 system, or name its file in SSL_CERT_FILE. If neither helps, somebody may be listening: use another \
                 network."
            }
            Self::CertificateDate => {
                "Set the date and time of this computer. If they are right, whoever opens encrypted connections in this \
                 network uses an old certificate."
            }
            Self::WrongCertificate => {
                "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If that \
                 does not help, another server answers under Polar's name: use another network."
            }
            Self::NoEncryption => {
                "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If that \
                 does not help, ask who runs this network what stands between this computer and Polar."
            }
            Self::Clock => "Set the date, the time and the time zone of this computer, best automatically.",
            Self::UnknownKey => {
                "Compare the organization's id with Polar's dashboard (Settings, General), and the key with the mail or \
                 with Polar's customer portal. A key can take a few minutes to work after the purchase."
            }
            Self::OtherEnvironment => {
                "Use the environment in which the key was sold. Organization and benefits have other ids there."
            }
            Self::OtherProduct => "Compare organization, environment and app id with those of the app.",
            Self::KeyDenied => "Look at the key in Polar's dashboard or customer portal.",
            Self::NoDeviceId => "Set a device id, or make the directory of the license writable.",
            Self::NoDirectory => "Set HOME, or name a directory.",
            Self::NotWritable => "Let this user write there, or choose another directory.",
            Self::DiskFull => "Free some space, then try again.",
            Self::Locked => "Close other programs that use this license, or try again in a few seconds.",
            Self::Obstructed => "Move away what is there, or choose another directory.",
            Self::NotReadable => {
                "Another user has written it, an administrator for example. Let this user read and write it, or move it away \
                 and activate the license key again."
            }
            Self::ReadableByOthers => "Take the right to read from other users; the file holds the license key.",
            Self::LicenseLapsed => {
                "Go online once, and start the app or run `polar-license validate`: the license works again as soon as \
                 Polar has confirmed it."
            }
            Self::LicenseUnusable => "Follow the license's next step.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_sentences_that_say_what_to_do() {
        let mut names: Vec<_> = Fault::ALL.iter().map(|fault| fault.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            let advice = fault.advice();
            assert!(advice.starts_with(char::is_uppercase) && advice.ends_with('.'), "{fault}: {advice}");
        }
    }
}
