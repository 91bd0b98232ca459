//! The result of a check, and the table of all faults with the advice for each. Checks nothing itself.

use crate::names::names;
use serde::Serialize;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    check: Check,
    outcome: Outcome,
    fault: Option<Fault>,
    detail: String,
    advice: Option<String>,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing is wrong.
    Good,
    /// The check was not possible. The advice says how to make it possible.
    Unchecked,
    /// Something that may be a fault, or may be intended.
    Warning,
    /// Something that keeps a license from working.
    Fault,
}

impl Finding {
    /// Creates a finding for a check that found nothing wrong. `detail` is one line, lower case, no full stop.
    pub fn good(check: Check, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Good, fault: None, detail: detail.into(), advice: None }
    }

    /// Creates a finding for a check that was not possible. `advice` is a sentence that says how to make it possible.
    pub fn unchecked(check: Check, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unchecked, advice: Some(advice.into()), ..Self::good(check, detail) }
    }

    /// Creates a finding for a check that found a fault.
    pub fn faulty(check: Check, fault: Fault, detail: impl Into<String>) -> Self {
        let advice = Some(fault.advice().to_owned());
        Self { outcome: Outcome::Fault, fault: Some(fault), advice, ..Self::good(check, detail) }
    }

    /// Creates a finding for a check that found a possible fault.
    pub fn warning(check: Check, fault: Fault, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warning, ..Self::faulty(check, fault, detail) }
    }

    /// Replaces the usual advice for the fault. `advice` is one or more whole sentences.
    #[must_use]
    pub fn advising(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Returns the subject of the check.
    pub fn check(&self) -> Check {
        self.check
    }

    /// Returns the outcome.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Returns the fault if something is wrong or may be wrong, and `None` otherwise.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Returns one line for developers and bug reports, which says what the check found.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the advice in whole sentences, or `None` if the outcome is [`Outcome::Good`].
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

names! {
    /// The subject of a check.
    pub enum Check {
        /// The versions of the program, the library and the system.
        Versions = "versions";
        /// The app's configuration.
        Configuration = "configuration";
        /// The id of this device.
        Device = "device";
        /// Whether Polar answers.
        Polar = "polar";
        /// The proxy between this computer and Polar.
        Proxy = "proxy";
        /// The root certificates of this computer, and the certificate that Polar's server presents.
        Certificates = "certificates";
        /// This computer's clock, compared with Polar's.
        Clock = "clock";
        /// A license key.
        Key = "key";
        /// The directory of the license.
        Storage = "storage";
        /// The free space in the directory of the license.
        Space = "space";
        /// The license on this device.
        License = "license";
    }
}

/// Defines [`Fault`] from a table. Each row has the documentation of a fault, its name, and the advice.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $advice:literal;)+) => {
        names! {
            /// A fault, by a stable name.
            pub enum Fault {
                $($(#[doc = $doc])+ $variant = $name;)+
            }
        }

        impl Fault {
            /// Returns advice for this fault, in whole sentences.
            pub const fn advice(self) -> &'static str {
                match self {
                    $(Self::$variant => $advice,)+
                }
            }
        }
    };
}

