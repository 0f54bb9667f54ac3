//! Customers as lists and trees show them (M14).

pub(crate) mod order;

use crate::{
    Result, Store, Write,
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
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

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
        let mut count = QueryBuilder::new("SELECT count(*)");
        conditions(&mut count, filter);
        let total: i64 = count.build_query_scalar().fetch_one(self.pool()).await?;
        let mut page = QueryBuilder::new("WITH page AS (SELECT c.*");
        conditions(&mut page, filter);
        page.push(" ORDER BY c.place, c.id LIMIT ").push_bind(limit);
        page.push(" OFFSET ").push_bind(offset).push(") ").push(summary_sql());
        let rows = page.build().fetch_all(self.pool()).await?;
        Ok((u64::try_from(total).unwrap_or(0), rows.iter().map(summary).collect::<Result<_>>()?))
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

/// Without its index by name SQLite goes through all customers to find those below one.
pub(crate) fn conditions(sql: &mut QueryBuilder<Sqlite>, filter: &CustomerFilter) {
    sql.push(" FROM record c").push(if filter.parent.is_some() { " INDEXED BY customer_below" } else { "" });
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
fn summary_sql() -> String {
    let same = same_customer("p.id");
    format!(
        "SELECT p.id, p.pending, p.doc, \
                (SELECT count(*) FROM record r WHERE r.customer_id IN ({same}) AND r.kind = 'contact' \
                 AND r.deleted = 0) AS contacts, \
                (SELECT count(*) FROM record r WHERE r.customer_id IN ({same}) AND r.kind = 'installation' \
                 AND r.deleted = 0) AS installations, \
                (SELECT max(r.doc ->> '$.progress.arrived_at' || '') FROM record r \
                 WHERE r.customer_id IN ({same}) AND r.kind = 'visit' AND r.deleted = 0) AS last_visit_at, \
                (WITH RECURSIVE up(id, name, depth) AS ( \
                     SELECT a.parent_id, a.doc ->> '$.name' || '', 1 FROM record a \
                     WHERE a.kind = 'customer' AND a.id = p.parent_id \
                     UNION ALL \
                     SELECT a.parent_id, a.doc ->> '$.name' || '', depth + 1 FROM up \
                     JOIN record a ON a.kind = 'customer' AND a.id = up.id WHERE depth < 8) \
                 SELECT json_group_array(name ORDER BY depth DESC) FROM up) AS path \
         FROM page p ORDER BY p.place, p.id"
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
