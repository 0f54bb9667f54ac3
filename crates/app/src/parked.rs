//! What this version cannot show because a newer one wrote it: named beside what is shown, and never changed here.

use doorstep_domain::{Kind, id::RecordId};
use doorstep_store::Stored;
use schemars::JsonSchema;
use serde::Serialize;

/// A record with something in it that only a newer version reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Parked {
    /// Its kind.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// The fields that are shown as if they had never been set.
    pub fields: Vec<String>,
}

/// Those of `records` that do not read whole.
pub(crate) fn parked<'r>(records: impl IntoIterator<Item = &'r Stored>) -> Vec<Parked> {
    let named = records.into_iter().map(|r| Parked { kind: r.kind.clone(), id: r.id, fields: r.parked() });
    named.filter(|parked| !parked.fields.is_empty()).collect()
}
