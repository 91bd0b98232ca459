//! Polar's endpoints for customers as typed requests, and functions that read the replies. As in `crate::wire`, a reply
//! counts as Polar's only if it has the form that Polar documents. The only personal data that is read are the names of
//! customers to choose from, and the e-mail address of a checkout's buyer.
//!
//! The paths `license-keys/` and `benefit-grants/` end in a slash, and no other path does. Polar answers with a
//! redirect if the slash is missing or if there is one too many.

use super::context::Context;
use super::customer::Customer;
use super::device::Device;
use super::license_key::LicenseKey;
use super::secret::{CheckoutSecret, Code, Email, Invitation, Token, is_plain};
use crate::codes::ErrorKind;
use crate::config::MARKER_META;
use crate::decision::Problem;
use crate::error::Error;
use crate::json::Json;
use crate::reply::{Field, Last, Object, id, time};
use crate::retry_headers::block;
use crate::text::printable;
use crate::texts::{Text, Texts};
use crate::time::Timestamp;
use crate::transport::{Answer, Method, Request, Sent};
use crate::wire::{Cause, not_polar};
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The reason why there is no result: Polar refused the request, or there is no answer from Polar.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token is not valid, or is no longer valid.
    SessionOver,
    /// The code is wrong, was used, or has expired.
    WrongCode,
    /// Polar refuses this e-mail address.
    WrongAddress,
    /// The address belongs to several customers.
    Choose(Vec<Customer>),
    /// The object is unknown, was deleted, or belongs to somebody else.
    NotKnown,
    /// The state of the object or the vendor's settings do not permit the request.
    NotPossible,
    /// The checkout has expired.
    Expired,
    /// Polar refuses requests of this kind until this time has passed.
    RateLimited(Duration),
    /// No answer arrived, or the answer is not Polar's.
    NoAnswer(Cause),
}

/// The number of seconds for which Polar blocks requests for codes. Used if a browser hides the header that contains
/// this number.
const CODES_BLOCKED_S: u32 = 900;
const BLOCKED_S: u32 = 60;

/// The number of keys to request per page. Polar never returns more than this number per page, even if a request asks
/// for more.
const PAGE: u32 = 100;

/// The maximum length of a list in bytes. A longer reply counts as a failure. A key takes up 1.4 KB and a device 240
/// bytes, unless their names are long.
const LIST_LIMIT: usize = 16 * 1024 * 1024;

const SESSION: &str = "/v1/customer-portal/customer-session/";
const KEYS: &str = "/v1/customer-portal/license-keys/";
const GRANTS: &str = "/v1/customer-portal/benefit-grants/";

/// The kind of a request, which determines how its reply is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    /// The request only reads.
    Read,
    /// The request asks for a code, or tries one.
    Code,
    /// The request makes a change, and must not be sent again.
    Change,
}

impl Context {
    fn get(&self, token: Option<&Token>, parts: &[&str]) -> Request {
        // The replies to requests with a token may contain lists, which are longer than other replies.
        let reply_limit = if token.is_some() { LIST_LIMIT } else { Request::REPLY_LIMIT };
        let request = Request::to(&self.config, Method::Get, parts, self.config.timeout());
        Request { token: token.map(Token::secret), reply_limit, ..request }
    }

    fn post(&self, token: Option<&Token>, parts: &[&str], body: impl Serialize) -> Request {
        // serializing strings and ids cannot fail
        let body = serde_json::to_string(&body).unwrap_or_default();
        Request { method: Method::Post, body: Zeroizing::new(body), ..self.get(token, parts) }
    }

