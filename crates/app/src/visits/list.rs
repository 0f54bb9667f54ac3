//! Lists of visits.

use crate::{App, Result, today::customer_name};
use chrono::{DateTime, NaiveDate, Utc};
use doorstep_domain::{
    Kind,
    customer::Customer,
    id::{CustomerId, EngineerId, RecordId, VisitId},
    staff::Engineer,
    visit::{State, Visit, VisitKind},
};
use doorstep_store::{Identity, Store, VisitFilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Most rows of one answer.
const ROWS_MAX: u32 = 500;

/// Which visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Neither sealed nor cancelled.
    Open,
    /// The engineer's own, in any state.
    Mine,
    /// Sealed.
    Sealed,
    /// Cancelled.
    Cancelled,
    /// All.
    All,
}

/// Arguments of `visit_list`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Customer, subject, notes or number; empty for all.
    query: String,
    /// Which visits.
    filter: Filter,
    /// Only this customer's.
    customer_id: Option<CustomerId>,
    /// Rows to pass over.
    offset: u32,
    /// Most rows; 500 at the most.
    limit: u32,
    /// A visit to say the place of.
    #[serde(default)]
    find: Option<RecordId>,
}

/// A visit in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VisitRow {
    /// Its id.
    pub id: VisitId,
    /// The customer.
    pub customer_id: Option<CustomerId>,
    /// The customer's name; empty while the record has not come yet.
    pub customer: String,
    /// Names of those above the customer, the highest first.
    pub path: Vec<String>,
    /// What it is for.
    pub kind: VisitKind,
    /// In one line.
    pub subject: String,
    /// Where it stands.
    pub state: State,
    /// The appointment, or the arrival.
    pub at: Option<DateTime<Utc>>,
    /// The planned day.
    pub planned_on: Option<NaiveDate>,
    /// The engineer's name.
    pub engineer: String,
    /// Whether it is the own engineer's.
    pub mine: bool,
    /// Number on the paper.
    pub number: Option<String>,
    /// Changes wait for HQ.
    pub waiting: bool,
    /// Conflicts nobody has settled.
    pub conflicts: u32,
    /// Fields that only a newer version reads; what is shown for them is not so.
    pub parked: Vec<String>,
}

/// A page of visits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VisitPage {
    /// How many there are.
    total: u64,
    /// The page.
    rows: Vec<VisitRow>,
    /// Which row of the whole list, from 0, the visit to find is; absent when it is not in the list.
    found_at: Option<u64>,
}

pub(crate) async fn list(app: Arc<App>, args: List) -> Result<VisitPage> {
    let (store, identity) = app.enrolled().await?;
    let open =
        || vec![State::Planned, State::Agreed, State::OnTheWay, State::Arrived, State::Working, State::Presented];
    let states = match args.filter {
        Filter::Open => open(),
        Filter::Sealed => vec![State::Sealed],
        Filter::Cancelled => vec![State::Cancelled],
        Filter::Mine | Filter::All => Vec::new(),
    };
    let filter = VisitFilter {
        query: args.query,
        states,
        unknown_states: args.filter == Filter::Open,
        engineer: (args.filter == Filter::Mine).then_some(identity.engineer_id),
        customer: args.customer_id,
        due: None,
    };
    let (total, rows) = rows(&store, &identity, &filter, args.offset, args.limit.min(ROWS_MAX)).await?;
    let found_at = match args.find {
        Some(visit) => store.visit_position(&filter, visit).await?,
        None => None,
    };
    Ok(VisitPage { total, rows, found_at })
}

pub(crate) async fn rows(
    store: &Store,
    identity: &Identity,
    filter: &VisitFilter,
    offset: u32,
    limit: u32,
) -> Result<(u64, Vec<VisitRow>)> {
    let (total, summaries) = store.visits(filter, offset, limit).await?;
    let mut paths: HashMap<CustomerId, (String, Vec<String>)> = HashMap::new();
    let mut names: HashMap<EngineerId, String> = HashMap::new();
    let mut rows = Vec::with_capacity(summaries.len());
    for summary in summaries {
        let visit: Visit = summary.visit.known();
        if let Some(id) = visit.customer_id.filter(|id| !paths.contains_key(id)) {
            paths.insert(id, (customer_name(store, Some(id)).await?, path(store, id).await?));
        }
        if let Some(id) = visit.engineer_id.filter(|id| !names.contains_key(id)) {
            names.insert(id, engineer_name(store, id).await?);
        }
        let (customer, path) = visit.customer_id.and_then(|id| paths.get(&id)).cloned().unwrap_or_default();
        let mine = is_of(&visit, identity.engineer_id);
        rows.push(VisitRow {
            id: VisitId(summary.visit.id),
            customer_id: visit.customer_id,
            customer,
            path,
            kind: visit.kind,
            subject: visit.subject,
            state: visit.progress.state,
            at: visit.appointment.map(|a| a.at).or(visit.progress.arrived_at),
            planned_on: visit.planned_on,
            engineer: visit.engineer_id.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
            mine,
            number: summary.number,
            waiting: summary.visit.pending,
            conflicts: summary.conflicts,
            parked: summary.visit.parked(),
        });
    }
    Ok((total, rows))
}

/// Whether a visit is an engineer's: their own, or dispatched to them.
pub(crate) fn is_of(visit: &Visit, engineer: EngineerId) -> bool {
    visit.dispatched_to.or(visit.engineer_id) == Some(engineer)
}

/// Names of those above a customer, the highest first.
pub(crate) async fn path(store: &Store, customer: CustomerId) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let customer = CustomerId(store.stands_for(customer.into()).await?);
    for id in store.ancestors(customer).await?.into_iter().rev() {
        if let Some(record) = store.get(&Kind::CUSTOMER, id).await? {
            names.push(record.known::<Customer>().name);
        }
    }
    Ok(names)
}

/// An engineer's name; empty while the record has not come yet.
pub(crate) async fn engineer_name(store: &Store, id: EngineerId) -> Result<String> {
    match store.get(&Kind::ENGINEER, id.into()).await? {
        Some(record) => Ok(record.known::<Engineer>().name),
        None => Ok(String::new()),
    }
}
