//! Customers as lists and trees show them (M14).

pub(crate) mod order;

use crate::{
    Result, Store, Write,
    listed::{Follows, Question, page, position},
    record::{Stored, parse_id, push_same, same_customer, stored},
    search,
};
use chrono::NaiveDate;
use doorstep_domain::{
    Doc,
    customer::{Customer, Level},
    id::{CustomerId, RecordId},
    parked,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};
use std::sync::Arc;

/// A text that finds fewer has them looked up one by one.
const FEW_MAX: i64 = 2_000;
/// Deepest tree: four levels; a damaged one ends the walk.
const DEPTH_MAX: u32 = 8;

/// Which customers a list shows.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Found by name, pinyin, initials, number, phone; empty for all.
    pub query: String,
    /// Only these levels; empty for all.
    pub levels: Vec<Level>,
    /// Validity of the file.
    pub validity: Validity,
    /// Only those right below this one.
    pub parent: Option<CustomerId>,
    /// The present day where the laptop is.
    pub today: NaiveDate,
}

/// Validity of a customer's file (M14).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Any.
    #[default]
    Any,
    /// Valid for more than thirty days, or without an end.
    Valid,
    /// Ends within thirty days.
    Expiring,
    /// Has ended.
    Expired,
}

/// A customer in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerSummary {
    /// The customer.
    pub id: CustomerId,
    /// Name.
    pub name: String,
    /// Level.
    pub level: Level,
    /// Names of those above, the highest first.
    pub path: Vec<String>,
    /// Region.
    pub region: String,
    /// Telephone.
    pub phone: String,
    /// People on file.
    pub contacts: u32,
    /// Products in use.
    pub installations: u32,
    /// Until when the file is valid.
    pub file_valid_until: Option<NaiveDate>,
    /// Arrival of the latest visit.
    pub last_visit_at: Option<String>,
    /// Changes wait for HQ.
    pub pending: bool,
    /// Fields that this version cannot read.
    pub parked: Vec<String>,
}

impl Store {
    /// Customers by `filter`: how many there are, and `limit` of them from `offset`, by the sound of their names.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn customers(
        &self,
        filter: &CustomerFilter,
        offset: u32,
        limit: u32,
    ) -> Result<(u64, Vec<CustomerSummary>)> {
        let mut reading = self.warm().await?;
        let ids = self.customers_in_order(&mut reading, filter).await?;
        let rows =
            sqlx::query(AssertSqlSafe(summary_sql())).bind(page(&ids, offset, limit)?).fetch_all(&mut *reading).await?;
        Ok((u64::try_from(ids.len()).unwrap_or(u64::MAX), rows.iter().map(summary).collect::<Result<_>>()?))
    }

    /// Where a customer, or the one that it was merged into, stands among those by `filter`; `None` when it is not among
    /// them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn customer_position(&self, filter: &CustomerFilter, customer: RecordId) -> Result<Option<u64>> {
        let customer = self.stands_for(customer).await?;
        let mut reading = self.warm().await?;
        Ok(position(&self.customers_in_order(&mut reading, filter).await?, customer))
    }

    async fn customers_in_order(
        &self,
        reading: &mut SqliteConnection,
        filter: &CustomerFilter,
    ) -> Result<Arc<[RecordId]>> {
        let way = if filter.parent.is_some() {
            Way::Below
        } else if self.finds_few(reading, filter).await? {
            Way::Found
        } else {
            Way::Listed
        };
        let mut sql = QueryBuilder::new("SELECT group_concat(id) FROM (SELECT c.id");
        conditions(&mut sql, filter, way);
        sql.push(" ORDER BY c.place, c.id)");
        self.listed().order(reading, Question { name: format!("{filter:?}"), all: sql, follows: follows(filter) }).await
    }

    /// Whether the text finds so few that they are sooner looked up one by one than found while going through all.
    async fn finds_few(&self, reading: &mut SqliteConnection, filter: &CustomerFilter) -> Result<bool> {
        if filter.query.trim().is_empty() {
            return Ok(false);
        }
        let mut sql = QueryBuilder::new("SELECT count(*) FROM (");
        search::push_ids(&mut sql, "customer", &filter.query);
        sql.push(" LIMIT ").push_bind(FEW_MAX).push(")");
        let found: i64 = sql.build_query_scalar().fetch_one(reading).await?;
        Ok(found < FEW_MAX)
    }

    /// Ids of those above `customer`, the nearest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn ancestors(&self, customer: CustomerId) -> Result<Vec<RecordId>> {
        let sql = "WITH RECURSIVE up(id, depth) AS ( \
                     SELECT parent_id, 1 FROM record WHERE kind = 'customer' AND id = ?1 \
                     UNION ALL SELECT r.parent_id, depth + 1 FROM up JOIN record r ON r.kind = 'customer' AND r.id = up.id \
                     WHERE depth < ?2) \
                   SELECT id FROM up WHERE id IS NOT NULL ORDER BY depth";
        let ids: Vec<String> =
            sqlx::query_scalar(sql).bind(customer.to_string()).bind(DEPTH_MAX).fetch_all(self.pool()).await?;
        // The way up ends where a newer version names the one above in another form.
        Ok(ids.iter().map_while(|id| id.parse().ok()).collect())
    }
}

