//! Syncs: started and cancelled by people, watched by the interface, one at a time.

mod background;
mod bundle;
mod watching;

pub use background::Pace;
pub(crate) use bundle::{export as bundle_export, import as bundle_import};
pub(crate) use watching::{SyncState, Syncs};

use crate::{App, Failure, Result, World, command::Nothing, fault::caught, today::customer_name};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Doc, Kind, describe,
    id::{CustomerId, RecordId, VisitId},
};
use doorstep_store::{Identity, Store};
use doorstep_sync::{Exchange, Https, Summary, Surroundings};
use doorstep_wire::EnrolmentCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// Rows of the queue that are shown.
const QUEUE_ROWS: u32 = 500;
/// Runs that are shown.
const HISTORY_ROWS: u32 = 50;
/// Longest wait of `sync_watch`.
const WATCH_MAX: Duration = Duration::from_secs(20);

/// Arguments of `sync_watch`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Watch {
    /// The revision that the interface has.
    after: u64,
}

/// How an operation in the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// HQ has not answered.
    Waiting,
    /// HQ has it; its confirmation comes with the next sync.
    Sent,
    /// HQ refused it.
    Refused,
}

/// An operation in the queue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueueRow {
    /// Kind of the record.
    kind: Kind,
    /// The record.
    id: RecordId,
    /// The visit that it is, or belongs to.
    visit_id: Option<VisitId>,
    /// The customer that it is, or belongs to.
    customer_id: Option<CustomerId>,
    /// What people know it by.
    title: String,
    /// The fields it changes.
    fields: Vec<String>,
    /// When it was written.
    at: DateTime<Utc>,
    /// How it stands.
    state: QueueState,
    /// Why HQ refused it.
    code: Option<Code>,
}

/// A sync that ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryRow {
    /// When.
    at: DateTime<Utc>,
    /// Whether it went through.
    ok: bool,
    /// Operations sent.
    sent: u64,
    /// Records received.
    received: u64,
    /// Why it did not go through.
    code: Option<String>,
}

