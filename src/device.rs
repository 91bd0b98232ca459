//! placeholder, replaced on merge
use uuid::Uuid;
/// id
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(String);
impl DeviceId {
    /// from the app
    pub fn from_app(organization: &Uuid, value: &str) -> Self {
        Self(format!("{organization}{value}"))
    }
    /// hex
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
