//! Seeds: the initial state of a server.

use uuid::Uuid;

use crate::catalog::{Activations, Benefit, Organization, Price, Product};
use crate::checkout::CheckoutLink;
use crate::customers::{Customer, Member, Role};
use crate::database::Database;
use crate::error::Error;
use crate::licenses::{License, Status};
use crate::purchases::{Order, TeamSeat, TeamSeatStatus};
use crate::seed_file;
use crate::sessions::{Session, Subject};
use crate::timestamp::Timestamp;

/// The id of the demo seed's first organization.
pub const DEMO_ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";
/// The id of the demo seed's benefit `pro`.
pub const DEMO_BENEFIT_PRO: &str = "de300000-0000-4000-8000-0000000000b1";
/// The id of the demo seed's benefit `basic`.
pub const DEMO_BENEFIT_BASIC: &str = "de300000-0000-4000-8000-0000000000b2";
/// A key of `pro` without limits. It is valid on every device and needs no activation.
pub const DEMO_KEY_PLAIN: &str = "DEMO-PLAIN";
/// A key of `pro` for two devices.
pub const DEMO_KEY_TWO_DEVICES: &str = "DEMO-TWO-DEVICES";
/// A key of `pro` for one device.
pub const DEMO_KEY_ONE_DEVICE: &str = "DEMO-ONE-DEVICE";
/// A key of the benefit `basic` for two devices.
pub const DEMO_KEY_BASIC: &str = "DEMO-BASIC";
/// A key of `pro` with a usage limit of ten.
pub const DEMO_KEY_TEN_USES: &str = "DEMO-TEN-USES";
/// A key of `pro` for two devices. It expired in 2025.
pub const DEMO_KEY_EXPIRED: &str = "DEMO-EXPIRED";
/// A key of `pro` for two devices. It is revoked.
pub const DEMO_KEY_REVOKED: &str = "DEMO-REVOKED";
/// A key of `pro` for two devices. The merchant has disabled it.
pub const DEMO_KEY_DISABLED: &str = "DEMO-DISABLED";

/// The e-mail address of the demo seed's customer, who has all keys except [`DEMO_KEY_BASIC`].
pub const DEMO_EMAIL: &str = "ottilie.quillfeather@example.com";
/// A checkout link of the demo seed. Its product is free, and grants a key of `pro`.
pub const DEMO_LINK: &str = "polar_cl_DEMO";
/// A checkout link of the demo seed. Its product costs money, and grants a key of `pro`.
pub const DEMO_LINK_PAID: &str = "polar_cl_DEMO_PAID";
/// The token of the demo seed's invitation to a seat.
pub const DEMO_INVITATION: &str = "DEMO-INVITATION";
/// The secret of the demo seed's vendor, with which a backend calls Polar.
pub const DEMO_VENDOR_TOKEN: &str = "polar_oat_DEMO";
/// The id of the demo seed's second organization. Its customers are teams with members.
pub const DEMO_MEMBERS_ORGANIZATION: &str = "de300000-0000-4000-8000-000000000002";
/// The e-mail addresses of a team's owner, its billing manager, and a member who is neither. The team is in
/// [`DEMO_MEMBERS_ORGANIZATION`]. These people have no keys; `NewKey::new("studio").email(…)` gives one of them a key.
pub const DEMO_MEMBERS: [&str; 3] =
    ["owner@wobbling.example.com", "billing@wobbling.example.com", "member@wobbling.example.com"];

/// The organizations, benefits, customers, keys and activations that a server has at its start and after a reset.
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
    database: Database,
}