    /// Returns the request that makes Polar mail a code to this address. If several customers have the address,
    /// `customer` chooses one of them.
    pub(super) fn request_code(&self, email: &Email, customer: Option<Uuid>) -> Request {
        #[derive(Serialize)]
        struct Body<'a> {
            email: &'a str,
            organization_id: Uuid,
            #[serde(skip_serializing_if = "Option::is_none")]
            customer_id: Option<Uuid>,
        }
        let organization_id = self.config.organization_id();
        let body = Body { email: email.as_str(), organization_id, customer_id: customer };
        // Polar may answer with a list of customers, which is longer than its other answers.
        Request { reply_limit: LIST_LIMIT, ..self.post(None, &[SESSION, "request"], body) }
    }

    /// Returns the request that exchanges a code for a token.
    pub(super) fn authenticate(&self, code: &Code) -> Request {
        #[derive(Serialize)]
        struct Body<'a> {
            code: &'a str,
        }
        self.post(None, &[SESSION, "authenticate"], Body { code: code.as_str() })
    }

    /// Returns the request that accepts an invitation to a team.
    pub(super) fn claim_seat(&self, invitation: &Invitation) -> Request {
        #[derive(Serialize)]
        struct Body<'a> {
            invitation_token: &'a str,
        }
        self.post(None, &["/v1/customer-seats/claim"], Body { invitation_token: invitation.as_str() })
    }

    /// Returns the request for one page of the list of the customer's keys, without their activations. With `benefit`,
    /// only keys of this benefit are listed.
    pub(super) fn list_keys(&self, token: &Token, benefit: Option<Uuid>, page: u32) -> Request {
        let benefit = benefit.map_or_else(String::new, |benefit| format!("&benefit_id={benefit}"));
        self.get(Some(token), &[KEYS, "?page=", &page.to_string(), "&limit=", &PAGE.to_string(), &benefit])
    }

    /// Returns the request for one key with its activations.
    pub(super) fn get_key(&self, token: &Token, key: Uuid) -> Request {
        self.get(Some(token), &[KEYS, &key.to_string()])
    }

    /// Returns the request that replaces a key with a new one. If the request is sent twice, the key is replaced twice.
    pub(super) fn rotate(&self, token: &Token, key: Uuid) -> Request {
        Request { method: Method::Post, ..self.get(Some(token), &[KEYS, &key.to_string(), "/rotate"]) }
    }

    /// Returns the request for the grants that resulted from a checkout.
    pub(super) fn grants_of_checkout(&self, token: &Token, checkout: Uuid) -> Request {
        self.get(Some(token), &[GRANTS, "?type=license_keys&checkout_id=", &checkout.to_string()])
    }

    /// Returns the request for one grant of a benefit. If there are several grants, any of them will do.
    pub(super) fn grant_of_benefit(&self, token: &Token, benefit: Uuid) -> Request {
        self.get(Some(token), &[GRANTS, "?benefit_id=", &benefit.to_string(), "&limit=1"])
    }

    /// Returns the request that creates a checkout from the vendor's link. `query` must already be encoded.
    pub(super) fn open_link(&self, link: &str, query: &str) -> Request {
        let mark = if query.is_empty() { "" } else { "?" };
        self.get(None, &["/v1/checkout-links/", link, "/redirect", mark, query])
    }

    /// Returns the request for the state of a checkout. The address of the request contains the checkout's secret, as
    /// Polar's interface requires.
    pub(super) fn get_checkout(&self, secret: &CheckoutSecret) -> Request {
        self.get(None, &["/v1/checkouts/client/", secret.as_str()])
    }
}

/// One page of the list of the customer's keys for this organization. `has_more` tells whether the list has further
/// pages.
pub(super) struct Page {
    pub(super) keys: Vec<LicenseKey>,
    pub(super) has_more: bool,
}

/// The result of reading a list of grants.
pub(super) struct Granted {
    pub(super) key: Option<Uuid>,
    /// The JSON member that is missing from the last grant, if no grant names a key. Polar creates a grant before its
    /// key, so the member may be missing for a while.
    pub(super) unread: Option<Field>,
}

