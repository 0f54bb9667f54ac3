//! Customers: lists, files, moving people, import and export (M14).

mod export;
mod file;
mod import;
mod merging;
mod taking;

pub(crate) use export::export;
pub(crate) use file::{get, move_contact};
pub(crate) use import::{
    Imports, import_cancel, import_check, import_errors, import_open, import_progress, import_run,
};
pub(crate) use merging::{merge, unmerge};

use crate::{App, Result};
use chrono::NaiveDate;
use doorstep_domain::{
    customer::Level,
    id::{CustomerId, RecordId},
};
use doorstep_store::{CustomerFilter, CustomerSummary, Store, Validity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most rows of one answer.
const ROWS_MAX: u32 = 500;

/// Arguments of `customer_list`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Name, pinyin, initials, number or phone; empty for all.
    query: String,
    /// Only these levels; empty for all.
    levels: Vec<Level>,
    /// Validity of the file.
    validity: Validity,
    /// Only those right below this one.
    parent_id: Option<CustomerId>,
    /// Rows to pass over.
    offset: u32,
    /// Most rows; 500 at the most.
    limit: u32,
    /// A customer to say the place of.
    #[serde(default)]
    find: Option<RecordId>,
}

/// A customer in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CustomerRow {
    /// Its id.
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
    /// When someone was last there.
    pub last_visit_at: Option<String>,
    /// Changes wait for HQ.
    pub waiting: bool,
    /// Fields that only a newer version reads; what is shown for them is not so.
    pub parked: Vec<String>,
}

/// A page of customers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CustomerPage {
    /// How many there are.
    total: u64,
    /// The page.
    rows: Vec<CustomerRow>,
    /// Which row of the whole list, from 0, the customer to find is, or the one that stands for it; absent when it is not
    /// in the list.
    found_at: Option<u64>,
}

impl From<CustomerSummary> for CustomerRow {
    fn from(s: CustomerSummary) -> Self {
        Self {
            id: s.id,
            name: s.name,
            level: s.level,
            path: s.path,
            region: s.region,
            phone: s.phone,
            contacts: s.contacts,
            installations: s.installations,
            file_valid_until: s.file_valid_until,
            last_visit_at: s.last_visit_at,
            waiting: s.pending,
            parked: s.parked,
        }
    }
}

pub(crate) async fn list(app: Arc<App>, args: List) -> Result<CustomerPage> {
    let (store, _) = app.enrolled().await?;
    let filter = CustomerFilter {
        query: args.query,
        levels: args.levels,
        validity: args.validity,
        parent: args.parent_id,
        today: app.world.day(app.world.now()),
    };
    let (total, rows) = rows(&store, &filter, args.offset, args.limit.min(ROWS_MAX)).await?;
    let found_at = match args.find {
        Some(customer) => store.customer_position(&filter, customer).await?,
        None => None,
    };
    Ok(CustomerPage { total, rows, found_at })
}

pub(crate) async fn rows(
    store: &Store,
    filter: &CustomerFilter,
    offset: u32,
    limit: u32,
) -> Result<(u64, Vec<CustomerRow>)> {
    let (total, rows) = store.customers(filter, offset, limit).await?;
    Ok((total, rows.into_iter().map(CustomerRow::from).collect()))
}