impl Write<'_> {
    /// Those right below `customer` within this change.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn below(&mut self, customer: CustomerId) -> Result<Vec<Stored>> {
        let sql = "SELECT kind, id, doc, pending, hq_version FROM record \
                   WHERE kind = 'customer' AND parent_id = ? AND deleted = 0 ORDER BY id";
        let rows = sqlx::query(sql).bind(customer.to_string()).fetch_all(&mut *self.tx).await?;
        rows.iter().map(stored).collect()
    }
}

/// Whether a customer is in a list hangs on the customer alone, unless a text is looked for or others may have been merged
/// into the one above.
fn follows(filter: &CustomerFilter) -> Option<Follows> {
    if filter.parent.is_some() || !filter.query.trim().is_empty() {
        return None;
    }
    let filter = filter.clone();
    let belonging = move |rows: String| {
        let mut sql = QueryBuilder::new("SELECT c.id");
        conditions(&mut sql, &filter, Way::Written);
        sql.push(" AND c.rowid IN (SELECT value FROM json_each(").push_bind(rows).push("))");
        sql
    };
    Some(Follows { belonging: Box::new(belonging) })
}

/// How those that `filter` asks for are reached. Which is best depends on how many there are, which SQLite does not know.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// All in order, passing over the others.
    Listed,
    /// Those below one.
    Below,
    /// Those that a text finds.
    Found,
    /// Some rows.
    Written,
}

pub(crate) fn conditions(sql: &mut QueryBuilder<Sqlite>, filter: &CustomerFilter, way: Way) {
    sql.push(match way {
        Way::Listed => " FROM record c INDEXED BY customer_listed",
        Way::Below => " FROM record c INDEXED BY customer_below",
        Way::Found => " FROM record c INDEXED BY sqlite_autoindex_record_1",
        Way::Written => " FROM record c NOT INDEXED",
    });
    sql.push(" WHERE c.kind = 'customer' AND c.deleted = 0 AND c.doc ->> '$.merged_into' IS NULL");
    if let Some(parent) = filter.parent {
        push_same(sql.push(" AND c.parent_id IN ("), &parent.to_string());
        sql.push(")");
    }
    if !filter.levels.is_empty() {
        let levels = serde_json::to_string(&filter.levels).unwrap_or_default();
        sql.push(" AND ifnull(c.doc ->> '$.level', 'company') IN (SELECT value FROM json_each(")
            .push_bind(levels)
            .push("))");
    }
    let today = filter.today.to_string();
    let soon = (filter.today + chrono::Days::new(30)).to_string();
    let until = "c.doc ->> '$.file_valid_until'";
    match filter.validity {
        Validity::Any => {}
        Validity::Valid => {
            sql.push(format!(" AND ({until} IS NULL OR {until} > ")).push_bind(soon).push(")");
        }
        Validity::Expiring => {
            sql.push(format!(" AND {until} BETWEEN ")).push_bind(today).push(" AND ").push_bind(soon);
        }
        Validity::Expired => {
            sql.push(format!(" AND {until} < ")).push_bind(today);
        }
    }
    if !filter.query.trim().is_empty() {
        sql.push(" AND c.id IN (");
        search::push_ids(sql, "customer", &filter.query);
        sql.push(")");
    }
}

/// What a list says of each customer on the page; what belongs to those merged into it counts as its own.
pub(crate) fn summary_sql() -> String {
    let same = same_customer("p.id");
    format!(
        "SELECT p.id, p.pending, p.doc, \
                (SELECT count(*) FROM record r WHERE r.customer_id IN ({same}) AND r.kind = 'contact' \
                 AND r.deleted = 0) AS contacts, \
                (SELECT count(*) FROM record r WHERE r.customer_id IN ({same}) AND r.kind = 'installation' \
                 AND r.deleted = 0) AS installations, \
                (SELECT max(r.doc ->> '$.progress.arrived_at' || '') FROM record r INDEXED BY record_of_customer \
                 WHERE r.customer_id IN ({same}) AND r.kind = 'visit' AND r.deleted = 0) AS last_visit_at, \
                (WITH RECURSIVE up(id, name, depth) AS ( \
                     SELECT a.parent_id, a.doc ->> '$.name' || '', 1 FROM record a \
                     WHERE a.kind = 'customer' AND a.id = p.parent_id \
                     UNION ALL \
                     SELECT a.parent_id, a.doc ->> '$.name' || '', depth + 1 FROM up \
                     JOIN record a ON a.kind = 'customer' AND a.id = up.id WHERE depth < 8) \
                 SELECT json_group_array(name ORDER BY depth DESC) FROM up) AS path \
         FROM json_each(?) page CROSS JOIN record p ON p.kind = 'customer' AND p.id = page.value ORDER BY page.key"
    )
}

fn summary(row: &SqliteRow) -> Result<CustomerSummary> {
    let path: Option<&str> = row.try_get("path")?;
    let doc: Doc = serde_json::from_str(row.try_get("doc")?)?;
    let customer: Customer = parked::known(&doc);
    Ok(CustomerSummary {
        id: CustomerId(parse_id(row.try_get("id")?)?),
        name: customer.name,
        level: customer.level,
        path: path.map(serde_json::from_str).transpose()?.unwrap_or_default(),
        region: customer.region,
        phone: customer.phone,
        contacts: row.try_get("contacts")?,
        installations: row.try_get("installations")?,
        file_valid_until: customer.file_valid_until,
        last_visit_at: row.try_get("last_visit_at")?,
        pending: row.try_get::<i64, _>("pending")? != 0,
        parked: parked::fields::<Customer>(&doc),
    })
}
