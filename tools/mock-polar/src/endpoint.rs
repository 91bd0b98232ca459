//! Polar's endpoints and their paths. The answers of the endpoints are in other files.

use serde::{Deserialize, Serialize};

/// An endpoint of Polar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /v1/customer-portal/license-keys/validate`
    Validate,
    /// `POST /v1/customer-portal/license-keys/activate`
    Activate,
    /// `POST /v1/customer-portal/license-keys/deactivate`
    Deactivate,
    /// `POST /v1/customer-portal/customer-session/request`: sends a code by mail.
    RequestCode,
    /// `POST /v1/customer-portal/customer-session/authenticate`: returns a token in exchange for a code.
    Authenticate,
    /// `GET /v1/customer-portal/customer-session/introspect`: returns the time when the token expires.
    Introspect,
    /// `GET /v1/customer-portal/customer-session/user`: returns the customer or the member to whom the token belongs.
    GetUser,
    /// `GET /v1/customer-portal/license-keys/`: lists the customer's keys.
    ListKeys,
    /// `GET /v1/customer-portal/license-keys/{id}`: returns one key with its activations.
    GetKey,
    /// `POST /v1/customer-portal/license-keys/{id}/rotate`
    RotateKey,
    /// `GET /v1/customer-portal/benefit-grants/`: lists the benefits that purchases granted.
    ListGrants,
    /// `GET /v1/customer-portal/benefit-grants/{id}`
    GetGrant,
    /// `GET /v1/customer-seats/claim/{invitation_token}`: returns the product to which an invitation belongs.
    GetInvitation,
    /// `POST /v1/customer-seats/claim`: accepts an invitation.
    ClaimSeat,
    /// `GET /v1/customer-seats/claim/{invitation_token}/stream`
    ClaimStream,
    /// `GET /v1/customer-portal/seats`: lists the seats of a team.
    ListSeats,
    /// `POST /v1/customer-portal/seats`
    AssignSeat,
    /// `DELETE /v1/customer-portal/seats/{seat_id}`
    RevokeSeat,
    /// `GET /v1/customer-portal/members`
    ListMembers,
    /// `GET /v1/customer-portal/customers/me`
    GetCustomer,
    /// `PATCH /v1/customer-portal/customers/me`
    ChangeCustomer,
    /// `POST /v1/customer-portal/customers/me/email-update/request`
    ChangeEmail,
    /// `GET /v1/customer-portal/customers/stream`
    CustomerStream,
    /// Orders, invoices, payment methods and wallets, which only a customer, an owner or a billing manager may see.
    Billing,
    /// Subscriptions, downloads and meters.
    Subscriptions,
    /// `GET /v1/customer-portal/organizations/{slug}`
    GetOrganization,
    /// `GET /v1/checkout-links/{link_secret}/redirect`: opens a checkout.
    OpenLink,
    /// `GET /v1/checkouts/client/{client_secret}`: returns the state of a checkout.
    GetCheckout,
    /// `PATCH /v1/checkouts/client/{client_secret}`
    ChangeCheckout,
    /// `POST /v1/checkouts/client/{client_secret}/confirm`
    ConfirmCheckout,
    /// `GET /v1/checkouts/client/{client_secret}/stream`
    CheckoutStream,
    /// `POST /v1/customer-sessions/`: creates a token for a customer, at the request of the vendor's backend.
    CreateSession,
    /// `POST /v1/checkouts/`: creates a checkout, at the request of the vendor's backend.
    CreateCheckout,
    /// Every other endpoint that needs the vendor's secret.
    Vendor,
}

/// The purpose of a request, as determined by its method and path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An endpoint, and the variable parts of the path.
    Endpoint(Endpoint, Vec<String>),
    /// The path belongs to an endpoint that does not accept the method of the request. `allowed` is sent in the header
    /// `allow`.
    OtherMethod {
        allowed: &'static str,
    },
    /// No endpoint has this path, but an endpoint has `path`, which differs only in the slashes at the end. For
    /// example, the request has `/v1/customers`, and `path` is `/v1/customers/`.
    OtherSlash {
        path: String,
    },
    Nothing,
}

