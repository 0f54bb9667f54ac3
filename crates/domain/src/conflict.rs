//! A conflict: two people changed the same field without seeing each other's value.
//!
//! HQ makes it, it travels like any record, and a person settles it with a reason.

use crate::{
    Kind, Noun, Refusal,
    id::{BranchId, DeviceId, EngineerId, RecordId},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One side of a conflict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Side {
    /// The value; `null` when the field was cleared.
    pub value: Value,
    /// The laptop it came from; absent for HQ.
    pub device_id: Option<DeviceId>,
    /// Who wrote it.
    pub engineer_id: Option<EngineerId>,
    /// When it was written by the writer's own clock: for people, never for merging (invariant 4).
    pub written_at: Option<DateTime<Utc>>,
}

/// How a conflict was settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settlement {
    /// Who settled it.
    pub engineer_id: Option<EngineerId>,
    /// Why this value.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The value that was chosen.
    pub value: Value,
}

/// A field with two values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Conflict {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Kind of the record in conflict.
    pub record_kind: String,
    /// The record in conflict.
    pub record_id: Option<RecordId>,
    /// Its field.
    pub field: String,
    /// What HQ accepted first and what stands.
    pub standing: Side,
    /// What came later and did not see the other.
    pub other: Side,
    /// Set when a person settled it.
    pub settled: Option<Settlement>,
}

impl Noun for Conflict {
    const KIND: Kind = Kind::CONFLICT;
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}