/// The state of a checkout.
pub(super) struct Checkout {
    pub(super) id: Uuid,
    pub(super) status: CheckoutStatus,
    /// The buyer's address.
    pub(super) email: Option<Email>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckoutStatus {
    /// The buyer has not pressed the button to pay. The page may be open or closed.
    Open,
    /// The buyer has pressed the button to pay.
    Confirmed,
    /// The checkout is paid.
    Succeeded,
    Failed,
}

/// Reads the reply to a request for a code. `Ok` means that a mail is on its way if Polar knows the address.
pub(super) fn code_requested(answer: &Answer) -> Result<(), Refusal> {
    match answer {
        Answer::Reply { status: 202, body, .. } if Json::parse(body).is_some() => Ok(()),
        answer @ (Answer::Reply { .. } | Answer::Failed { .. }) => Err(Call::Code.refusal(answer)),
    }
}

pub(super) fn authenticated(answer: &Answer) -> Result<Token, Refusal> {
    Call::Code.read(answer, |reply| token(reply, "token"))
}

pub(super) fn seat_claimed(answer: &Answer) -> Result<Token, Refusal> {
    Call::Change.read(answer, |reply| token(reply, "customer_session_token"))
}

fn token(reply: Object<'_, '_>, name: &'static str) -> Option<Token> {
    Token::read(&Zeroizing::new(reply.text(name)?))
}

/// Reads a page of keys, without the keys of other organizations. The list contains such keys if the customer entered a
/// code that was mailed for another vendor's app.
pub(super) fn keys_listed(answer: &Answer, context: &Context, page: u32, wall: Timestamp) -> Result<Page, Refusal> {
    Call::Read.read(answer, |reply| {
        let organization = context.config.organization_id();
        let read = |item| LicenseKey::read(item, context, wall);
        let keys: Vec<_> = reply.items("items[].", "items")?.map(read).collect::<Option<_>>()?;
        let last = reply.object("pagination.", "pagination").and_then(|pages| pages.read("max_page", Json::integer));
        // if the number of pages is unknown, a full page may be followed by another page
        let has_more = last.map_or(keys.len() >= PAGE as usize, |last| i64::from(page) < last && !keys.is_empty());
        let own = keys.into_iter().filter(|(owner, _)| *owner == organization).map(|(_, key)| key);
        Some(Page { keys: own.collect(), has_more })
    })
}

/// Reads the requested key and its devices.
pub(super) fn key_read(
    answer: &Answer,
    context: &Context,
    asked: Uuid,
    wall: Timestamp,
) -> Result<(LicenseKey, Vec<Device>), Refusal> {
    Call::Read.read(answer, |reply| {
        let key = own_key(reply, context, asked, wall)?;
        let device = |activation: Object<'_, '_>| {
            let since = activation.read("created_at", time).unwrap_or_default();
            let label = activation.text("label").unwrap_or_default();
            let marker = activation.object("activations[].meta.", "meta").and_then(|meta| meta.text(MARKER_META));
            let is_lost = marker.as_ref().is_some_and(|marker| context.is_lost_attempt(marker, &label, since));
            let id = activation.read("id", id)?;
            Some(Device::new(id, marker, &label, since, is_lost || context.seats.contains(&id)))
        };
        // a reply without a list of devices means that the vendor hides them
        let devices = reply.items("activations[].", "activations").map(|all| all.map(device).collect::<Option<_>>());
        Some((key, devices.unwrap_or_else(|| Some(Vec::new()))?))
    })
}

/// Reads the reply to a request that replaces a key. Returns the new key.
pub(super) fn key_rotated(
    answer: &Answer,
    context: &Context,
    asked: Uuid,
    wall: Timestamp,
) -> Result<LicenseKey, Refusal> {
    Call::Change.read(answer, |reply| own_key(reply, context, asked, wall))
}

fn own_key(reply: Object<'_, '_>, context: &Context, asked: Uuid, wall: Timestamp) -> Option<LicenseKey> {
    let (owner, key) = LicenseKey::read(reply, context, wall)?;
    (key.id == asked && owner == context.config.organization_id()).then_some(key)
}

/// Reads which benefits were granted to the customer. Returns the license key of the first grant whose benefit this app
/// accepts.
pub(super) fn key_granted(answer: &Answer, context: &Context) -> Result<Granted, Refusal> {
    Call::Read.read(answer, |reply| {
        let mut granted = Granted { key: None, unread: None };
        for grant in reply.items("items[].", "items")? {
            let benefit = grant.read("benefit_id", id);
            if benefit.is_some_and(|benefit| !context.accepts(benefit)) {
                continue;
            }
            let properties = benefit.and_then(|_| grant.object("items[].properties.", "properties"));
            let key = properties.and_then(|properties| properties.read("license_key_id", id));
            if key.is_some() {
                return Some(Granted { key, unread: None });
            }
            granted.unread = grant.last();
        }
        Some(granted)
    })
}

/// Returns the slug of the app's organization: the name that stands for the organization in the addresses of Polar's
/// pages.
pub(super) fn slug_of_grant(answer: &Answer, context: &Context) -> Option<String> {
    let read = Call::Read.read(answer, |reply| {
        let benefit = reply.items("items[].", "items")?.next()?.object("items[].benefit.", "benefit")?;
        let organization = benefit.object("items[].benefit.organization.", "organization")?;
        let slug = organization.text("slug").filter(|slug| is_plain(slug))?;
        (organization.read("id", id)? == context.config.organization_id()).then_some(slug)
    });
    read.ok()
}

/// Returns `true` if the reply shows that customers can see the devices of this benefit's keys, because the vendor has
/// switched on `Enable user to deactivate instances via Polar`.
pub(super) fn shows_devices(answer: &Answer, benefit: Uuid) -> bool {
    let read = Call::Read.read(answer, |reply| {
        let mut grants = reply.items("items[].", "items")?;
        let grant = grants.find(|grant| grant.read("benefit_id", id) == Some(benefit))?;
        let benefit = grant.object("items[].benefit.", "benefit")?;
        let properties = benefit.object("items[].benefit.properties.", "properties")?;
        let activations = properties.object("items[].benefit.properties.activations.", "activations")?;
        activations.read("enable_customer_admin", Json::boolean)
    });
    read.unwrap_or(false)
}

/// Reads Polar's answer to a request for the vendor's checkout link. The answer is a redirect to the page of a new
/// checkout. Returns the address of that page.
pub(super) fn link_opened(answer: &Answer, context: &Context) -> Result<Zeroizing<String>, Refusal> {
    match answer {
        Answer::Reply { status: 307, location: Some(address), .. } if context.may_open(address) => Ok(address.clone()),
        Answer::Reply { .. } | Answer::Failed { .. } => Err(Call::Read.refusal(answer)),
    }
}

pub(super) fn checkout_read(answer: &Answer) -> Result<Checkout, Refusal> {
    Call::Read.read(answer, |reply| {
        let status = match reply.text("status")?.as_str() {
            "confirmed" => CheckoutStatus::Confirmed,
            "succeeded" => CheckoutStatus::Succeeded,
            "failed" | "expired" => CheckoutStatus::Failed,
            // The status is `open`. A status that this version does not know counts as `open` too.
            _ => CheckoutStatus::Open,
        };
        let email = reply.text("customer_email").map(Zeroizing::new);
        let email = email.and_then(|email| Email::read(&email));
        Some(Checkout { id: reply.read("id", id)?, status, email })
    })
}

impl Call {
    /// Reads the body of a reply with the status 200. Returns a refusal if the answer is anything else, or if `read`
    /// returns `None`.
    fn read<T>(self, answer: &Answer, read: impl FnOnce(Object<'_, '_>) -> Option<T>) -> Result<T, Refusal> {
        if let Answer::Reply { status: status @ 200, body, .. } = answer
            && let Some(document) = Json::parse(body)
        {
            let last = Last::default();
            return read(Object::new(document, &last)).ok_or_else(|| self.not_polar(*status, last.get()));
        }
        Err(self.refusal(answer))
    }

