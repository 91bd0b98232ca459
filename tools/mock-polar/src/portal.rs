//! The customer portal, which customers use without the vendor's help. Each file in the folder `portal` contains one
//! part of the customer portal.

mod buying;
mod call;
mod checkouts;
mod codes;
mod countries;
mod customers;
mod devices;
mod entries;
mod grants;
mod keys;
mod organizations;
mod seats;
mod tokens;
mod vendor;

pub use buying::Purchase;
pub(crate) use buying::pay;
pub(crate) use call::Call;
pub(crate) use vendor::customer_token;

use crate::endpoint::Endpoint;
use crate::reply::Reply;
use crate::state::State;

/// A function that answers the requests to one endpoint.
pub(crate) type Handler = fn(&mut State, &Call) -> Result<Reply, Reply>;

/// Returns the handler of an endpoint.
pub(crate) fn handler(endpoint: Endpoint) -> Handler {
    match endpoint {
        Endpoint::Validate => devices::validate,
        Endpoint::Activate => devices::activate,
        Endpoint::Deactivate => devices::deactivate,
        Endpoint::RequestCode => codes::request,
        Endpoint::Authenticate => codes::authenticate,
        Endpoint::Introspect => tokens::introspect,
        Endpoint::GetUser => tokens::user,
        Endpoint::ListKeys => keys::list,
        Endpoint::GetKey => keys::get,
        Endpoint::RotateKey => keys::rotate,
        Endpoint::ListGrants => grants::list,
        Endpoint::GetGrant => grants::get,
        Endpoint::GetInvitation => seats::invitation,
        Endpoint::ClaimSeat => seats::claim,
        Endpoint::ClaimStream => seats::stream,
        Endpoint::ListSeats => seats::list,
        Endpoint::AssignSeat => seats::assign,
        Endpoint::RevokeSeat => seats::revoke,
        Endpoint::ListMembers => seats::members,
        Endpoint::GetCustomer => customers::get,
        Endpoint::ChangeCustomer => customers::change,
        Endpoint::ChangeEmail => customers::change_email,
        Endpoint::CustomerStream => customers::stream,
        Endpoint::Billing => customers::billing,
        Endpoint::Subscriptions => customers::subscriptions,
        Endpoint::GetOrganization => organizations::get,
        Endpoint::OpenLink => checkouts::open_link,
        Endpoint::GetCheckout => checkouts::get,
        Endpoint::ChangeCheckout => checkouts::change,
        Endpoint::ConfirmCheckout => checkouts::confirm,
        Endpoint::CheckoutStream => checkouts::stream,
        Endpoint::CreateSession => vendor::create_session,
        Endpoint::CreateCheckout => vendor::create_checkout,
        Endpoint::Vendor => vendor::other,
    }
}
