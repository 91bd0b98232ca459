//! Reads seeds from JSON. Most entries for the customer portal have the same form as in the database, so they are
//! parsed directly into the database's types.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::catalog::{Activations, Benefit, Organization, Price, Product};
use crate::checkout::{Checkout, CheckoutLink};
use crate::customers::{Customer, Member};
use crate::database::Database;
use crate::error::Error;
use crate::ids;
use crate::licenses::{License, Seat, Status};
use crate::purchases::{Grant, Order, TeamSeat};
use crate::sessions::{Code, Session, Subject};
use crate::sold::{KeyOrder, KeySubscription};
use crate::timestamp::Timestamp;

/// Returns the database that the text describes.
pub(crate) fn read(text: &str) -> Result<Database, Error> {
    serde_json::from_str::<File>(text).map_err(|error| unreadable("the seed", &error))?.into_database()
}

#[derive(Deserialize)]
struct File {
    organizations: BTreeMap<String, Value>,
    benefits: BTreeMap<String, Value>,
    #[serde(default)]
    customers: BTreeMap<String, Value>,
    keys: Vec<FileKey>,
    #[serde(default)]
    activations: Vec<FileActivation>,
    #[serde(default)]
    products: Vec<FileProduct>,
    #[serde(default)]
    sessions: Vec<FileSession>,
    vendor_token: Option<String>,
    #[serde(default)]
    members: Vec<Member>,
    #[serde(default)]
    orders: Vec<Order>,
    #[serde(default)]
    benefit_grants: Vec<Grant>,
    #[serde(default)]
    seats: Vec<TeamSeat>,
    #[serde(default)]
    checkouts: Vec<Checkout>,
    #[serde(default)]
    checkout_links: Vec<CheckoutLink>,
    #[serde(default)]
    codes: Vec<Code>,
}

/// A UUID of version 4. Polar rejects requests with any other id.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Id(Uuid);

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = Uuid::parse_str(&text).ok().filter(|id| ids::is_version_4(*id));
        let example = "a0010000-0000-4000-8000-000000000001";
        id.map(Self).ok_or_else(|| format!("`{text}` is not a UUID of version 4; write one like `{example}`"))
    }
}

#[derive(Deserialize)]
struct FileOrganization {
    id: Id,
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
    id: Id,
    organization: Option<String>,
    #[serde(default = "usual_activations")]
    activations: Option<Activations>,
}

#[derive(Deserialize)]
struct FileCustomer {
    id: Id,
    organization_id: Option<Id>,
    organization: Option<String>,
}

#[derive(Deserialize)]
struct FileKey {
    role: Option<String>,
    key: String,
    id: Option<Id>,
    organization_id: Option<Id>,
    customer_id: Option<Id>,
    member_id: Option<Uuid>,
    benefit: Option<String>,
    benefit_id: Option<Id>,
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
    id: Option<Id>,
    key_role: Option<String>,
    key: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    conditions: Map<String, Value>,
    #[serde(default)]
    meta: Map<String, Value>,
    #[serde(default)]
    soft_deleted: bool,
}

#[derive(Deserialize)]
struct FileProduct {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    #[serde(default = "Uuid::new_v4")]
    price_id: Uuid,
    organization: Option<String>,
    name: String,
    amount: Option<u32>,
    seat_amount: Option<u32>,
    recurring: Option<String>,
    visibility: Option<String>,
    #[serde(default)]
    archived: bool,
    benefit: Option<Uuid>,
}

#[derive(Deserialize)]
struct FileSession {
    token: String,
    customer_id: Option<Uuid>,
    member_id: Option<Uuid>,
    #[serde(default = "Timestamp::far_future")]
    expires: Timestamp,
    return_url: Option<String>,
}

/// The ids of the organizations, by the names that the seed file gives them. An entry of the file that names no
/// organization belongs to `main`.
struct Organizations {
    ids: BTreeMap<String, Uuid>,
    main: Uuid,
}

impl Organizations {
    fn find(&self, name: Option<&str>) -> Result<Uuid, Error> {
        let Some(name) = name else {
            return Ok(self.main);
        };
        let unknown = || Error::seed(format!("there is no organization `{name}`; add it to `organizations`"));
        self.ids.get(name).copied().ok_or_else(unknown)
    }
}

