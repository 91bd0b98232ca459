//! What a server starts with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use uuid::{Uuid, Variant};

use crate::error::Error;
use crate::json::{Json, Object};
use crate::people::Customer;
use crate::time::Timestamp;
use crate::world::{Benefit, License, Seat, Status, World};

/// The organization of the demo seed.
pub const DEMO_ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";
/// The demo seed's benefit `pro`.
pub const DEMO_BENEFIT_PRO: &str = "de300000-0000-4000-8000-0000000000b1";
/// The demo seed's benefit `basic`.
pub const DEMO_BENEFIT_BASIC: &str = "de300000-0000-4000-8000-0000000000b2";
/// `pro`, without limits: validates everywhere and needs no activation.
pub const DEMO_KEY_PLAIN: &str = "DEMO-PLAIN";
/// `pro`, for two devices.
pub const DEMO_KEY_TWO_DEVICES: &str = "DEMO-TWO-DEVICES";
/// `pro`, for one device.
pub const DEMO_KEY_ONE_DEVICE: &str = "DEMO-ONE-DEVICE";
/// `basic`, for two devices.
pub const DEMO_KEY_BASIC: &str = "DEMO-BASIC";
/// `pro`, good for ten uses.
pub const DEMO_KEY_TEN_USES: &str = "DEMO-TEN-USES";
/// `pro`, for two devices, expired since 2025.
pub const DEMO_KEY_EXPIRED: &str = "DEMO-EXPIRED";
/// `pro`, for two devices, revoked.
pub const DEMO_KEY_REVOKED: &str = "DEMO-REVOKED";
/// `pro`, for two devices, disabled by the merchant.
pub const DEMO_KEY_DISABLED: &str = "DEMO-DISABLED";

/// Organizations, benefits, customers, keys and activations that a server starts with and returns to on reset.
///
/// ```
/// use mock_polar::{MockPolar, Seed};
///
/// let seed = Seed::from_json(r#"{
///     "organizations": { "main": "a0010000-0000-4000-8000-000000000001" },
///     "benefits": { "pro": "b0010000-0000-4000-8000-000000000001" },
///     "keys": [
///         { "key": "MY-FIRST-KEY", "benefit": "pro", "limit_activations": 3 },
///         { "key": "MY-OLD-KEY", "benefit": "pro", "expires_at": "2025-01-01T00:00:00Z" }
///     ]
/// }"#)?;
/// let polar = MockPolar::builder().seed(seed).start()?;
/// assert_eq!(polar.key("MY-FIRST-KEY").limit_activations, Some(3));
/// # Ok::<(), mock_polar::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Seed {
    world: World,
}

impl Seed {
    /// Reads a seed from JSON. Unknown fields are ignored.
    ///
    /// - `organizations`, `benefits`: name to id (UUID version 4). The organization named `main`, or else the first by
    ///   name, is the one that new keys belong to.
    /// - `customers` (optional): name to id, or to an object with `id` and Polar's fields of a customer (`email`,
    ///   `name`, …). A customer given by its id alone is an invented person.
    /// - `keys`: `key`; `benefit` (name) or `benefit_id`; optional `role` (a name for it in this file), `id`,
    ///   `organization_id`, `customer_id`, `status` (`granted`, `revoked`, `disabled`), `limit_activations`,
    ///   `limit_usage`, `usage`, `expires_at`, `soft_deleted`.
    /// - `activations` (optional): `key_role` or `key`; optional `id`, `label`, `conditions`, `meta`, `soft_deleted`.
    ///
    /// # Errors
    /// If the text is not JSON, or a name or id leads nowhere; the message says what to change.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            Error::seed(format!("the seed cannot be read: {error}; compare it with `Seed::from_json`"))
        })?;
        Ok(Self { world: file.into_world()? })
    }

    /// One organization with a key for each situation that an app meets: see the `DEMO_` constants.
    pub fn demo() -> Self {
        let id = |last: u128| Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0000 | last);
        let organization = id(1);
        let (pro, basic) = (id(0xb1), id(0xb2));
        let customers = vec![Customer::invented(id(0xc1), 0), Customer::invented(id(0xc2), 1)];
        let key = |number: u128, key: &str| License {
            id: id(0x1000 + number),
            key: key.to_owned(),
            organization,
            benefit: pro,
            customer: id(0xc1),
            ..License::blank()
        };
        let two_devices = |number, name| License { limit_activations: Some(2), ..key(number, name) };
        let licenses = vec![
            key(1, DEMO_KEY_PLAIN),
            two_devices(2, DEMO_KEY_TWO_DEVICES),
            License { limit_activations: Some(1), ..key(3, DEMO_KEY_ONE_DEVICE) },
            License { benefit: basic, customer: id(0xc2), ..two_devices(4, DEMO_KEY_BASIC) },
            License { limit_usage: Some(10), ..key(5, DEMO_KEY_TEN_USES) },
            License { expires_at: Some(EXPIRED), ..two_devices(6, DEMO_KEY_EXPIRED) },
            License { status: Status::Revoked, ..two_devices(7, DEMO_KEY_REVOKED) },
            License { status: Status::Disabled, ..two_devices(8, DEMO_KEY_DISABLED) },
        ];
        let benefits =
            vec![Benefit { name: "pro".to_owned(), id: pro }, Benefit { name: "basic".to_owned(), id: basic }];
        Self { world: World { organization, benefits, customers, licenses, seats: Vec::new() } }
    }

    pub(crate) fn world(&self) -> World {
        self.world.clone()
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self::demo()
    }
}