impl Seed {
    /// Reads a seed from JSON. Unknown fields are ignored.
    ///
    /// The text is one object with the members below. Most members are lists of objects, whose fields are named here.
    /// Fields after the word `optional` may be absent.
    ///
    /// - `organizations`: maps a name to an id (UUID version 4), or to an object with `id`; optional `slug`, `members`
    ///   (customers are teams), `seats` (seats are sold), `api_access`. New keys belong to the organization named
    ///   `main`. If no organization has this name, new keys belong to the organization whose name sorts first.
    /// - `benefits`: maps a name to an id, or to an object with `id`; optional `organization` (name), `activations`:
    ///   `{"limit": 2, "enable_customer_admin": true}`, or `null` for keys that need no activation. Without
    ///   `enable_customer_admin`, the customer portal hides activations.
    /// - `customers` (optional): maps a name to an id, or to an object with `id` and Polar's fields of a customer, such
    ///   as `email` and `name`; optional `organization` (name). If only the id is given, the customer is an invented
    ///   person.
    /// - `keys`: `key`; `benefit` (name) or `benefit_id`; optional `role` (a name by which this file refers to the key),
    ///   `id`, `organization_id`, `customer_id`, `member_id`, `status` (`granted`, `revoked`, `disabled`),
    ///   `limit_activations`, `limit_usage`, `usage`, `expires_at`, `soft_deleted`, and `subscription` or `order`, by
    ///   which the key was sold.
    /// - `activations` (optional): `key_role` or `key`; optional `id`, `label`, `conditions`, `meta`, `soft_deleted`.
    ///
    /// The other members are for the customer portal, and are optional:
    ///
    /// - `members`: `customer_id`, `email`; optional `id`, `name`, `role` (`owner`, `billing_manager`, `member`).
    /// - `products`: `name`; `amount` or `seat_amount` in cents; optional `id`, `price_id`, `organization` (name),
    ///   `benefit` (id), `recurring` (`month`), `visibility` (`private`), `archived`.
    /// - `orders`: `customer_id`, `product_id`; optional `id`, `seats`, `checkout_id`.
    /// - `benefit_grants`: `customer_id`, `benefit_id`, `key_id`; optional `id`, `order_id`, `member_id`, `granted`.
    /// - `seats`: `order_id`, `status` (`pending`, `claimed`, `revoked`); optional `id`, `customer_id`, `member_id`,
    ///   `email`, `token` (of the invitation), `token_expires`.
    /// - `checkouts`: `client_secret`, `product_id`; optional `id`, `status` (`open`, `confirmed`, `succeeded`,
    ///   `failed`), `customer_id`, `customer_email`, `success_url`, `expires`.
    /// - `checkout_links`: `client_secret`, `product_id`; optional `success_url`.
    /// - `sessions`: `token`; `customer_id` or `member_id`; optional `expires`, `return_url`.
    /// - `codes`: `code`, `customer_id`, `email`; optional `expires`.
    /// - `vendor_token`: the secret of the vendor.
    ///
    /// # Errors
    /// Fails if the text is not JSON, or refers to something that it does not define. The message says what to change.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Ok(Self { database: seed_file::read(text)? })
    }

    /// Returns the demo seed. One of its organizations has a key for each situation that an app can meet. The customers
    /// of the other organization are teams. The `DEMO_` constants name the parts of the seed.
    pub fn demo() -> Self {
        let (organization, team) = (id(1), id(2));
        let [pro, basic, studio] = [id(0xb1), id(0xb2), id(0xb3)];
        let mut database = Database {
            organization,
            organizations: vec![demo_organization(organization, "demo"), demo_organization(team, "demo-team")],
            benefits: vec![
                demo_benefit(pro, organization, "pro"),
                demo_benefit(basic, organization, "basic"),
                demo_benefit(studio, team, "studio"),
            ],
            customers: vec![
                Customer::invented(id(0xc1), organization, 0),
                Customer::invented(id(0xc2), organization, 1),
                Customer::described(id(0xc3), team, &serde_json::json!({ "name": "Wobbling Studio", "type": "team" })),
            ],
            licenses: demo_licenses(organization, pro, basic),
            ..Database::default()
        };
        for (role, email) in [Role::Owner, Role::BillingManager, Role::Member].into_iter().zip(DEMO_MEMBERS) {
            database.members.push(Member::new(id(0xc3), email, role, Timestamp::SEEDED));
        }
        sell(&mut database, organization, pro);
        Self { database }
    }

    pub(crate) fn database(&self) -> Database {
        self.database.clone()
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self::demo()
    }
}

