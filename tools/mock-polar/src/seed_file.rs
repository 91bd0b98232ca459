//! Seeds as JSON: organizations, benefits, customers, keys and activations. What is sold is in `seed_sales`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::catalog::{Activations, Benefit, Organization};
use crate::customers::Customer;
use crate::database::Database;
use crate::error::Error;
use crate::ids;
use crate::json::{self, Object};
use crate::licenses::{License, Seat, Status};
use crate::seed_sales::{Organizations, Sales};
use crate::sold::{KeyOrder, KeySubscription};
use crate::timestamp::Timestamp;

/// The database that the text describes.
pub(crate) fn read(text: &str) -> Result<Database, Error> {
    let file: File = serde_json::from_str(text)
        .map_err(|error| Error::seed(format!("the seed cannot be read: {error}; compare it with `Seed::from_json`")))?;
    file.into_database()
}

#[derive(Deserialize)]
struct File {
    organizations: BTreeMap<String, Named<FileOrganization>>,
    benefits: BTreeMap<String, Named<FileBenefit>>,
    #[serde(default)]
    customers: BTreeMap<String, Value>,
    keys: Vec<FileKey>,
    #[serde(default)]
    activations: Vec<FileActivation>,
    #[serde(flatten)]
    sales: Sales,
}

/// An id, or an object with more.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named<T> {
    Id(String),
    Object(T),
}

#[derive(Deserialize)]
struct FileOrganization {
    id: String,
    slug: Option<String>,
    #[serde(default)]
    members: bool,
    #[serde(default)]
    seats: bool,
    #[serde(default = "yes")]
    api_access: bool,
}

#[derive(Deserialize)]
struct FileBenefit {
    id: String,
    organization: Option<String>,
    #[serde(default = "usual_activations")]
    activations: Option<Activations>,
}

#[derive(Deserialize)]
struct FileKey {
    role: Option<String>,
    key: String,
    id: Option<String>,
    organization_id: Option<String>,
    customer_id: Option<String>,
    member_id: Option<Uuid>,
    benefit: Option<String>,
    benefit_id: Option<String>,
    #[serde(default)]
    status: Status,
    limit_activations: Option<u32>,
    limit_usage: Option<u32>,
    #[serde(default)]
    usage: i32,
    expires_at: Option<Timestamp>,
    subscription: Option<KeySubscription>,
    order: Option<KeyOrder>,
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
    conditions: Object,
    #[serde(default)]
    meta: Object,
    #[serde(default)]
    soft_deleted: bool,
}

impl File {
    fn into_database(self) -> Result<Database, Error> {
        let mut database = Database::default();
        let mut ids = BTreeMap::new();
        for (name, organization) in self.organizations {
            let organization = organization.into_organization(&name)?;
            ids.insert(name, organization.id);
            database.organizations.push(organization);
        }
        let main = ids.get("main").or_else(|| ids.values().next()).copied();
        database.organization =
            main.ok_or_else(|| Error::seed("the seed has no organization; add one to `organizations`"))?;
        let organizations = Organizations { ids, main: database.organization };
        for (name, benefit) in self.benefits {
            database.benefits.push(benefit.into_benefit(name, &organizations)?);
        }
        for (index, (name, value)) in self.customers.iter().enumerate() {
            database.customers.push(customer(index, name, value, &organizations)?);
        }
        if database.customers.is_empty() {
            database.customers.push(Customer::invented(Uuid::new_v4(), database.organization, 0));
        }
        let mut roles = BTreeMap::new();
        for key in self.keys {
            let role = key.role.clone();
            let license = key.into_license(&database)?;
            roles.extend(role.map(|role| (role, license.id)));
            database.licenses.push(license);
        }
        for activation in self.activations {
            let seat = activation.into_seat(&database, &roles)?;
            database.seats.push(seat);
        }
        self.sales.add_to(&mut database, &organizations)?;
        Ok(database)
    }
}

impl Named<FileOrganization> {
    fn into_organization(self, name: &str) -> Result<Organization, Error> {
        let file = match self {
            Self::Id(id) => FileOrganization { id, slug: None, members: false, seats: false, api_access: true },
            Self::Object(file) => file,
        };
        Ok(Organization {
            id: uuid(&file.id, "organizations")?,
            slug: file.slug.unwrap_or_else(|| name.to_owned()),
            has_members: file.members,
            has_seats: file.seats,
            api_access: file.api_access,
        })
    }
}