faults! {
    /// A setting is missing or wrong.
    Configuration = "configuration",
        "Correct this setting first; the other checks depend on it.";
    /// Polar's server cannot be found, or does not accept the connection.
    NoNetwork = "no_network",
        "Check the network connection. If other sites work, a firewall or name server stands in the way: allow \
         https to this server.";
    /// Nothing answers at an address on this computer.
    NoLocalServer = "no_local_server",
        "Nothing answers at this address on this computer. Start the local Polar by `polar-license serve`, and \
         set the environment to the address that it shows.";
    /// Polar did not answer in time.
    Timeout = "timeout",
        "Try again. If it stays so, a firewall may drop the packets: allow https to this server.";
    /// The sign-in page of a network answered instead of Polar.
    CaptivePortal = "captive_portal",
        "Open any page in a browser and sign in to this network, then try again.";
    /// Something other than Polar answered.
    NotPolar = "not_polar",
        "A proxy, a firewall or another server answered in Polar's place: check the environment, and ask who runs \
         this network to let requests to this server through.";
    /// Polar has removed the endpoint, or this version of Polar's API does not have it.
    EndpointGone = "endpoint_gone",
        "Polar answers, but no longer at this address or in this version of its interface: update the app. If \
         `environment` is an address of your own, compare it with the one that the server shows.";
    /// Polar's server has a problem.
    ServerFault = "server_fault",
        "Wait and try again; a license that is active here goes on working.";
    /// Polar accepts no requests from this internet address for a while.
    RateLimited = "rate_limited",
        "Wait for a minute and try again; others at this internet address count as well.";
    /// The address of a proxy is not valid.
    ProxyAddress = "proxy_address",
        "Correct this variable; it looks like http://proxy.example:8080.";
    /// The proxy cannot be reached.
    ProxyUnreachable = "proxy_unreachable",
        "Check the proxy's address in the system's settings, or in HTTPS_PROXY.";
    /// The proxy's address requires this computer to look up the name of Polar's server, but the look-up failed.
    ProxyLookup = "proxy_lookup",
        "Let the proxy look up the name: in its address, write socks5h:// instead of socks5://, or socks4a:// \
         instead of socks4://.";
    /// The proxy does not allow the connection.
    ProxyRefused = "proxy_refused",
        "Ask who runs the proxy to allow this server. If it asks for a password, put user name and password into \
         the address in HTTPS_PROXY.";
    /// The certificate is not signed by an authority that this computer trusts.
    UnknownAuthority = "unknown_authority",
        "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If a \
         company's proxy or a virus scanner opens encrypted connections here, install its root certificate in the \
         system, or name its file in SSL_CERT_FILE. If neither helps, somebody may be listening: use another \
         network.";
    /// The certificate has expired or is not valid yet, according to this computer's clock.
    CertificateDate = "certificate_date",
        "Set the date and time of this computer. If they are right, whoever opens encrypted connections in this \
         network uses an old certificate.";
    /// The certificate belongs to another server, or is broken.
    WrongCertificate = "wrong_certificate",
        "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If that \
         does not help, another server answers under Polar's name: use another network.";
    /// No encrypted connection can be established.
    NoEncryption = "no_encryption",
        "In a hotel, a train or an airport, open any page in a browser and sign in to the network first. If that \
         does not help, ask who runs this network what stands between this computer and Polar.";
    /// The clock is wrong.
    Clock = "clock",
        "Set the date, the time and the time zone of this computer, best automatically.";
    /// Polar knows no such key in this organization.
    UnknownKey = "unknown_key",
        "Compare the organization's id with Polar's dashboard (Settings, General), and the key with the mail or \
         with Polar's customer portal. A key can take a few minutes to work after the purchase.";
    /// The key, or the license on this device, belongs to Polar's other environment.
    OtherEnvironment = "other_environment",
        "Use the environment in which the key was sold. Organization and benefits have other ids there.";
    /// The license on this device belongs to another organization or server.
    OtherProduct = "other_product",
        "Compare organization, environment and app id with those of the app.";
    /// Polar denies the key.
    KeyDenied = "key_denied",
        "Look at the key in Polar's dashboard or customer portal.";
    /// The app accepts only keys of other benefits.
    OtherBenefit = "other_benefit",
        "Compare the ids of the benefits with those in Polar's dashboard. Give the app this benefit too, or use a \
         key of a benefit that it accepts.";
    /// The key does not include this version of the app.
    UpdatesEnded = "updates_ended",
        "Renew the license, or use a version of the app that was built on that day or before.";
    /// This device has no id that stays the same in the next run of the app.
    NoDeviceId = "no_device_id",
        "Set a device id, or make the directory of the license writable.";
    /// The system names no directory for the license.
    NoDirectory = "no_directory",
        "Set HOME, or name a directory.";
    /// This user may not write to the license's directory.
    NotWritable = "not_writable",
        "Let this user write there, or choose another directory.";
    /// There is no space left.
    DiskFull = "disk_full",
        "Free some space, then try again.";
    /// Another process holds the lock.
    Locked = "locked",
        "Close other programs that use this license, or try again in a few seconds.";
    /// Something else is in the place of the license file or its directory, such as a directory with the name of the
    /// file.
    Obstructed = "obstructed",
        "Move away what is there, or choose another directory.";
    /// The license file exists, but this user is not allowed to read it.
    NotReadable = "not_readable",
        "Another user has written it, an administrator for example. Let this user read and write it, or move it \
         away and activate the license key again.";
    /// Other users can read the license.
    ReadableByOthers = "readable_by_others",
        "Take the right to read from other users; the file holds the license key.";
    /// Too much time has passed since Polar last confirmed the stored license.
    LicenseLapsed = "license_lapsed",
        "Go online once, and start the app or run `polar-license validate`: the license works again as soon as \
         Polar has confirmed it.";
    /// The stored license cannot be used.
    LicenseUnusable = "license_unusable",
        "Follow the license's next step.";
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