/// 2025-01-01T00:00:00Z.
const EXPIRED: Timestamp = Timestamp::from_unix_seconds(1_735_689_600);

/// Returns an id of the demo seed that ends with `last`.
fn id(last: u128) -> Uuid {
    Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0000 | last)
}

fn demo_organization(id: Uuid, slug: &str) -> Organization {
    Organization { id, slug: slug.to_owned(), has_members: slug != "demo", has_seats: true, api_access: true }
}

fn demo_benefit(id: Uuid, organization: Uuid, name: &str) -> Benefit {
    let activations = Some(Activations { limit: 2, enable_customer_admin: true });
    Benefit { name: name.to_owned(), id, organization, activations }
}

fn demo_licenses(organization: Uuid, pro: Uuid, basic: Uuid) -> Vec<License> {
    let key = |number: u128, key: &str| License {
        id: id(0x1000 + number),
        key: key.to_owned(),
        organization,
        benefit: pro,
        customer: id(0xc1),
        ..License::blank()
    };
    let two_devices = |number, name| License { limit_activations: Some(2), ..key(number, name) };
    vec![
        key(1, DEMO_KEY_PLAIN),
        two_devices(2, DEMO_KEY_TWO_DEVICES),
        License { limit_activations: Some(1), ..key(3, DEMO_KEY_ONE_DEVICE) },
        License { benefit: basic, customer: id(0xc2), ..two_devices(4, DEMO_KEY_BASIC) },
        License { limit_usage: Some(10), ..key(5, DEMO_KEY_TEN_USES) },
        License { expires_at: Some(EXPIRED), ..two_devices(6, DEMO_KEY_EXPIRED) },
        License { status: Status::Revoked, ..two_devices(7, DEMO_KEY_REVOKED) },
        License { status: Status::Disabled, ..two_devices(8, DEMO_KEY_DISABLED) },
    ]
}

/// Adds what is needed to test purchases: products with checkout links, a team's order with an invitation to one of its
/// seats, and the vendor's secret.
fn sell(database: &mut Database, organization: Uuid, benefit: Uuid) {
    let product = |number: u128, name: &str, price| Product {
        id: id(0xf0 + number),
        organization,
        name: name.to_owned(),
        price_id: id(0xf00 + number),
        price,
        recurring: None,
        is_public: true,
        is_archived: false,
        benefit: Some(benefit),
    };
    database.products = vec![
        product(1, "Starter", Price::Fixed(0)),
        product(2, "Pro", Price::Fixed(1900)),
        product(3, "Team", Price::PerSeat(900)),
    ];
    for (secret, product) in [(DEMO_LINK, id(0xf1)), (DEMO_LINK_PAID, id(0xf2))] {
        database.links.push(CheckoutLink { secret: secret.to_owned(), product, success_url: None });
    }
    let order = Order { id: id(0x0d1), customer: id(0xc1), product: id(0xf3), seats: Some(3), checkout: None };
    database.team_seats.push(TeamSeat {
        id: id(0x5e1),
        order: order.id,
        status: TeamSeatStatus::Pending,
        customer: Some(id(0xc2)),
        member: None,
        email: None,
        invitation: Some(DEMO_INVITATION.to_owned()),
        invitation_expires_at: Some(Timestamp::far_future()),
        created_at: Timestamp::SEEDED,
        modified_at: None,
        claimed_at: None,
        revoked_at: None,
    });
    database.orders.push(order);
    database.sessions.push(Session {
        token: DEMO_VENDOR_TOKEN.to_owned(),
        subject: Subject::Vendor(organization),
        expires_at: Timestamp::far_future(),
        return_url: None,
    });
}
