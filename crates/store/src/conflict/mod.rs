//! Conflicts as lists show them.

use crate::{Result, Store, record::Stored, record::stored};
use doorstep_domain::id::RecordId;
use sqlx::{QueryBuilder, Sqlite};

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
        let mut count = QueryBuilder::new("SELECT count(*) FROM record WHERE ");
        conditions(&mut count, filter);
        let total: i64 = count.build_query_scalar().fetch_one(self.pool()).await?;
        let mut page = QueryBuilder::new("SELECT kind, id, doc, pending, hq_version FROM record WHERE ");
        conditions(&mut page, filter);
        page.push(" ORDER BY doc ->> '$.settled' IS NOT NULL, doc ->> '$.raised_at' DESC, id LIMIT ").push_bind(limit);
        page.push(" OFFSET ").push_bind(offset);
        let rows = page.build().fetch_all(self.pool()).await?;
        Ok((u64::try_from(total).unwrap_or(0), rows.iter().map(stored).collect::<Result<_>>()?))
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
