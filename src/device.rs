//! The id of this device: a hash that is the same at every start. Polar gets it with an activation, and the record is
//! sealed with it. This module does no I/O: the driver finds the machine's identifier. The identifier itself is never
//! shown or sent.
//!
//! ```text
//! derive    SHA-256("polar-license device 1\0" + organization + "\0" + source)      first 16 bytes, lower-case hex
//! from_app  SHA-256("polar-license app device 1\0" + organization + "\0" + value)  first 16 bytes, lower-case hex
//! ```
//! `organization` is the UUID with hyphens in lower case. `source` is the machine's identifier in UTF-8, without ASCII
//! white space (tab, line feed, form feed, carriage return, space) at either end. `value` is the app's own text,
//! unchanged. Both hashes include the organization, so the same machine has a different id for each vendor.
//!
//! Every implementation reproduces these test vectors:
//!
//! | | input | device id |
//! |---|---|---|
//! | `derive` | `0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11`, `4c4c4544004b4d108052b4c04f4e3232` | `88e1ddede2840cb0e745bb06645b5535` |
//! | `derive` | `0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11`, ` 4C4C4544-004B-4D10-8052-B4C04F4E3232\r\n` | `81bf8fbd769021b2e19967af26f51e48` |
//! | `derive` | `ffffffff-ffff-4fff-bfff-ffffffffffff`, `4c4c4544004b4d108052b4c04f4e3232` | `658a3a4cf7f90c7a8e04bfe5dbdf8517` |
//! | `from_app` | `0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11`, `rack 7, slot 3` | `e5f4ec90d1e14ed717ae01934bb3a6a7` |
//! | `from_app` | `0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11`, `Gerät-1` | `2f5699fd51cdf66585ddc9e37e0c58b7` |

use hmac_sha256::Hash;
use std::fmt;
use uuid::Uuid;

const MACHINE_DOMAIN: &[u8] = b"polar-license device 1\0";
const APP_DOMAIN: &[u8] = b"polar-license app device 1\0";

/// A device's id: 32 lower-case hexadecimal digits. `Debug` shows the first four.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// Returns the id that the machine with the identifier `source` has for one organization.
    ///
    /// ```
    /// use polar_license::device::DeviceId;
    ///
    /// let organization = "0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11".parse().unwrap();
    /// let device = DeviceId::derive(&organization, "4c4c4544004b4d108052b4c04f4e3232\n");
    /// assert_eq!(device.as_str(), "88e1ddede2840cb0e745bb06645b5535");
    /// ```
    pub fn derive(organization: &Uuid, source: &str) -> Self {
        Self::hash(MACHINE_DOMAIN, organization, source.trim_matches(|c: char| c.is_ascii_whitespace()))
    }

    /// Returns the id for a value that the app has chosen, such as a dongle's serial number. The value is hashed, so
    /// that it never leaves the machine in a readable form.
    pub fn from_app(organization: &Uuid, value: &str) -> Self {
        Self::hash(APP_DOMAIN, organization, value)
    }

    /// Returns the 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the 16 bytes that the digits stand for.
    pub(crate) fn to_bytes(&self) -> [u8; 16] {
        u128::from_str_radix(&self.0, 16).unwrap_or_default().to_be_bytes()
    }

    /// Creates an id from the 16 bytes that another device has written into a text.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    fn hash(domain: &[u8], organization: &Uuid, source: &str) -> Self {
        let input = [domain, organization.to_string().as_bytes(), b"\0", source.as_bytes()].concat();
        let first_half = Hash::hash(&input).first_chunk().copied().unwrap_or_default();
        Self(format!("{:032x}", u128::from_be_bytes(first_half)))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({}…)", self.0.get(..4).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: Uuid = Uuid::from_u128(0x0b5a3e3c_8f3f_4d2a_9b59_0d8a5f6c7e11);
    const OTHER: Uuid = Uuid::from_u128(0xffffffff_ffff_4fff_bfff_ffffffffffff);
    const MACHINE: &str = "4c4c4544004b4d108052b4c04f4e3232";

    #[test]
    fn ids_match_the_vectors_of_the_module_head() {
        let derived = DeviceId::derive(&ORGANIZATION, MACHINE);
        assert_eq!(derived.as_str(), "88e1ddede2840cb0e745bb06645b5535");
        let untrimmed = DeviceId::derive(&ORGANIZATION, " 4C4C4544-004B-4D10-8052-B4C04F4E3232\r\n");
        assert_eq!(untrimmed.as_str(), "81bf8fbd769021b2e19967af26f51e48");
        assert_eq!(DeviceId::derive(&OTHER, MACHINE).as_str(), "658a3a4cf7f90c7a8e04bfe5dbdf8517");
        assert_eq!(DeviceId::from_app(&ORGANIZATION, "rack 7, slot 3").as_str(), "e5f4ec90d1e14ed717ae01934bb3a6a7");
        assert_eq!(DeviceId::from_app(&ORGANIZATION, "Gerät-1").as_str(), "2f5699fd51cdf66585ddc9e37e0c58b7");
    }

    #[test]
    fn white_space_around_a_machine_identifier_does_not_count() {
        let plain = DeviceId::derive(&ORGANIZATION, MACHINE);
        assert_eq!(DeviceId::derive(&ORGANIZATION, &format!("\t{MACHINE} \r\n\x0c")), plain);
    }

    #[test]
    fn an_apps_value_is_hashed_unchanged() {
        assert_ne!(DeviceId::from_app(&ORGANIZATION, "a"), DeviceId::from_app(&ORGANIZATION, "a "));
        assert_ne!(DeviceId::from_app(&ORGANIZATION, MACHINE), DeviceId::derive(&ORGANIZATION, MACHINE));
    }

    #[test]
    fn debug_shows_four_digits() {
        let id = DeviceId::from_app(&ORGANIZATION, "a");
        assert_eq!(format!("{id:?}"), format!("DeviceId({}…)", id.as_str().get(..4).unwrap()));
    }
}
