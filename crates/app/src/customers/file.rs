//! A customer's file: everything known, and everything done there.

use super::{CustomerRow, ROWS_MAX, rows};
use crate::{
    App, Result,
    parked::{Parked, parked},
    records::existing,
};
use chrono::{DateTime, NaiveDate, Utc};
use doorstep_domain::{
    Kind,
    customer::{Contact, ContactEntry, Customer, CustomerEntry, Installation, InstallationEntry},
    id::{ContactId, CustomerId, InstallationId, VisitId},
    record,
    visit::{OpenPoint, OpenPointEntry, State, VisitKind},
};
use doorstep_store::{CustomerFilter, Edit, Identity, Store, Stored, VisitFilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Arguments of `customer_get`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The customer.
    id: CustomerId,
}

/// A customer's file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CustomerFile {
    /// Its id.
    id: CustomerId,
    /// The customer.
    customer: Customer,
    /// Those above, the highest first.
    ancestors: Vec<CustomerEntry>,
    /// Those that were merged into it and can be taken apart again.
    merged: Vec<CustomerEntry>,
    /// Those right below.
    children: Vec<CustomerRow>,
    /// People.
    contacts: Vec<ContactEntry>,
    /// Products in use.
    installations: Vec<InstallationEntry>,
    /// Open points nobody has settled.
    open_points: Vec<OpenPointEntry>,
    /// Everything done there, the latest first.
    timeline: Vec<TimelineEntry>,
    /// Changes wait for HQ.
    waiting: bool,
    /// The customer, and what belongs to it, as far as only a newer version reads it.
    parked: Vec<Parked>,
}

/// Something done at a customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimelineEntry {
    /// When; the planned day counts where nothing else is known.
    at: Option<DateTime<Utc>>,
    /// The planned day.
    planned_on: Option<NaiveDate>,
    /// The visit.
    id: VisitId,
    /// What it was for.
    kind: VisitKind,
    /// In one line.
    title: String,
    /// Where it stands.
    state: State,
    /// Number on the paper.
    number: Option<String>,
    /// The engineer.
    engineer: String,
    /// Fields that only a newer version reads.
    parked: Vec<String>,
}

/// Arguments of `contact_move`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Move {
    /// The contact.
    id: ContactId,
    /// The office they move to.
    to: CustomerId,
    /// Position there.
    position: String,
    /// First day there.
    on: NaiveDate,
}

pub(crate) async fn get(app: Arc<App>, args: Get) -> Result<CustomerFile> {
    let (store, identity) = app.enrolled().await?;
    file(&app, &store, &identity, args.id).await
}

/// The file of a customer, or of the one that stands for it.
pub(super) async fn file(app: &App, store: &Store, identity: &Identity, id: CustomerId) -> Result<CustomerFile> {
    let id = CustomerId(store.stands_for(id.into()).await?);
    let record = living(store, &Kind::CUSTOMER, id).await?;
    let filter =
        CustomerFilter { parent: Some(id), today: app.world.day(app.world.now()), ..CustomerFilter::default() };
    let mut ancestors = Vec::new();
    for id in store.ancestors(id).await?.into_iter().rev() {
        if let Some(above) = store.get(&Kind::CUSTOMER, id).await? {
            ancestors.push(CustomerEntry { id: CustomerId(id), customer: above.known() });
        }
    }
    let related = store.of_customer(id.into()).await?;
    let of = |kind: Kind| related.iter().filter(move |r| r.kind == kind);
    let visits = VisitFilter { customer: Some(id), ..VisitFilter::default() };
    let shown = [Kind::CONTACT, Kind::INSTALLATION, Kind::OPEN_POINT];
    let parked = parked(related.iter().filter(|r| shown.contains(&r.kind)).chain([&record]));
    let timeline = crate::visits::rows(store, identity, &visits, 0, ROWS_MAX).await?.1;
    Ok(CustomerFile {
        id,
        customer: record.known(),
        merged: merged(store, id).await?,
        ancestors,
        children: rows(store, &filter, 0, ROWS_MAX).await?.1,
        contacts: of(Kind::CONTACT)
            .map(|r| ContactEntry { id: ContactId(r.id), contact: r.known::<Contact>() })
            .collect(),
        installations: of(Kind::INSTALLATION)
            .map(|r| InstallationEntry { id: InstallationId(r.id), installation: r.known::<Installation>() })
            .collect(),
        open_points: open_points(store, id).await?,
        timeline: timeline.into_iter().map(TimelineEntry::from).collect(),
        waiting: record.pending,
        parked,
    })
}

impl From<crate::visits::VisitRow> for TimelineEntry {
    fn from(row: crate::visits::VisitRow) -> Self {
        Self {
            at: row.at,
            planned_on: row.planned_on,
            id: row.id,
            kind: row.kind,
            title: row.subject,
            state: row.state,
            number: row.number,
            engineer: row.engineer,
            parked: row.parked,
        }
    }
}

/// Open points of a customer that nobody has settled.
pub(crate) async fn open_points(store: &Store, customer: CustomerId) -> Result<Vec<OpenPointEntry>> {
    let points = store.open_points(Some(customer), ROWS_MAX).await?;
    Ok(points.iter().map(|r| OpenPointEntry { id: r.id, open_point: r.known::<OpenPoint>() }).collect())
}

async fn merged(store: &Store, id: CustomerId) -> Result<Vec<CustomerEntry>> {
    let records = store.merged_into(id.into()).await?;
    Ok(records.iter().map(|r| CustomerEntry { id: CustomerId(r.id), customer: r.known() }).collect())
}

async fn living(store: &Store, kind: &Kind, id: CustomerId) -> Result<Stored> {
    let record = store.get(kind, id.into()).await?.filter(|r| !record::is_deleted(&r.doc));
    record.ok_or_else(|| crate::Failure::not_found(kind.as_str()))
}

pub(crate) async fn move_contact(app: Arc<App>, args: Move) -> Result<ContactEntry> {
    let (store, _) = app.enrolled().await?;
    let mut write = store.write().await?;
    existing(&mut write, &Kind::CUSTOMER, args.to.into()).await?;
    let old: Contact = existing(&mut write, &Kind::CONTACT, args.id.into()).await?.read()?;
    let posts = old.moved(args.to, &args.position, args.on)?;
    let contact = Contact { customer_id: Some(args.to), position: args.position, posts, ..old.clone() };
    let patch = record::changes(&old, &contact)?;
    write.put(app.world.now(), &Edit { kind: Kind::CONTACT, id: args.id.into(), patch }).await?;
    write.commit().await?;
    Ok(ContactEntry { id: args.id, contact })
}
