//! The bodies of the three endpoints: each becomes a valid request, or the reply with which Polar rejects it.

use uuid::Uuid;

use crate::json::Object;
use crate::pydantic::{Form, Text};
use crate::reply::Reply;
use crate::request::RecordedRequest;

pub(crate) struct Validate {
    pub(crate) key: Text,
    pub(crate) organization: Uuid,
    pub(crate) activation: Option<Uuid>,
    pub(crate) benefit: Option<Uuid>,
    pub(crate) customer: Option<Uuid>,
    /// A number of any size: one that is too large fails only when it is stored.
    pub(crate) increment: Option<i128>,
    pub(crate) conditions: Object,
}

pub(crate) struct Activate {
    pub(crate) key: Text,
    pub(crate) organization: Uuid,
    pub(crate) label: Text,
    pub(crate) conditions: Object,
    pub(crate) meta: Object,
}

pub(crate) struct Deactivate {
    pub(crate) key: Text,
    pub(crate) organization: Uuid,
    pub(crate) activation: Uuid,
}

impl Validate {
    pub(crate) fn read(request: &RecordedRequest) -> Result<Self, Reply> {
        let mut form = Form::of(request)?;
        let key = form.string("key");
        let organization = form.uuid("organization_id");
        let activation = form.optional_uuid("activation_id");
        let benefit = form.optional_uuid("benefit_id");
        let customer = form.optional_uuid("customer_id");
        let increment = form.count("increment_usage");
        let conditions = form.flat_object("conditions");
        match (key, organization) {
            (Some(key), Some(organization)) if form.is_valid() => {
                Ok(Self { key, organization, activation, benefit, customer, increment, conditions })
            }
            _ => Err(form.rejection()),
        }
    }
}

impl Activate {
    pub(crate) fn read(request: &RecordedRequest) -> Result<Self, Reply> {
        let mut form = Form::of(request)?;
        let key = form.string("key");
        let organization = form.uuid("organization_id");
        let label = form.string("label");
        let conditions = form.flat_object("conditions");
        let meta = form.flat_object("meta");
        match (key, organization, label) {
            (Some(key), Some(organization), Some(label)) if form.is_valid() => {
                Ok(Self { key, organization, label, conditions, meta })
            }
            _ => Err(form.rejection()),
        }
    }
}

impl Deactivate {
    pub(crate) fn read(request: &RecordedRequest) -> Result<Self, Reply> {
        let mut form = Form::of(request)?;
        let key = form.string("key");
        let organization = form.uuid("organization_id");
        let activation = form.uuid("activation_id");
        match (key, organization, activation) {
            (Some(key), Some(organization), Some(activation)) if form.is_valid() => {
                Ok(Self { key, organization, activation })
            }
            _ => Err(form.rejection()),
        }
    }
}
