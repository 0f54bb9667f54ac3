//! Conflicts as lists show them.

use crate::{
    Result, Store,
    listed::{Question, page, position},
    record::{Stored, stored},
};
use doorstep_domain::id::RecordId;
use sqlx::{QueryBuilder, Sqlite};
use std::sync::Arc;

/// Which conflicts a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConflictFilter {
    /// Only those nobody has settled, or only those that are settled; `None` for both.
    pub open: Option<bool>,
    /// Only those about this record.
    pub record: Option<RecordId>,
    /// Only those about this visit or what belongs to it.
    pub visit: Option<RecordId>,
}

impl Store {
    /// Conflicts by `filter`: how many there are, and `limit` of them from `offset`, open ones first, the latest raised
    /// first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn conflicts(&self, filter: &ConflictFilter, offset: u32, limit: u32) -> Result<(u64, Vec<Stored>)> {
        let ids = self.conflicts_in_order(filter).await?;
        let sql = "SELECT r.kind, r.id, r.doc, r.pending, r.hq_version FROM json_each(?) page \
                   CROSS JOIN record r ON r.kind = 'conflict' AND r.id = page.value ORDER BY page.key";
        let rows = sqlx::query(sql).bind(page(&ids, offset, limit)?).fetch_all(self.pool()).await?;
        Ok((u64::try_from(ids.len()).unwrap_or(u64::MAX), rows.iter().map(stored).collect::<Result<_>>()?))
    }

    /// Where a conflict stands among those by `filter`; `None` when it is not among them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn conflict_position(&self, filter: &ConflictFilter, conflict: RecordId) -> Result<Option<u64>> {
        Ok(position(&self.conflicts_in_order(filter).await?, conflict))
    }

    async fn conflicts_in_order(&self, filter: &ConflictFilter) -> Result<Arc<[RecordId]>> {
        let mut sql = QueryBuilder::new("SELECT group_concat(id) FROM (SELECT id FROM record WHERE ");
        conditions(&mut sql, filter);
        sql.push(" ORDER BY doc ->> '$.settled' IS NOT NULL, doc ->> '$.raised_at' DESC, id)");
        let mut reading = self.warm().await?;
        self.listed().order(&mut reading, Question { name: format!("{filter:?}"), all: sql, follows: None }).await
    }
}

fn conditions(sql: &mut QueryBuilder<Sqlite>, filter: &ConflictFilter) {
    sql.push("kind = 'conflict' AND deleted = 0");
    match filter.open {
        Some(true) => sql.push(" AND doc ->> '$.settled' IS NULL"),
        Some(false) => sql.push(" AND doc ->> '$.settled' IS NOT NULL"),
        None => sql,
    };
    if let Some(record) = filter.record {
        sql.push(" AND doc ->> '$.record_id' = ").push_bind(record.to_string());
    }
    if let Some(visit) = filter.visit {
        sql.push(" AND visit_id = ").push_bind(visit.to_string());
    }
}