impl Named<FileBenefit> {
    fn into_benefit(self, name: String, organizations: &Organizations) -> Result<Benefit, Error> {
        let file = match self {
            Self::Id(id) => FileBenefit { id, organization: None, activations: usual_activations() },
            Self::Object(file) => file,
        };
        let organization = organizations.find(file.organization.as_deref())?;
        Ok(Benefit { id: uuid(&file.id, "benefits")?, name, organization, activations: file.activations })
    }
}

impl FileKey {
    fn into_license(self, database: &Database) -> Result<License, Error> {
        let key = self.key;
        let benefit = match (&self.benefit_id, &self.benefit) {
            (Some(id), _) => uuid(id, "benefit_id")?,
            (None, Some(name)) => database.benefit(name).ok_or_else(|| {
                let known = database.benefit_names();
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
        let default_customer = database.customers.first().map(|customer| customer.id);
        let customer = match &self.customer_id {
            Some(id) => Some(uuid(id, "customer_id")?),
            None => default_customer,
        };
        let known = customer.filter(|id| database.customers.iter().any(|customer| customer.id == *id));
        let customer = known.ok_or_else(|| {
            Error::seed(format!("key `{key}` belongs to an unknown customer; add its `customer_id` to `customers`"))
        })?;
        Ok(License {
            id: self.id.as_deref().map_or_else(|| Ok(Uuid::new_v4()), |id| uuid(id, "id"))?,
            organization: self
                .organization_id
                .as_deref()
                .map_or(Ok(database.organization), |id| uuid(id, "organization_id"))?,
            benefit,
            customer,
            member: self.member_id,
            status: self.status,
            limit_activations: self.limit_activations,
            limit_usage: self.limit_usage,
            usage: self.usage,
            expires_at: self.expires_at,
            subscription: self.subscription,
            order: self.order,
            deleted: self.soft_deleted,
            key,
            ..License::blank()
        })
    }
}

impl FileActivation {
    fn into_seat(self, database: &Database, roles: &BTreeMap<String, Uuid>) -> Result<Seat, Error> {
        let by_role = self.key_role.as_ref().and_then(|role| roles.get(role).copied());
        let by_key = || self.key.as_ref().and_then(|key| database.license(key)).map(|license| license.id);
        let license = by_role.or_else(by_key).ok_or_else(|| {
            let label = &self.label;
            Error::seed(format!(
                "activation `{label}` belongs to no key of this seed; give it `key_role` (a key's `role`) or `key`"
            ))
        })?;
        Ok(Seat {
            id: self.id.as_deref().map_or_else(|| Ok(Uuid::new_v4()), |id| uuid(id, "id"))?,
            license,
            label: self.label,
            conditions: json::stored(&self.conditions),
            meta: json::stored(&self.meta),
            created_at: Timestamp::SEEDED,
            modified_at: None,
            deleted: self.soft_deleted,
        })
    }
}

fn customer(index: usize, name: &str, value: &Value, organizations: &Organizations) -> Result<Customer, Error> {
    if let Value::String(id) = value {
        return Ok(Customer::invented(uuid(id, "customers")?, organizations.main, index));
    }
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let id = text("id")
        .ok_or_else(|| Error::seed(format!("customer `{name}` has no `id`; write its id, or an object with `id`")))?;
    let organization = match text("organization_id") {
        Some(id) => uuid(id, "organization_id")?,
        None => organizations.find(text("organization"))?,
    };
    Ok(Customer::described(uuid(id, "customers")?, organization, value))
}

/// Other versions are rejected, because Polar rejects requests with them.
pub(crate) fn uuid(text: &str, place: &str) -> Result<Uuid, Error> {
    match Uuid::parse_str(text) {
        Ok(id) if ids::is_version_4(id) => Ok(id),
        _ => Err(Error::seed(format!(
            "`{text}` in `{place}` is not a UUID of version 4; write one like `{}`",
            "a0010000-0000-4000-8000-000000000001"
        ))),
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::unnecessary_wraps, reason = "in a file, `null` says that keys need no activation")]
fn usual_activations() -> Option<Activations> {
    Some(Activations { limit: 2, enable_customer_admin: true })
}
