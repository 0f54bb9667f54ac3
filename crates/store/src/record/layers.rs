//! The two layers of a record: HQ's fields as last pulled, and what is pending above them.

use crate::Result;
use doorstep_domain::{Doc, Kind, id::RecordId, merge::Change, record};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// Operations on one record that HQ has not handed back yet, oldest first.
pub(crate) type Pending = Vec<BTreeMap<String, Change>>;

/// What is pending on a record. Refused operations count only while HQ does not have the record at all: what was
/// typed stays in sight, but never stands over HQ's own.
pub(crate) async fn pending_of(
    connection: &mut SqliteConnection,
    kind: &Kind,
    id: RecordId,
    hq_has_it: bool,
) -> Result<Pending> {
    let sql = "SELECT fields FROM outbox JOIN outbox_fields USING (seq) \
               WHERE kind = ?1 AND id = ?2 AND (state <> 'refused' OR NOT ?3) \
               AND NOT (lost = 1 AND version <= (SELECT hq_version FROM record WHERE kind = ?1 AND id = ?2)) \
               ORDER BY seq";
    let rows: Vec<String> =
        sqlx::query_scalar(sql).bind(kind.as_str()).bind(id.to_string()).bind(hq_has_it).fetch_all(connection).await?;
    rows.iter().map(|text| Ok(serde_json::from_str(text)?)).collect()
}

/// HQ's document with what is pending over it.
pub(crate) fn overlay(hq: &Doc, pending: &Pending) -> Doc {
    let mut doc = hq.clone();
    for fields in pending {
        let patch: Doc = fields.iter().map(|(field, change)| (field.clone(), change.value.clone())).collect();
        doc = record::patched(&doc, &patch);
    }
    doc
}