    fn refusal(self, answer: &Answer) -> Refusal {
        let maybe_applied = self != Self::Read;
        let (status, retry_after, body) = match answer {
            Answer::Reply { status, retry_after, body, .. } => (*status, *retry_after, body),
            Answer::Failed { failure, sent, message } => {
                let maybe_applied = maybe_applied && *sent == Sent::Maybe;
                let (kind, message) = (failure.kind(), printable(message));
                return Refusal::NoAnswer(Cause::Unreachable { kind, message, maybe_applied });
            }
        };
        if status == 429 {
            let unknown = if self == Self::Code { CODES_BLOCKED_S } else { BLOCKED_S };
            return Refusal::RateLimited(block(retry_after.unwrap_or(unknown)));
        }
        let last = Last::default();
        let named = Json::parse(body).and_then(|document| named(Object::new(document, &last), status));
        named.unwrap_or_else(|| self.not_polar(status, last.get()))
    }

    /// Returns the refusal for a complete reply that is not Polar's. If the reply is an object, `field` is the first
    /// member that does not have Polar's form.
    fn not_polar(self, status: u16, field: Option<Field>) -> Refusal {
        Refusal::NoAnswer(not_polar(status, field, self != Self::Read))
    }
}

/// Returns the refusal that the reply names, if Polar's API documents it.
fn named(document: Object<'_, '_>, status: u16) -> Option<Refusal> {
    let error = document.text("error")?;
    Some(match (status, error.as_str()) {
        (401, "Unauthorized" | "invalid_token") => Refusal::SessionOver,
        (401, "CustomerSessionCodeInvalidOrExpired") => Refusal::WrongCode,
        (422, "RequestValidationError") if is_about_email(document)? => Refusal::WrongAddress,
        (409, "customer_selection_required") => {
            let customer = |customer: Object<'_, '_>| {
                let name = customer.text("name");
                Some(Customer::new(customer.read("id", id)?, name))
            };
            Refusal::Choose(document.items("customers[].", "customers")?.map(customer).collect::<Option<_>>()?)
        }
        (404, "ResourceNotFound") | (400, "InvalidInvitationToken") => Refusal::NotKnown,
        (400, "RotateNotPermitted") | (403, "NotPermitted" | "FeatureNotEnabled") => Refusal::NotPossible,
        (410, "ExpiredCheckoutError") => Refusal::Expired,
        _ => return None,
    })
}

fn is_about_email(document: Object<'_, '_>) -> Option<bool> {
    let complaint = document.items("detail[].", "detail")?.next()?;
    let place: Vec<String> = complaint.get("loc")?.items()?.map_while(Json::string).collect();
    Some(place == ["body", "email"])
}

impl Refusal {
    /// Returns `true` if Polar has neither granted nor denied the request. The same request may then succeed later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited(_) | Self::NoAnswer(_) => true,
            Self::SessionOver
            | Self::WrongCode
            | Self::WrongAddress
            | Self::Choose(_)
            | Self::NotKnown
            | Self::NotPossible
            | Self::Expired => false,
        }
    }

    /// Returns `true` if Polar may have applied the request.
    pub(super) fn maybe_applied(&self) -> bool {
        match self {
            Self::NoAnswer(cause) => cause.maybe_applied(),
            Self::SessionOver
            | Self::WrongCode
            | Self::WrongAddress
            | Self::Choose(_)
            | Self::NotKnown
            | Self::NotPossible
            | Self::Expired
            | Self::RateLimited(_) => false,
        }
    }

    /// Converts the refusal to an error with the app's texts.
    pub(super) fn into_error(self, texts: &Texts) -> Error {
        let (kind, text, detail) = match self {
            Self::NoAnswer(cause) => return cause.into_error(texts),
            Self::RateLimited(wait) => return Error::of(Problem::busy(texts, wait), None),
            Self::SessionOver => (
                ErrorKind::Refused,
                Text::SessionOver,
                "Polar does not take the customer's token any more; it lasts an hour",
            ),
            Self::WrongCode => (
                ErrorKind::InvalidArgument,
                Text::WrongCode,
                "Polar does not take this code: it is wrong, was used, or is older than 30 minutes",
            ),
            Self::WrongAddress => (
                ErrorKind::InvalidArgument,
                Text::WrongAddress,
                "Polar takes no such e-mail address; its domain may not exist",
            ),
            Self::Choose(_) => (
                ErrorKind::Refused,
                Text::SeveralCustomers,
                "several customers have this address; ask for a code for one of them",
            ),
            Self::NotKnown => (
                ErrorKind::Refused,
                Text::NotKnown,
                "Polar does not know what was asked for: it was used, deleted, or is somebody else's",
            ),
            Self::NotPossible => (
                ErrorKind::Refused,
                Text::NotPossible,
                "Polar does not permit this in the state that the license key or the organization is in",
            ),
            Self::Expired => {
                (ErrorKind::Refused, Text::CheckoutExpired, "the checkout is older than a day; open another one")
            }
        };
        Error::saying(texts, text, kind, detail)
    }
}

