//! What an engineer sees first: today's visits, and what must not be forgotten.

use crate::{
    App, Result,
    command::Nothing,
    customers::{CustomerRow, rows as customer_rows},
    visits::{VisitRow, rows as visit_rows},
};
use chrono::{Days, NaiveDate};
use doorstep_domain::{
    Kind,
    customer::Customer,
    id::{CustomerId, RecordId},
    visit::{OpenPoint, State},
};
use doorstep_store::{CustomerFilter, Store, Validity, VisitFilter};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// Most rows of each part.
const ROWS_MAX: u32 = 50;
/// Days ahead that open points are shown.
const DUE_DAYS: u64 = 7;

/// An open point with its customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenPointRow {
    /// Its id.
    pub id: RecordId,
    /// The open point.
    pub open_point: OpenPoint,
    /// The customer's name.
    pub customer: String,
    /// Fields that only a newer version reads.
    pub parked: Vec<String>,
}

/// The day at a glance.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Today {
    /// The day.
    date: NaiveDate,
    /// Today's visits by time.
    visits: Vec<VisitRow>,
    /// The next seven days.
    upcoming: Vec<VisitRow>,
    /// Planned, with no appointment yet (M38).
    to_agree: Vec<VisitRow>,
    /// Begun on an earlier day and not signed.
    unfinished: Vec<VisitRow>,
    /// Open points due within a week, or overdue.
    open_points: Vec<OpenPointRow>,
    /// Customer files that end within thirty days (M14).
    expiring: Vec<CustomerRow>,
}

pub(crate) async fn today(app: Arc<App>, _: Nothing) -> Result<Today> {
    let (store, identity) = app.enrolled().await?;
    let date = app.world.day(app.world.now());
    let mine = VisitFilter { engineer: Some(identity.engineer_id), ..VisitFilter::default() };
    let zone = i64::from(app.world.zone_minutes(app.world.now()));
    let start = |day: NaiveDate| {
        let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc() - chrono::Duration::minutes(zone);
        midnight.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let span = |from: u64, until: u64| Some((start(date + Days::new(from)), start(date + Days::new(until))));
    let alive = vec![State::Agreed, State::OnTheWay, State::Arrived, State::Working, State::Presented, State::Sealed];
    let begun = vec![State::OnTheWay, State::Arrived, State::Working, State::Presented];
    let day = VisitFilter { states: alive.clone(), due: span(0, 1), ..mine.clone() };
    let week = VisitFilter { states: vec![State::Agreed], due: span(1, 8), ..mine.clone() };
    let past = Some((String::new(), start(date)));
    let old = VisitFilter { states: [begun, vec![State::Agreed]].concat(), due: past, ..mine.clone() };
    let planned = VisitFilter { states: vec![State::Planned], ..mine };
    let filter = CustomerFilter { validity: Validity::Expiring, today: date, ..CustomerFilter::default() };
    let mut visits = visit_rows(&store, &identity, &day, 0, ROWS_MAX).await?.1;
    let mut upcoming = visit_rows(&store, &identity, &week, 0, ROWS_MAX).await?.1;
    visits.reverse();
    upcoming.reverse();
    Ok(Today {
        date,
        visits,
        upcoming,
        to_agree: visit_rows(&store, &identity, &planned, 0, ROWS_MAX).await?.1,
        unfinished: visit_rows(&store, &identity, &old, 0, ROWS_MAX).await?.1,
        open_points: due(&store, date + Days::new(DUE_DAYS)).await?,
        expiring: customer_rows(&store, &filter, 0, ROWS_MAX).await?.1,
    })
}

async fn due(store: &Store, until: NaiveDate) -> Result<Vec<OpenPointRow>> {
    let mut rows = Vec::new();
    for record in store.open_points(None, ROWS_MAX).await? {
        let (open_point, parked): (OpenPoint, _) = (record.known(), record.parked());
        // When one is due that does not read here, nobody knows: better too early than never.
        if open_point.due.map_or(!parked.is_empty(), |due| due <= until) {
            let customer = customer_name(store, open_point.customer_id).await?;
            rows.push(OpenPointRow { id: record.id, open_point, customer, parked });
        }
    }
    Ok(rows)
}

/// A customer's name; empty while the record has not come yet.
pub(crate) async fn customer_name(store: &Store, id: Option<CustomerId>) -> Result<String> {
    let Some(id) = id else { return Ok(String::new()) };
    match store.get(&Kind::CUSTOMER, store.stands_for(id.into()).await?).await? {
        Some(record) => Ok(record.known::<Customer>().name),
        None => Ok(String::new()),
    }
}