impl From<doorstep_sync::Error> for Failure {
    fn from(error: doorstep_sync::Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// The clock and chance as the exchange takes them.
fn surroundings(world: &World) -> Surroundings {
    let clock = world.clone();
    Surroundings::new(move || clock.now(), crate::world::draw)
}

/// Binds this laptop to HQ.
pub(crate) async fn enrol(app: &Arc<App>, code: &str, device_name: &str) -> Result<()> {
    let store = app.store()?;
    let code: EnrolmentCode = code.parse()?;
    let hq = Https::by_code(&code)?;
    doorstep_sync::enrol(&store, &hq, &code, device_name, &surroundings(&app.world)).await?;
    Ok(())
}

pub(crate) async fn state(app: Arc<App>, _: Nothing) -> Result<SyncState> {
    app.syncs.state(&*app.store()?).await
}

/// Starts a sync unless one is running.
pub(crate) async fn start(app: Arc<App>, _: Nothing) -> Result<SyncState> {
    let (store, identity) = app.enrolled().await?;
    begin(&app, Arc::clone(&store), identity, None);
    app.syncs.state(&store).await
}

/// Begins a sync unless one is running; says whether it did. Files above `files_up_to` bytes stay for another one.
fn begin(app: &Arc<App>, store: Arc<Store>, identity: Identity, files_up_to: Option<u64>) -> bool {
    let Some(run) = app.syncs.begin() else { return false };
    let app = Arc::clone(app);
    let store_to_tend = Arc::clone(&store);
    tokio::spawn(async move {
        let work = tokio::spawn({
            let app = Arc::clone(&app);
            async move { exchange(&app, &store, &identity, &run, files_up_to).await.map_err(Failure::from) }
        });
        // A fault of ours ends the run too, or no other could ever begin.
        let outcome = work.await.unwrap_or_else(|fault| Err(fault.into()));
        let obeyed = caught(async {
            obey(&app, &outcome).await;
            Ok(())
        });
        if let Err(failure) = obeyed.await {
            tracing::error!(
                message = failure.message,
                "not everything could be destroyed, the next start goes on with it"
            );
        }
        app.syncs.end(outcome);
        tend(&store_to_tend).await;
        app.keep_snapshot(&store_to_tend).await;
    });
    true
}

/// Destroys this laptop's data where HQ ordered it, whichever way the order came.
async fn obey<T>(app: &App, outcome: &Result<T>) {
    if let Err(failure) = outcome
        && failure.code == Code::DeviceWiped
        && let Err(error) = app.wipe(failure.clone()).await
    {
        tracing::error!(%error, "not everything could be destroyed, the next start goes on with it");
    }
}

/// What a sync leaves for later: search catches up with what it brought, in steps between which everybody else gets their
/// turn, and the log is folded into the database. Nobody waits for either.
pub(crate) async fn tend(store: &Store) {
    // Who closes the store does not wait for this, and nothing is wrong then.
    if let Err(error) = tended(store).await
        && !store.is_closed()
    {
        tracing::warn!(%error, "something is left to do; the next sync or start goes on");
    }
}

async fn tended(store: &Store) -> doorstep_store::Result<()> {
    while store.tend_search().await? {}
    store.fold_log().await
}

async fn exchange(
    app: &App,
    store: &Store,
    identity: &Identity,
    run: &watching::Run,
    files_up_to: Option<u64>,
) -> doorstep_sync::Result<Summary> {
    let hq = Https::by_identity(identity)?;
    let surroundings = surroundings(&app.world);
    let exchange = Exchange::new(store, &hq, &surroundings).with_files_up_to(files_up_to.unwrap_or(u64::MAX));
    exchange.watched(run.progress.clone()).cancelled_by(run.cancel.clone()).run().await
}

pub(crate) async fn cancel(app: Arc<App>, _: Nothing) -> Result<SyncState> {
    app.syncs.cancel();
    app.syncs.state(&*app.store()?).await
}

/// Answers when something changed since `after`, at the latest after twenty seconds.
pub(crate) async fn watch(app: Arc<App>, args: Watch) -> Result<SyncState> {
    let store = app.store()?;
    app.syncs.changed(args.after, WATCH_MAX).await;
    app.syncs.state(&store).await
}

pub(crate) async fn queue(app: Arc<App>, _: Nothing) -> Result<Vec<QueueRow>> {
    let store = app.store()?;
    let mut rows = Vec::new();
    for queued in store.queue(QUEUE_ROWS).await? {
        let state = match (queued.refused, queued.accepted) {
            (Some(_), _) => QueueState::Refused,
            (None, true) => QueueState::Sent,
            (None, false) => QueueState::Waiting,
        };
        let (visit_id, customer_id) = place(&store, &queued.kind, queued.id).await?;
        rows.push(QueueRow {
            visit_id,
            customer_id,
            title: title(&store, &queued.kind, queued.id).await?,
            kind: queued.kind,
            id: queued.id,
            fields: queued.fields,
            at: queued.at,
            state,
            code: queued.refused,
        });
    }
    Ok(rows)
}

/// Where people look at a record: on its visit, or else on its customer.
async fn place(store: &Store, kind: &Kind, id: RecordId) -> Result<(Option<VisitId>, Option<CustomerId>)> {
    let visit = (*kind == Kind::VISIT).then_some(VisitId(id));
    let customer = (*kind == Kind::CUSTOMER).then_some(CustomerId(id));
    if visit.is_some() || customer.is_some() {
        return Ok((visit, customer));
    }
    let Some(record) = store.get(kind, id).await? else { return Ok((None, None)) };
    let by = |field: &str| text(&record.doc, field);
    Ok((by("visit_id").and_then(|id| id.parse().ok()), by("customer_id").and_then(|id| id.parse().ok())))
}

/// Most characters of what a record is called.
const TITLE_CHARS_MAX: usize = 80;

/// What people know a record by: its own words, or its customer's name; a conflict by the record it is about.
pub(crate) async fn title(store: &Store, kind: &Kind, id: RecordId) -> Result<String> {
    let Some(mut record) = store.get(kind, id).await? else { return Ok(String::new()) };
    if record.kind == Kind::CONFLICT {
        let about = text(&record.doc, "record_kind").and_then(|kind| Kind::parse(&kind).ok());
        let id = text(&record.doc, "record_id").and_then(|id| id.parse().ok());
        let Some((kind, id)) = about.zip(id) else { return Ok(String::new()) };
        let Some(about) = store.get(&kind, id).await? else { return Ok(String::new()) };
        record = about;
    }
    let own = describe(&record.kind).title(&record.doc);
    if !own.is_empty() {
        return Ok(own.chars().take(TITLE_CHARS_MAX).collect());
    }
    let mut customer = text(&record.doc, "customer_id");
    if customer.is_none()
        && let Some(visit) = text(&record.doc, "visit_id").and_then(|id| id.parse().ok())
    {
        let visit = store.get(&Kind::VISIT, visit).await?;
        customer = visit.and_then(|visit| text(&visit.doc, "customer_id"));
    }
    let customer: Option<CustomerId> = customer.and_then(|id| id.parse().ok());
    customer_name(store, customer).await
}

fn text(doc: &Doc, field: &str) -> Option<String> {
    doc.get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(|text| text.chars().take(TITLE_CHARS_MAX).collect())
}

pub(crate) async fn history(app: Arc<App>, _: Nothing) -> Result<Vec<HistoryRow>> {
    let runs = app.store()?.sync_runs(HISTORY_ROWS).await?;
    Ok(runs
        .into_iter()
        .map(|r| HistoryRow { at: r.at, ok: r.ok, sent: r.sent, received: r.received, code: r.code })
        .collect())
}