/// 2025-01-01T00:00:00Z.
const EXPIRED: Timestamp = Timestamp::from_unix_seconds(1_735_689_600);
/// 2026-01-02T03:04:05.678901Z.
const CREATED: Timestamp = Timestamp::from_unix_micros(1_767_323_045_678_901);

impl License {
    /// A granted key without limits, with fresh ids, created before any test.
    pub(crate) fn blank() -> Self {
        Self {
            id: Uuid::new_v4(),
            key: String::new(),
            organization: Uuid::nil(),
            benefit: Uuid::nil(),
            customer: Uuid::nil(),
            status: Status::Granted,
            limit_activations: None,
            limit_usage: None,
            usage: 0,
            validations: 0,
            last_validated_at: None,
            expires_at: None,
            created_at: CREATED,
            modified_at: None,
            deleted: false,
        }
    }
}

#[derive(Deserialize)]
struct File {
    organizations: BTreeMap<String, String>,
    benefits: BTreeMap<String, String>,
    #[serde(default)]
    customers: BTreeMap<String, Value>,
    keys: Vec<FileKey>,
    #[serde(default)]
    activations: Vec<FileActivation>,
}

#[derive(Deserialize)]
struct FileKey {
    role: Option<String>,
    key: String,
    id: Option<String>,
    organization_id: Option<String>,
    customer_id: Option<String>,
    benefit: Option<String>,
    benefit_id: Option<String>,
    #[serde(default)]
    status: Status,
    limit_activations: Option<u32>,
    limit_usage: Option<u32>,
    #[serde(default)]
    usage: i32,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    soft_deleted: bool,
}

#[derive(Deserialize)]
struct FileActivation {
    id: Option<String>,
    key_role: Option<String>,
    key: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    conditions: Value,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    soft_deleted: bool,
}

impl File {
    fn into_world(self) -> Result<World, Error> {
        let main = self.organizations.get("main").or_else(|| self.organizations.values().next());
        let main = main.ok_or_else(|| Error::seed("the seed has no organization; add one to `organizations`"))?;
        let organization = uuid(main, "organizations")?;
        for id in self.organizations.values() {
            uuid(id, "organizations")?;
        }
        let benefits: Vec<Benefit> = self
            .benefits
            .iter()
            .map(|(name, id)| Ok(Benefit { name: name.clone(), id: uuid(id, "benefits")? }))
            .collect::<Result<_, Error>>()?;
        let mut customers: Vec<Customer> = self
            .customers
            .iter()
            .enumerate()
            .map(|(index, (name, value))| customer(index, name, value))
            .collect::<Result<_, Error>>()?;
        if customers.is_empty() {
            customers.push(Customer::invented(Uuid::new_v4(), 0));
        }
        let mut world = World { organization, benefits, customers, licenses: Vec::new(), seats: Vec::new() };
        let mut roles = BTreeMap::new();
        for key in self.keys {
            let role = key.role.clone();
            let license = key.into_license(&world)?;
            roles.extend(role.map(|role| (role, license.id)));
            world.licenses.push(license);
        }
        for activation in self.activations {
            let seat = activation.into_seat(&world, &roles)?;
            world.seats.push(seat);
        }
        Ok(world)
    }
}

