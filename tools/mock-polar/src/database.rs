//! The records of Polar's database, and functions that find them. This file never reads the clock.

use uuid::Uuid;

use crate::catalog::{Benefit, Organization, Product};
use crate::checkout::{Checkout, CheckoutLink};
use crate::customers::{Customer, Member};
use crate::licenses::{HeldLicenseView, HolderView, License, LicenseView, Seat};
use crate::purchases::{Grant, Order, TeamSeat};
use crate::sessions::{Code, Session, Subject};
use crate::timestamp::Timestamp;
use crate::versions::ApiVersion;

#[derive(Clone, Debug, Default)]
pub(crate) struct Database {
    /// The organization that issues new keys.
    pub(crate) organization: Uuid,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) benefits: Vec<Benefit>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) members: Vec<Member>,
    pub(crate) licenses: Vec<License>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) products: Vec<Product>,
    pub(crate) orders: Vec<Order>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) team_seats: Vec<TeamSeat>,
    pub(crate) checkouts: Vec<Checkout>,
    pub(crate) links: Vec<CheckoutLink>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) codes: Vec<Code>,
}

/// Functions for keys and their activations.
impl Database {
    /// Finds a key in any organization.
    pub(crate) fn license_mut(&mut self, key: &str) -> Option<&mut License> {
        self.licenses.iter_mut().find(|license| license.key == key && !license.deleted)
    }

    pub(crate) fn license(&self, key: &str) -> Option<&License> {
        self.licenses.iter().find(|license| license.key == key && !license.deleted)
    }

    pub(crate) fn license_by_id(&self, id: Uuid) -> Option<&License> {
        self.licenses.iter().find(|license| license.id == id)
    }

    pub(crate) fn seats_of(&self, license: Uuid) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.license == license && !seat.deleted)
    }

    pub(crate) fn seat(&self, license: Uuid, id: Uuid) -> Option<&Seat> {
        self.seats_of(license).find(|seat| seat.id == id)
    }

    pub(crate) fn remove_seat(&mut self, id: &str) -> bool {
        let seat = Uuid::parse_str(id).ok();
        match self.seats.iter_mut().find(|known| Some(known.id) == seat && !known.deleted) {
            Some(seat) => {
                seat.deleted = true;
                true
            }
            None => false,
        }
    }

    pub(crate) fn license_view<'a>(&'a self, license: &'a License) -> LicenseView<'a> {
        LicenseView::of(license, self.customer(license.customer))
    }

    /// Returns the license as Polar shows it to a sender that knows the license's key.
    pub(crate) fn held_license_view<'a>(&'a self, license: &'a License, version: ApiVersion) -> HeldLicenseView<'a> {
        let member = license.member.and_then(|id| self.member(id));
        let holder = (version >= ApiVersion::V2026_10).then(|| HolderView::of(member));
        HeldLicenseView { license: self.license_view(license), holder }
    }
}

/// Functions for products and their organizations.
impl Database {
    /// Returns the id of the benefit with this name or id.
    pub(crate) fn benefit(&self, name: &str) -> Option<Uuid> {
        let by_name = self.benefits.iter().find(|benefit| benefit.name == name);
        let by_id = || self.benefits.iter().find(|benefit| benefit.id.to_string() == name);
        by_name.or_else(by_id).map(|benefit| benefit.id)
    }

    pub(crate) fn benefit_names(&self) -> String {
        let names: Vec<_> = self.benefits.iter().map(|benefit| format!("`{}`", benefit.name)).collect();
        names.join(", ")
    }

    /// Shows or hides the activations of a benefit's keys in the customer portal.
    pub(crate) fn show_activations(&mut self, benefit: Uuid, shown: bool) {
        for benefit in self.benefits.iter_mut().filter(|known| known.id == benefit) {
            if let Some(activations) = &mut benefit.activations {
                activations.enable_customer_admin = shown;
            }
        }
    }

    pub(crate) fn benefit_by_id(&self, id: Uuid) -> Option<&Benefit> {
        self.benefits.iter().find(|benefit| benefit.id == id)
    }

    /// Finds an organization that may use the API. Polar treats all other organizations as if they did not exist.
    pub(crate) fn organization_by_id(&self, id: Uuid) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == id && organization.api_access)
    }

    pub(crate) fn product(&self, id: Uuid) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    pub(crate) fn order(&self, id: Uuid) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }
}

/// Functions for people.
impl Database {
    pub(crate) fn customer(&self, id: Uuid) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    pub(crate) fn customer_mut(&mut self, id: Uuid) -> Option<&mut Customer> {
        self.customers.iter_mut().find(|customer| customer.id == id)
    }

    /// Finds the customer with this e-mail address. Ignores case.
    pub(crate) fn customer_by_email(&self, email: &str, organization: Uuid) -> Option<&Customer> {
        let has_email = |customer: &&Customer| customer.email().is_some_and(|known| known.eq_ignore_ascii_case(email));
        let mut present = self.customers.iter().filter(|customer| !customer.is_deleted());
        present.find(|customer| customer.organization == organization && has_email(customer))
    }

    /// Returns the customer, member or vendor to whom a token belongs, or `None` if the token is not valid.
    pub(crate) fn subject_of(&self, token: &str, now: Timestamp) -> Option<Subject> {
        let session = self.sessions.iter().find(|session| session.token == token && session.expires_at > now)?;
        let is_present = |id| self.customer(id).is_some_and(|customer| !customer.is_deleted());
        let is_good = match session.subject {
            Subject::Customer(id) => is_present(id),
            Subject::Member(id) => self.member(id).is_some_and(|member| is_present(member.customer)),
            Subject::Vendor(_) => true,
            Subject::Anonymous => false,
        };
        is_good.then_some(session.subject)
    }

    pub(crate) fn member(&self, id: Uuid) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    pub(crate) fn member_of(&self, customer: Uuid, email: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.customer == customer && member.email.eq_ignore_ascii_case(email))
    }
}
