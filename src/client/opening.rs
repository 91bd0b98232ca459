//! Opens a client: determines its device id, creates its engine, and returns the parts of its record's name.

use std::sync::OnceLock;

use uuid::Uuid;

use super::unknown_features::UnknownFeatures;
use crate::config::Config;
use crate::device::DeviceId;
use crate::engine::{Engine, Host, Pacer, SystemName};

/// The facts about the machine that a driver passes to [`open`].
pub(crate) struct Machine {
    /// The identifier of the machine, from the operating system or from the file in the data directory. `None` if
    /// neither has one. Not used if the configuration sets a device id.
    pub(crate) source: Option<String>,
    /// The name of the system, for the default label.
    pub(crate) system: SystemName,
    /// A source of random bytes.
    pub(crate) random: fn() -> [u8; 16],
    /// Whether the driver can prevent several processes with the same record from asking Polar at the same time.
    pub(crate) takes_turns: bool,
}

/// An opened client: its engine, the warnings about unknown features, and the values that distinguish its record from
/// the records of other apps, products and devices.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    pub(crate) unknown_features: UnknownFeatures,
    pub(crate) app_id: String,
    pub(crate) product: [u8; 8],
    pub(crate) device: [u8; 8],
}

/// Creates the engine of a client. The caller still has to run [`Operation::Open`](crate::engine::Operation::Open).
pub(crate) fn open(config: Config, machine: Machine, has_own_clock: bool) -> Opened {
    let organization = config.organization_id();
    let device = match (config.device_id(), machine.source) {
        (Some(id), _) => DeviceId::from_app(&organization, id),
        (None, Some(source)) => DeviceId::derive(&organization, &source),
        // Nothing identifies this machine, and nothing can be stored. Each run of the app counts as a new device.
        (None, None) => DeviceId::derive(&organization, &random_id(machine.random)),
    };
    create(config, device, machine.system, machine.random, machine.takes_turns, has_own_clock)
}

/// Creates an engine that acts for another device. `system` is the name of that device's operating system.
#[cfg(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))))]
pub(crate) fn open_for(
    config: Config,
    device: DeviceId,
    system: SystemName,
    random: fn() -> [u8; 16],
    has_own_clock: bool,
) -> Opened {
    create(config, device, system, random, true, has_own_clock)
}

/// Creates the engine of a client, for this device or for another device.
fn create(
    config: Config,
    device: DeviceId,
    system: SystemName,
    random: fn() -> [u8; 16],
    takes_turns: bool,
    has_own_clock: bool,
) -> Opened {
    let host = Host { device, system, seed: random(), takes_turns };
    // All clients of this process have the same IP address, so they share a pacer. A client with a clock of its own
    // needs its own pacer, because a pacer can use the times of only one clock.
    let pacer = if has_own_clock { Pacer::new() } else { process_pacer() };
    let app_id = config.app_id().to_owned();
    let unknown_features = UnknownFeatures::new(&config);
    let engine = Engine::new(config, host, pacer);
    let (product, device) = engine.record_tags();
    Opened { engine, unknown_features, app_id, product, device }
}

/// Returns 32 random hexadecimal digits.
pub(crate) fn random_id(random: fn() -> [u8; 16]) -> String {
    Uuid::from_bytes(random()).simple().to_string()
}

fn process_pacer() -> Pacer {
    static PACER: OnceLock<Pacer> = OnceLock::new();
    PACER.get_or_init(Pacer::new).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(device_id: Option<&str>, source: Option<&str>, random: fn() -> [u8; 16]) -> Opened {
        let mut config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app");
        if let Some(id) = device_id {
            config = config.device_id(id);
        }
        let machine =
            Machine { source: source.map(str::to_owned), system: "Debian 12".into(), random, takes_turns: false };
        open(config.build().unwrap(), machine, true)
    }

    #[test]
    fn the_configured_device_id_comes_before_the_machines_and_a_random_one_is_the_last_resort() {
        let (one, other) = (|| [1; 16], || [2; 16]);
        let configured = opened(Some("rack 7"), Some("machine"), one);
        assert_eq!(configured.device, opened(Some("rack 7"), None, other).device);
        let machine = opened(None, Some("machine"), one);
        assert_eq!(machine.device, opened(None, Some("machine"), other).device);
        assert_ne!(machine.device, configured.device);
        assert_ne!(opened(None, None, one).device, opened(None, None, other).device);
        assert_eq!((configured.app_id.as_str(), configured.product), ("com.acme.app", machine.product));
    }
}