impl FileKey {
    fn into_license(self, world: &World) -> Result<License, Error> {
        let key = self.key;
        let benefit = match (&self.benefit_id, &self.benefit) {
            (Some(id), _) => uuid(id, "benefit_id")?,
            (None, Some(name)) => world.benefit(name).ok_or_else(|| {
                let known = world.benefit_names();
                Error::seed(format!(
                    "key `{key}` names the benefit `{name}`; add it to `benefits` or use one of {known}"
                ))
            })?,
            (None, None) => {
                return Err(Error::seed(format!(
                    "key `{key}` has no benefit; give it `benefit` (a name) or `benefit_id`"
                )));
            }
        };
        let default_customer = world.customers.first().map(|customer| customer.id);
        let customer = match &self.customer_id {
            Some(id) => Some(uuid(id, "customer_id")?),
            None => default_customer,
        };
        let known = customer.filter(|id| world.customers.iter().any(|customer| customer.id == *id));
        let customer = known.ok_or_else(|| {
            Error::seed(format!(
                "key `{key}` belongs to a customer that is not there; add its `customer_id` to `customers`"
            ))
        })?;
        Ok(License {
            id: self.id.as_deref().map_or_else(|| Ok(Uuid::new_v4()), |id| uuid(id, "id"))?,
            organization: self
                .organization_id
                .as_deref()
                .map_or(Ok(world.organization), |id| uuid(id, "organization_id"))?,
            benefit,
            customer,
            status: self.status,
            limit_activations: self.limit_activations,
            limit_usage: self.limit_usage,
            usage: self.usage,
            expires_at: self.expires_at,
            deleted: self.soft_deleted,
            key,
            ..License::blank()
        })
    }
}

impl FileActivation {
    fn into_seat(self, world: &World, roles: &BTreeMap<String, Uuid>) -> Result<Seat, Error> {
        let by_role = self.key_role.as_ref().and_then(|role| roles.get(role).copied());
        let by_key = || self.key.as_ref().and_then(|key| world.license(key)).map(|license| license.id);
        let license = by_role.or_else(by_key).ok_or_else(|| {
            let label = &self.label;
            Error::seed(format!(
                "activation `{label}` names no key of this seed; give it `key_role` (a key's `role`) or `key`"
            ))
        })?;
        Ok(Seat {
            id: self.id.as_deref().map_or_else(|| Ok(Uuid::new_v4()), |id| uuid(id, "id"))?,
            license,
            label: self.label,
            conditions: object(&self.conditions),
            meta: object(&self.meta),
            created_at: CREATED,
            modified_at: None,
            deleted: self.soft_deleted,
        })
    }
}

fn customer(index: usize, name: &str, value: &Value) -> Result<Customer, Error> {
    match value {
        Value::String(id) => Ok(Customer::invented(uuid(id, "customers")?, index)),
        described => {
            let id = described.get("id").and_then(Value::as_str).ok_or_else(|| {
                Error::seed(format!("customer `{name}` has no `id`; write its id, or an object with `id`"))
            })?;
            Ok(Customer::described(uuid(id, "customers")?, described))
        }
    }
}

/// Other versions are refused, because Polar refuses requests that name them.
fn uuid(text: &str, place: &str) -> Result<Uuid, Error> {
    match Uuid::parse_str(text) {
        Ok(id) if id.get_version_num() == 4 && id.get_variant() == Variant::RFC4122 => Ok(id),
        _ => Err(Error::seed(format!(
            "`{text}` in `{place}` is not a UUID of version 4; write one like `{}`",
            "a0010000-0000-4000-8000-000000000001"
        ))),
    }
}

/// Through the reader that requests take, so that numbers compare alike.
fn object(value: &Value) -> Object {
    match Json::read(value.to_string().as_bytes()) {
        Ok(Json::Object(entries)) => entries.into_iter().map(|(name, value)| (name, value.stored())).collect(),
        _ => Object::new(),
    }
}
