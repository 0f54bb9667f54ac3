//! Visits as lists show them.

use crate::{
    Result, Store,
    listed::{Question, page, position},
    record::{Stored, push_same, stored},
    search,
};
use doorstep_domain::{
    id::{CustomerId, EngineerId, RecordId},
    visit::State,
};
use sqlx::{QueryBuilder, Sqlite};
use std::sync::Arc;

/// Which visits a list shows.
#[derive(Debug, Clone, Default)]
pub struct VisitFilter {
    /// Found by what stands in them or by their customer; empty for all.
    pub query: String,
    /// Only these states; empty for all.
    pub states: Vec<State>,
    /// Beside those also the ones in a state that this version does not know: somebody may have to do something.
    pub unknown_states: bool,
    /// Only this engineer's.
    pub engineer: Option<EngineerId>,
    /// Only this customer's.
    pub customer: Option<CustomerId>,
    /// Only those due in this span of moments (RFC 3339, from inclusive, until exclusive).
    pub due: Option<(String, String)>,
}

/// A visit in a list, with what its neighbours say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitSummary {
    /// The visit.
    pub visit: Stored,
    /// Number of the latest seal.
    pub number: Option<String>,
    /// Conflicts nobody has settled.
    pub conflicts: u32,
}

/// When a visit is due, or was: appointment, else arrival, else the planned day, else when the record began.
pub(crate) const DUE: &str = "coalesce(v.doc ->> '$.appointment.at', v.doc ->> '$.progress.arrived_at', \
                   v.doc ->> '$.planned_on', v.changed_at)";

impl Store {
    /// Visits by `filter`: how many there are, and `limit` of them from `offset`, the latest due first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn visits(&self, filter: &VisitFilter, offset: u32, limit: u32) -> Result<(u64, Vec<VisitSummary>)> {
        let ids = self.visits_in_order(filter).await?;
        let sql = "SELECT v.kind, v.id, v.doc, v.pending, v.hq_version, \
             (SELECT s.doc ->> '$.number' || '' FROM record s WHERE s.visit_id = v.id AND s.kind = 'seal' \
              ORDER BY s.doc ->> '$.revision' DESC LIMIT 1) AS number, \
             (SELECT count(*) FROM record f WHERE f.visit_id = v.id AND f.kind = 'conflict' \
              AND f.doc ->> '$.settled' IS NULL) AS conflicts \
             FROM json_each(?) page CROSS JOIN record v ON v.kind = 'visit' AND v.id = page.value ORDER BY page.key";
        let rows = sqlx::query(sql).bind(page(&ids, offset, limit)?).fetch_all(self.pool()).await?;
        let summary = |row: &sqlx::sqlite::SqliteRow| -> Result<VisitSummary> {
            use sqlx::Row;
            Ok(VisitSummary {
                visit: stored(row)?,
                number: row.try_get("number")?,
                conflicts: row.try_get("conflicts")?,
            })
        };
        Ok((u64::try_from(ids.len()).unwrap_or(u64::MAX), rows.iter().map(summary).collect::<Result<_>>()?))
    }

    /// Where a visit stands among those by `filter`; `None` when it is not among them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn visit_position(&self, filter: &VisitFilter, visit: RecordId) -> Result<Option<u64>> {
        Ok(position(&self.visits_in_order(filter).await?, visit))
    }

    async fn visits_in_order(&self, filter: &VisitFilter) -> Result<Arc<[RecordId]>> {
        let mut sql = QueryBuilder::new("SELECT group_concat(id) FROM (SELECT v.id FROM record v");
        conditions(&mut sql, filter);
        sql.push(format!(" ORDER BY {DUE} DESC, v.id DESC)"));
        let mut reading = self.warm().await?;
        self.listed().order(&mut reading, Question { name: format!("{filter:?}"), all: sql, follows: None }).await
    }

    /// Open points of a customer that nobody has settled, the earliest due first; of every customer when `None`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn open_points(&self, customer: Option<CustomerId>, limit: u32) -> Result<Vec<Stored>> {
        let mut sql = QueryBuilder::new(
            "SELECT kind, id, doc, pending, hq_version FROM record WHERE kind = 'open_point' AND deleted = 0 \
             AND doc ->> '$.done_on' IS NULL",
        );
        if let Some(customer) = customer {
            push_same(sql.push(" AND customer_id IN ("), &customer.to_string());
            sql.push(")");
        }
        sql.push(" ORDER BY doc ->> '$.due' IS NULL, doc ->> '$.due', id LIMIT ").push_bind(limit);
        let rows = sql.build().fetch_all(self.pool()).await?;
        rows.iter().map(stored).collect()
    }
}

/// A customer has few visits: they are looked up; all others are found on the way through the list.
pub(crate) fn conditions(sql: &mut QueryBuilder<Sqlite>, filter: &VisitFilter) {
    sql.push(if filter.customer.is_some() { " INDEXED BY record_of_customer" } else { " INDEXED BY visit_listed" });
    sql.push(" WHERE v.kind = 'visit' AND v.deleted = 0");
    if !filter.states.is_empty() {
        let states = serde_json::to_string(&filter.states).unwrap_or_default();
        sql.push(" AND (ifnull(v.doc ->> '$.progress.state', 'planned') IN (SELECT value FROM json_each(")
            .push_bind(states)
            .push("))");
        if filter.unknown_states {
            let known = serde_json::to_string(&State::KNOWN).unwrap_or_default();
            sql.push(" OR ifnull(v.doc ->> '$.progress.state', 'planned') NOT IN (SELECT value FROM json_each(")
                .push_bind(known)
                .push("))");
        }
        sql.push(")");
    }
    if let Some(engineer) = filter.engineer {
        sql.push(" AND ifnull(v.doc ->> '$.dispatched_to', v.doc ->> '$.engineer_id') = ")
            .push_bind(engineer.to_string());
    }
    if let Some(customer) = filter.customer {
        push_same(sql.push(" AND v.customer_id IN ("), &customer.to_string());
        sql.push(")");
    }
    if let Some((from, until)) = &filter.due {
        sql.push(format!(" AND {DUE} >= ")).push_bind(from.clone());
        sql.push(format!(" AND {DUE} < ")).push_bind(until.clone());
    }
    if !filter.query.trim().is_empty() {
        sql.push(" AND (v.id IN (");
        search::push_ids(sql, "visit", &filter.query);
        sql.push(") OR v.customer_id IN (");
        search::push_ids(sql, "customer", &filter.query);
        sql.push("))");
    }
}
