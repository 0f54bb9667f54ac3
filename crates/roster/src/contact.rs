//! The person and the installation a row speaks of. Plain values; the rules are in `drafts`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person at the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DraftContact {
    /// Name.
    pub name: String,
    /// Numbers in our way of writing, mobiles as a rule.
    pub mobiles: Vec<String>,
    /// Position.
    pub position: Option<String>,
    /// Mail addresses.
    pub emails: Vec<String>,
}

/// A product in use at the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DraftInstallation {
    /// Product.
    pub product: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Dongle or licence numbers; a cell may hold several.
    pub dongle_numbers: Vec<String>,
    /// Quota edition (定额版本).
    pub quota_edition: Option<String>,
    /// Maintenance until, that day included.
    pub maintenance_until: Option<NaiveDate>,
    /// Kind of database, as written.
    pub database_kind: Option<String>,
    /// What is to be known about the machine.
    pub machine_notes: Option<String>,
}