#[cfg(test)]
#[cfg(not(target_family = "wasm"))]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::device::DeviceId;
    use crate::engine::{Engine, Host, Pacer};
    use crate::reply::contract::Contract;
    use serde_json::{Value, json};

    const ID: &str = "1c010000-0000-4000-8000-000000000001";
    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
    const BENEFIT: &str = "b0010000-0000-4000-8000-000000000001";

    fn answered(status: u16, body: &Value) -> Answer {
        Answer::reply(status, body.to_string())
    }

    fn context() -> Context {
        let config = Config::builder(ORGANIZATION, "com.example.app").build().unwrap();
        let device = DeviceId::derive(&config.organization_id(), "here");
        let host = Host { device, system: "".into(), seed: [7; 16], takes_turns: false };
        Context::of(&Engine::new(config, host, Pacer::new()))
    }

    fn license_key() -> Value {
        json!({
            "id": ID, "key": "D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF", "organization_id": ORGANIZATION,
            "benefit_id": BENEFIT, "status": "granted", "limit_activations": 2, "limit_usage": 10, "usage": 1,
            "created_at": "2026-01-02T03:04:05Z", "expires_at": "2099-06-30T12:34:56Z",
        })
    }

    fn is_named(status: u16, body: &Value) -> bool {
        !matches!(Call::Read.refusal(&answered(status, body)), Refusal::NoAnswer(_))
    }

    /// Checks that the functions that read Polar's replies use exactly the JSON members that DESIGN.md lists.
    #[test]
    fn the_portal_rests_on_the_members_that_the_design_lists() {
        let mut contract = Contract::below("The customer portal:");
        let (context, wall, asked) = (context(), Timestamp::default(), ID.parse().unwrap());
        let session = |endpoint: &str| format!("customer-session/{endpoint}");
        contract.check(&session("request 202"), &json!({}), &|body| code_requested(&answered(202, body)).is_ok());
        let choice = json!({ "error": "customer_selection_required", "customers": [{ "id": ID, "name": "Studio" }] });
        contract.check(&session("request 409"), &choice, &|body| is_named(409, body));
        let token = json!({ "token": "polar_cst_abc" });
        contract.check(&session("authenticate 200"), &token, &|body| authenticated(&answered(200, body)).is_ok());
        let claimed = json!({ "customer_session_token": "polar_mst_abc" });
        contract.check("customer-seats/claim 200", &claimed, &|body| seat_claimed(&answered(200, body)).is_ok());
        let page = json!({ "items": [license_key()], "pagination": { "max_page": 1 } });
        contract
            .check("license-keys/ 200", &page, &|body| keys_listed(&answered(200, body), &context, 1, wall).is_ok());
        let mut key = license_key();
        contract.check("license-keys/{id}/rotate 200", &key, &|body| {
            key_rotated(&answered(200, body), &context, asked, wall).is_ok()
        });
        let activation =
            json!({ "id": ID, "label": "Till 7", "created_at": "2026-01-02T03:04:05Z", "meta": { "seat": "1" } });
        key["activations"] = json!([activation]);
        contract.check("license-keys/{id} 200", &key, &|body| {
            key_read(&answered(200, body), &context, asked, wall).is_ok()
        });
        let benefit = json!({
            "organization": { "id": ORGANIZATION, "slug": "main" },
            "properties": { "activations": { "enable_customer_admin": true } },
        });
        let properties = json!({ "license_key_id": ID });
        let grants = json!({ "items": [{ "benefit_id": BENEFIT, "properties": properties, "benefit": benefit }] });
        contract.check("benefit-grants/ 200", &grants, &|body| {
            let answer = answered(200, body);
            let _ = (slug_of_grant(&answer, &context), shows_devices(&answer, BENEFIT.parse().unwrap()));
            key_granted(&answer, &context).is_ok()
        });
        let checkout = json!({ "id": ID, "status": "succeeded", "customer_email": "ada@example.com" });
        let read = |body: &Value| checkout_read(&answered(200, body)).is_ok();
        contract.check("checkouts/client/{client_secret} 200", &checkout, &read);
        let refusals = [(400, "InvalidInvitationToken"), (401, "invalid_token"), (403, "NotPermitted")];
        let refusals = [&refusals[..], &[(404, "ResourceNotFound"), (410, "ExpiredCheckoutError")]].concat();
        contract.check("400, 401, 403, 404, 410", &json!({ "error": "" }), &|body| {
            let with = |error: &str| if body.get("error").is_some() { json!({ "error": error }) } else { body.clone() };
            refusals.iter().all(|(status, error)| is_named(*status, &with(error)))
        });
        let address = json!({ "error": "RequestValidationError", "detail": [{ "loc": ["body", "email"] }] });
        contract.check("422", &address, &|body| is_named(422, body));
        contract.end();
    }

    #[test]
    fn values_that_polar_adds_are_read_as_unknown_ones() {
        let mut key = license_key();
        key["status"] = "something new".into();
        let read = key_rotated(&answered(200, &key), &context(), ID.parse().unwrap(), Timestamp::default()).unwrap();
        assert_eq!((read.status(), read.status().reason()), (crate::codes::KeyStatus::Unknown, None));
        let checkout = json!({ "id": ID, "status": "something new" });
        assert_eq!(checkout_read(&answered(200, &checkout)).unwrap().status, CheckoutStatus::Open);
        let full: Vec<Value> = (0..PAGE).map(|_| license_key()).collect();
        let listed = |items: &[Value]| {
            keys_listed(&answered(200, &json!({ "items": items })), &context(), 1, Timestamp::default())
        };
        assert!(listed(&full).unwrap().has_more && !listed(&full[1..]).unwrap().has_more);
        key.as_object_mut().unwrap().remove("benefit_id");
        let Err(Refusal::NoAnswer(unreadable)) = listed(&[key]) else { panic!("a benefit is required") };
        assert!(unreadable.to_string().contains("`items[].benefit_id` is missing"), "{unreadable}");
    }
}