impl File {
    fn into_database(self) -> Result<Database, Error> {
        let mut database = Database {
            members: self.members,
            orders: self.orders,
            grants: self.benefit_grants,
            team_seats: self.seats.into_iter().map(TeamSeat::with_dates).collect(),
            checkouts: self.checkouts,
            links: self.checkout_links,
            codes: self.codes,
            ..Database::default()
        };
        let organizations = add_organizations(&mut database, self.organizations)?;
        for (name, benefit) in self.benefits {
            database.benefits.push(read_benefit(name, benefit, &organizations)?);
        }
        for (index, (name, customer)) in self.customers.into_iter().enumerate() {
            database.customers.push(read_customer(index, &name, customer, &organizations)?);
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
        for product in self.products {
            database.products.push(product.into_product(&organizations)?);
        }
        for session in self.sessions {
            database.sessions.push(session.into_session()?);
        }
        let subject = Subject::Vendor(database.organization);
        let vendor = |token| Session { token, subject, expires_at: Timestamp::far_future(), return_url: None };
        database.sessions.extend(self.vendor_token.map(vendor));
        Ok(database)
    }
}

fn add_organizations(database: &mut Database, described: BTreeMap<String, Value>) -> Result<Organizations, Error> {
    let mut ids = BTreeMap::new();
    for (name, value) in described {
        let file: FileOrganization = read_described(&name, value)?;
        ids.insert(name.clone(), file.id.0);
        database.organizations.push(Organization {
            id: file.id.0,
            slug: file.slug.unwrap_or(name),
            has_members: file.members,
            has_seats: file.seats,
            api_access: file.api_access,
        });
    }
    let main = ids.get("main").or_else(|| ids.values().next()).copied();
    let main = main.ok_or_else(|| Error::seed("the seed has no organization; add one to `organizations`"))?;
    database.organization = main;
    Ok(Organizations { ids, main })
}

fn read_benefit(name: String, value: Value, organizations: &Organizations) -> Result<Benefit, Error> {
    let file: FileBenefit = read_described(&name, value)?;
    let organization = organizations.find(file.organization.as_deref())?;
    Ok(Benefit { id: file.id.0, name, organization, activations: file.activations })
}

fn read_customer(index: usize, name: &str, value: Value, organizations: &Organizations) -> Result<Customer, Error> {
    let is_invented = value.is_string();
    let file: FileCustomer = read_described(name, value.clone())?;
    if is_invented {
        return Ok(Customer::invented(file.id.0, organizations.main, index));
    }
    let organization = match file.organization_id {
        Some(id) => id.0,
        None => organizations.find(file.organization.as_deref())?,
    };
    Ok(Customer::described(file.id.0, organization, &value))
}

impl FileKey {
    fn into_license(self, database: &Database) -> Result<License, Error> {
        let key = self.key;
        let benefit = match (self.benefit_id, &self.benefit) {
            (Some(id), _) => id.0,
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
        let customer = match self.customer_id {
            Some(id) => database.customer(id.0),
            None => database.customers.first(),
        };
        let customer = customer.ok_or_else(|| {
            Error::seed(format!("key `{key}` belongs to an unknown customer; add its `customer_id` to `customers`"))
        })?;
        Ok(License {
            id: self.id.map_or_else(Uuid::new_v4, |id| id.0),
            organization: self.organization_id.map_or(database.organization, |id| id.0),
            benefit,
            customer: customer.id,
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
            id: self.id.map_or_else(Uuid::new_v4, |id| id.0),
            license,
            label: self.label,
            conditions: self.conditions,
            meta: self.meta,
            created_at: Timestamp::SEEDED,
            modified_at: None,
            deleted: self.soft_deleted,
        })
    }
}

impl FileProduct {
    fn into_product(self, organizations: &Organizations) -> Result<Product, Error> {
        let price = match (self.amount, self.seat_amount) {
            (Some(cents), _) => Price::Fixed(cents),
            (None, Some(cents)) => Price::PerSeat(cents),
            (None, None) => {
                let name = &self.name;
                return Err(Error::seed(format!("product `{name}` has no price; give it `amount` or `seat_amount`")));
            }
        };
        Ok(Product {
            id: self.id,
            organization: organizations.find(self.organization.as_deref())?,
            name: self.name,
            price_id: self.price_id,
            price,
            recurring: self.recurring,
            is_public: self.visibility.is_none_or(|visibility| visibility == "public"),
            is_archived: self.archived,
            benefit: self.benefit,
        })
    }
}

impl FileSession {
    fn into_session(self) -> Result<Session, Error> {
        let customer = self.customer_id.map(Subject::Customer);
        let subject = customer.or_else(|| self.member_id.map(Subject::Member)).ok_or_else(|| {
            let token = &self.token;
            Error::seed(format!("session `{token}` belongs to nobody; give it `customer_id` or `member_id`"))
        })?;
        Ok(Session { token: self.token, subject, expires_at: self.expires, return_url: self.return_url })
    }
}

/// Reads an object. A string is read as an object that has only an `id`.
fn read_described<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Error> {
    let value = if value.is_string() { json!({ "id": value }) } else { value };
    serde_json::from_value(value).map_err(|error| unreadable(&format!("`{name}`"), &error))
}

fn unreadable(part: &str, error: &serde_json::Error) -> Error {
    Error::seed(format!("{part} cannot be read: {error}; compare it with `Seed::from_json`"))
}

fn yes() -> bool {
    true
}

#[expect(clippy::unnecessary_wraps, reason = "in a file, `null` says that keys need no activation")]
fn usual_activations() -> Option<Activations> {
    Some(Activations { limit: 2, enable_customer_admin: true })
}
