//! What is sold and to whom, in a seed as JSON: members, products, orders, checkouts, tokens.

use std::collections::BTreeMap;

use serde::Deserialize;
use uuid::Uuid;

use crate::catalog::{Price, Product};
use crate::checkout::{Checkout, CheckoutLink, CheckoutStatus};
use crate::customers::{Member, Role};
use crate::database::Database;
use crate::error::Error;
use crate::purchases::{Grant, Order, TeamSeat, TeamSeatStatus};
use crate::sessions::{Code, Session, Subject};
use crate::timestamp::Timestamp;

/// The organizations of a seed by name.
pub(crate) struct Organizations {
    pub(crate) ids: BTreeMap<String, Uuid>,
    pub(crate) main: Uuid,
}

impl Organizations {
    pub(crate) fn find(&self, name: Option<&str>) -> Result<Uuid, Error> {
        let Some(name) = name else {
            return Ok(self.main);
        };
        let unknown = || Error::seed(format!("there is no organization `{name}`; add it to `organizations`"));
        self.ids.get(name).copied().ok_or_else(unknown)
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Sales {
    members: Vec<FileMember>,
    products: Vec<FileProduct>,
    orders: Vec<FileOrder>,
    benefit_grants: Vec<FileGrant>,
    seats: Vec<FileSeat>,
    checkouts: Vec<FileCheckout>,
    checkout_links: Vec<FileLink>,
    sessions: Vec<FileSession>,
    codes: Vec<FileCode>,
    vendor_token: Option<String>,
}

#[derive(Deserialize)]
struct FileMember {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    customer_id: Uuid,
    email: String,
    name: Option<String>,
    #[serde(default)]
    role: Role,
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
struct FileOrder {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    customer_id: Uuid,
    product_id: Uuid,
    seats: Option<u32>,
    checkout_id: Option<Uuid>,
}

#[derive(Deserialize)]
struct FileGrant {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    customer_id: Uuid,
    member_id: Option<Uuid>,
    benefit_id: Uuid,
    order_id: Option<Uuid>,
    key_id: Uuid,
    #[serde(default = "yes")]
    granted: bool,
}

#[derive(Deserialize)]
struct FileSeat {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    order_id: Uuid,
    status: TeamSeatStatus,
    customer_id: Option<Uuid>,
    member_id: Option<Uuid>,
    email: Option<String>,
    token: Option<String>,
    token_expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct FileCheckout {
    #[serde(default = "Uuid::new_v4")]
    id: Uuid,
    client_secret: String,
    #[serde(default = "open")]
    status: CheckoutStatus,
    product_id: Uuid,
    customer_id: Option<Uuid>,
    customer_email: Option<String>,
    success_url: Option<String>,
    #[serde(default = "never")]
    expires: Timestamp,
}

#[derive(Deserialize)]
struct FileLink {
    client_secret: String,
    product_id: Uuid,
    success_url: Option<String>,
}

#[derive(Deserialize)]
struct FileSession {
    token: String,
    customer_id: Option<Uuid>,
    member_id: Option<Uuid>,
    #[serde(default = "never")]
    expires: Timestamp,
    return_url: Option<String>,
}

#[derive(Deserialize)]
struct FileCode {
    code: String,
    customer_id: Uuid,
    email: String,
    #[serde(default = "never")]
    expires: Timestamp,
}

impl Sales {
    pub(crate) fn add_to(self, database: &mut Database, organizations: &Organizations) -> Result<(), Error> {
        for product in self.products {
            database.products.push(product.into_product(organizations)?);
        }
        for session in self.sessions {
            database.sessions.push(session.into_session()?);
        }
        if let Some(token) = self.vendor_token {
            let subject = Subject::Vendor(database.organization);
            database.sessions.push(Session { token, subject, expires_at: never(), return_url: None });
        }
        database.members.extend(self.members.into_iter().map(FileMember::into_member));
        database.orders.extend(self.orders.into_iter().map(FileOrder::into_order));
        database.grants.extend(self.benefit_grants.into_iter().map(FileGrant::into_grant));
        database.team_seats.extend(self.seats.into_iter().map(FileSeat::into_seat));
        database.checkouts.extend(self.checkouts.into_iter().map(FileCheckout::into_checkout));
        database.links.extend(self.checkout_links.into_iter().map(FileLink::into_link));
        database.codes.extend(self.codes.into_iter().map(FileCode::into_code));
        Ok(())
    }
}

impl FileMember {
    fn into_member(self) -> Member {
        let Self { id, customer_id: customer, email, name, role } = self;
        Member { id, customer, email, name, role, created_at: Timestamp::SEEDED }
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

impl FileOrder {
    fn into_order(self) -> Order {
        let Self { id, customer_id: customer, product_id: product, seats, checkout_id: checkout } = self;
        Order { id, customer, product, seats, checkout }
    }
}

impl FileGrant {
    fn into_grant(self) -> Grant {
        Grant {
            id: self.id,
            customer: self.customer_id,
            member: self.member_id,
            benefit: self.benefit_id,
            order: self.order_id,
            license: self.key_id,
            is_granted: self.granted,
            created_at: Timestamp::SEEDED,
            modified_at: None,
        }
    }
}

impl FileSeat {
    fn into_seat(self) -> TeamSeat {
        let at = |status| (self.status == status).then_some(Timestamp::SEEDED);
        TeamSeat {
            id: self.id,
            order: self.order_id,
            status: self.status,
            customer: self.customer_id,
            member: self.member_id,
            email: self.email,
            invitation: self.token,
            invitation_expires_at: self.token_expires,
            created_at: Timestamp::SEEDED,
            modified_at: None,
            claimed_at: at(TeamSeatStatus::Claimed),
            revoked_at: at(TeamSeatStatus::Revoked),
        }
    }
}

impl FileCheckout {
    fn into_checkout(self) -> Checkout {
        Checkout {
            id: self.id,
            status: self.status,
            customer: self.customer_id,
            customer_email: self.customer_email,
            locale: None,
            allow_trial: None,
            payment: serde_json::Map::new(),
            expires_at: self.expires,
            ..Checkout::new(self.product_id, self.success_url, self.client_secret, Timestamp::SEEDED)
        }
    }
}

impl FileLink {
    fn into_link(self) -> CheckoutLink {
        CheckoutLink { secret: self.client_secret, product: self.product_id, success_url: self.success_url }
    }
}

impl FileSession {
    fn into_session(self) -> Result<Session, Error> {
        let subject = match (self.customer_id, self.member_id) {
            (Some(customer), _) => Subject::Customer(customer),
            (None, Some(member)) => Subject::Member(member),
            (None, None) => {
                let token = &self.token;
                return Err(Error::seed(format!(
                    "session `{token}` belongs to nobody; give it `customer_id` or `member_id`"
                )));
            }
        };
        Ok(Session { token: self.token, subject, expires_at: self.expires, return_url: self.return_url })
    }
}

impl FileCode {
    fn into_code(self) -> Code {
        Code { code: self.code, customer: self.customer_id, email: self.email, expires_at: self.expires }
    }
}

fn yes() -> bool {
    true
}

fn open() -> CheckoutStatus {
    CheckoutStatus::Open
}

/// 2099-01-01T00:00:00Z.
fn never() -> Timestamp {
    Timestamp::from_unix_seconds(4_070_908_800)
}