/// All routes: a method, a path and the endpoint. `{}` stands for one variable part of a path. If several routes match
/// a request, the first one is used.
const ROUTES: &[(&str, &str, Endpoint)] = &[
    ("GET", "/v1/license-keys/", Endpoint::Vendor),
    ("GET", "/v1/license-keys/{}", Endpoint::Vendor),
    ("PATCH", "/v1/license-keys/{}", Endpoint::Vendor),
    ("POST", "/v1/license-keys/{}/rotate", Endpoint::Vendor),
    ("GET", "/v1/license-keys/{}/activations/{}", Endpoint::Vendor),
    ("POST", "/v1/license-keys/validate", Endpoint::Vendor),
    ("POST", "/v1/license-keys/activate", Endpoint::Vendor),
    ("POST", "/v1/license-keys/deactivate", Endpoint::Vendor),
    ("POST", "/v1/checkout-links/", Endpoint::Vendor),
    ("GET", "/v1/checkout-links/{}/redirect", Endpoint::OpenLink),
    ("POST", "/v1/checkouts/", Endpoint::CreateCheckout),
    ("GET", "/v1/checkouts/{}", Endpoint::Vendor),
    ("GET", "/v1/checkouts/client/{}", Endpoint::GetCheckout),
    ("PATCH", "/v1/checkouts/client/{}", Endpoint::ChangeCheckout),
    ("POST", "/v1/checkouts/client/{}/confirm", Endpoint::ConfirmCheckout),
    ("GET", "/v1/checkouts/client/{}/stream", Endpoint::CheckoutStream),
    ("POST", "/v1/customer-sessions/", Endpoint::CreateSession),
    ("GET", "/v1/customer-seats/claim/{}", Endpoint::GetInvitation),
    ("GET", "/v1/customer-seats/claim/{}/stream", Endpoint::ClaimStream),
    ("POST", "/v1/customer-seats/claim", Endpoint::ClaimSeat),
    ("GET", "/v1/customer-portal/benefit-grants/", Endpoint::ListGrants),
    ("GET", "/v1/customer-portal/benefit-grants/{}", Endpoint::GetGrant),
    ("GET", "/v1/customer-portal/customers/stream", Endpoint::CustomerStream),
    ("GET", "/v1/customer-portal/customers/me", Endpoint::GetCustomer),
    ("PATCH", "/v1/customer-portal/customers/me", Endpoint::ChangeCustomer),
    ("GET", "/v1/customer-portal/customers/me/payment-methods", Endpoint::Billing),
    ("POST", "/v1/customer-portal/customers/me/email-update/request", Endpoint::ChangeEmail),
    ("POST", "/v1/customer-portal/customer-session/request", Endpoint::RequestCode),
    ("POST", "/v1/customer-portal/customer-session/authenticate", Endpoint::Authenticate),
    ("GET", "/v1/customer-portal/customer-session/introspect", Endpoint::Introspect),
    ("GET", "/v1/customer-portal/customer-session/user", Endpoint::GetUser),
    ("GET", "/v1/customer-portal/downloadables/", Endpoint::Subscriptions),
    ("GET", "/v1/customer-portal/license-keys/", Endpoint::ListKeys),
    ("GET", "/v1/customer-portal/license-keys/{}", Endpoint::GetKey),
    ("POST", "/v1/customer-portal/license-keys/{}/rotate", Endpoint::RotateKey),
    ("POST", "/v1/customer-portal/license-keys/validate", Endpoint::Validate),
    ("POST", "/v1/customer-portal/license-keys/activate", Endpoint::Activate),
    ("POST", "/v1/customer-portal/license-keys/deactivate", Endpoint::Deactivate),
    ("GET", "/v1/customer-portal/members", Endpoint::ListMembers),
    ("GET", "/v1/customer-portal/meters/", Endpoint::Subscriptions),
    ("GET", "/v1/customer-portal/orders/", Endpoint::Billing),
    ("GET", "/v1/customer-portal/orders/{}/invoice", Endpoint::Billing),
    ("GET", "/v1/customer-portal/organizations/{}", Endpoint::GetOrganization),
    ("GET", "/v1/customer-portal/seats", Endpoint::ListSeats),
    ("POST", "/v1/customer-portal/seats", Endpoint::AssignSeat),
    ("GET", "/v1/customer-portal/seats/subscriptions", Endpoint::Subscriptions),
    ("DELETE", "/v1/customer-portal/seats/{}", Endpoint::RevokeSeat),
    ("GET", "/v1/customer-portal/subscriptions/", Endpoint::Subscriptions),
    ("GET", "/v1/customer-portal/wallets/", Endpoint::Billing),
];

/// Returns the target of a request. `path` must be decoded, and must not include a query.
pub(crate) fn find(method: &str, path: &str) -> Target {
    let mut allowed = None;
    for &(route_method, route, endpoint) in ROUTES {
        match variable_parts(route, path) {
            Some(parts) if route_method == method => return Target::Endpoint(endpoint, parts),
            // The header `allow` names only one method. If several routes have this path, the first one decides.
            Some(_) => allowed = allowed.or(Some(route_method)),
            None => {}
        }
    }
    if let Some(allowed) = allowed {
        return Target::OtherMethod { allowed };
    }
    let other = match path.strip_suffix('/') {
        Some(_) => path.trim_end_matches('/').to_owned(),
        None => format!("{path}/"),
    };
    if ROUTES.iter().any(|(_, route, _)| variable_parts(route, &other).is_some()) {
        Target::OtherSlash { path: other }
    } else {
        Target::Nothing
    }
}

/// Returns the parts of the path that stand where the route has `{}`. Returns `None` if the path does not fit the
/// route.
fn variable_parts(route: &str, path: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut path = path.split('/');
    for expected in route.split('/') {
        match path.next()? {
            part if expected == "{}" && !part.is_empty() => parts.push(part.to_owned()),
            part if part == expected => {}
            _ => return None,
        }
    }
    path.next().is_none().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_endpoints() {
        let key = "/v1/customer-portal/license-keys/";
        let found = |method, path: &str| find(method, &format!("{key}{path}"));
        assert_eq!(found("POST", "validate"), Target::Endpoint(Endpoint::Validate, vec![]));
        assert_eq!(found("GET", "validate"), Target::Endpoint(Endpoint::GetKey, vec!["validate".to_owned()]));
        assert_eq!(found("PUT", "validate"), Target::OtherMethod { allowed: "GET" });
        assert_eq!(found("GET", "x/rotate"), Target::OtherMethod { allowed: "POST" });
        assert_eq!(found("POST", "validate//"), Target::OtherSlash { path: format!("{key}validate") });
        assert_eq!(find("POST", key.trim_end_matches('/')), Target::OtherSlash { path: key.to_owned() });
        assert_eq!(found("POST", "validate/x"), Target::Nothing);
        assert_eq!(found("POST", "x/y/rotate"), Target::Nothing);
    }
}
