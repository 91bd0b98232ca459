//! A request to an endpoint, with its sender, its version of the API and its time.

use uuid::Uuid;

use crate::customers::Customer;
use crate::ids;
use crate::problem::rejection;
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::sessions::Subject;
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::versions::ApiVersion;

/// A request to an endpoint, with the values that Polar's web layers have derived from it.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a RecordedRequest,
    /// The variable parts of the path.
    pub(crate) parts: &'a [String],
    pub(crate) subject: Subject,
    /// The client's address.
    pub(crate) address: &'a str,
    /// The version of the API in which the request is answered.
    pub(crate) version: ApiVersion,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    pub(super) fn part(&self, index: usize) -> &str {
        self.parts.get(index).map(String::as_str).unwrap_or_default()
    }

    /// Parses the id in the path. If the id is not valid, returns a reply with status 422, in which the id is called
    /// `name`.
    pub(super) fn id(&self, name: &str) -> Result<Uuid, Reply> {
        ids::parse(self.part(0), vec!["path".into(), name.into()]).map_err(|problem| rejection(&[problem]))
    }

    /// Returns the base address for links to Polar's web pages. It is the address of this server, so that no test
    /// follows a link to the real Polar.
    pub(super) fn site(&self) -> String {
        self.request.site()
    }

    /// Returns the customer who sent the request, or the customer whose member sent it.
    pub(super) fn customer<'a>(&self, state: &'a State) -> Result<&'a Customer, Reply> {
        let id = match self.subject {
            Subject::Customer(id) => Some(id),
            Subject::Member(id) => state.database.member(id).map(|member| member.customer),
            Subject::Anonymous | Subject::Vendor(_) => None,
        };
        id.and_then(|id| state.database.customer(id)).ok_or_else(Reply::unauthorized)
    }

    /// Returns the customer who sent the request, or the customer whose member sent it. Fails if the sender may not see
    /// payments.
    pub(super) fn payer<'a>(&self, state: &'a State) -> Result<&'a Customer, Reply> {
        let customer = self.customer(state)?;
        let may = match self.subject {
            Subject::Customer(_) => true,
            Subject::Member(id) => state.database.member(id).is_some_and(|member| member.role.manages()),
            Subject::Anonymous | Subject::Vendor(_) => false,
        };
        if may {
            Ok(customer)
        } else {
            Err(Reply::not_permitted("Only owners and billing managers can access billing features."))
        }
    }

    pub(super) fn is_of_customer(&self) -> bool {
        match self.subject {
            Subject::Customer(_) | Subject::Member(_) => true,
            Subject::Anonymous | Subject::Vendor(_) => false,
        }
    }

    /// Returns `true` if the sender may see an object that belongs to this customer, or to this member of the customer.
    pub(super) fn sees(&self, customer: Uuid, member: Option<Uuid>) -> bool {
        match self.subject {
            Subject::Customer(id) => id == customer,
            Subject::Member(id) => member == Some(id),
            Subject::Anonymous | Subject::Vendor(_) => false,
        }
    }
}
