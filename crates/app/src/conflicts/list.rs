//! Lists of conflicts, with everything a person needs to choose.

use crate::{App, Result, syncs::title, visits::engineer_name};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind,
    checklist::{Answer, Template},
    conflict::{Choice, Conflict, Settlement, Settler, Side},
    describe,
    id::{RecordId, VisitId},
    reference::Tie,
    staff::{Engineer, Text},
    visit::{State, Visit},
};
use doorstep_store::{ConflictFilter, Identity, Store, Stored};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Most rows of one answer.
const ROWS_MAX: u32 = 200;

/// Which conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// Those nobody has settled.
    Open,
    /// Those that are settled.
    Settled,
    /// All, open ones first.
    All,
}

/// Arguments of `conflict_list`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// Which conflicts.
    show: Show,
    /// Only those about this record.
    record_id: Option<RecordId>,
    /// Only those about this visit or what belongs to it.
    visit_id: Option<VisitId>,
    /// Rows to pass over.
    offset: u32,
    /// Most rows; 200 at the most.
    limit: u32,
    /// A conflict to say the place of.
    #[serde(default)]
    find: Option<RecordId>,
}

/// One side of a conflict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SideRow {
    /// The value; `null` when the field was cleared.
    value: Value,
    /// What the record is called that the value names; absent when it names none.
    label: Option<String>,
    /// Who wrote it; empty for HQ, and while their record has not come yet.
    engineer: String,
    /// HQ wrote it.
    hq: bool,
    /// The own engineer wrote it.
    mine: bool,
    /// When, by the writer's clock.
    written_at: Option<DateTime<Utc>>,
}

/// How a conflict was settled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettlementRow {
    /// Who settled it: the engineer's name, or the account's at HQ.
    by: String,
    /// HQ settled it.
    hq: bool,
    /// The own engineer settled it.
    mine: bool,
    /// Why. Empty when nobody had to choose, because the two sides came to say the same.
    reason: String,
    /// When.
    at: DateTime<Utc>,
    /// The side that was chosen; absent when it was settled by itself.
    choice: Option<Choice>,
    /// The value that was chosen.
    value: Value,
}

/// What a conflict held before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EarlierRow {
    /// What stood.
    standing: SideRow,
    /// What lost.
    other: SideRow,
    /// How it was settled.
    settled: Option<SettlementRow>,
}

/// A conflict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConflictRow {
    /// Its id.
    id: RecordId,
    /// Kind of the record.
    kind: Kind,
    /// The record.
    record_id: Option<RecordId>,
    /// What people know the record by; empty while it has not come yet.
    title: String,
    /// The visit that the record is, or belongs to.
    visit_id: Option<VisitId>,
    /// The question, for the answer to an item of a checklist.
    item: Option<Text>,
    /// The field.
    field: String,
    /// What stands.
    standing: SideRow,
    /// What came later and did not see the other.
    other: SideRow,
    /// The other side is a proposal for a visit that was sealed meanwhile: only an amendment can take it over.
    about_seal: bool,
    /// When it came up, by HQ's clock.
    raised_at: Option<DateTime<Utc>>,
    /// How it was settled.
    settled: Option<SettlementRow>,
    /// What it held before, oldest first.
    earlier: Vec<EarlierRow>,
    /// Whether the own engineer may settle it.
    may_settle: bool,
    /// Why the other side cannot be chosen now.
    other_blocked: Option<Code>,
    /// How it was settled here waits for HQ.
    waiting: bool,
    /// Fields that only a newer version reads; it is settled there, or at HQ.
    parked: Vec<String>,
}

/// A page of conflicts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConflictPage {
    /// How many of those asked for there are.
    total: u64,
    /// How many of all are open.
    open: u64,
    /// The page.
    rows: Vec<ConflictRow>,
    /// Which row of the whole list, from 0, the conflict to find is; absent when it is not in the list.
    found_at: Option<u64>,
}

pub(crate) async fn list(app: Arc<App>, args: List) -> Result<ConflictPage> {
    let (store, identity) = app.enrolled().await?;
    let open = match args.show {
        Show::Open => Some(true),
        Show::Settled => Some(false),
        Show::All => None,
    };
    let filter = ConflictFilter { open, record: args.record_id, visit: args.visit_id.map(RecordId::from) };
    let (total, found) = store.conflicts(&filter, args.offset, args.limit.min(ROWS_MAX)).await?;
    let who = settler(&store, &identity).await?;
    let mut rows = Vec::with_capacity(found.len());
    for record in &found {
        rows.push(row(&store, &identity, who, record).await?);
    }
    let found_at = match args.find {
        Some(conflict) => store.conflict_position(&filter, conflict).await?,
        None => None,
    };
    Ok(ConflictPage { total, open: store.sync_counts().await?.conflicts, rows, found_at })
}

/// The own engineer as one who settles.
pub(super) async fn settler(store: &Store, identity: &Identity) -> Result<Settler> {
    let record = store.get(&Kind::ENGINEER, identity.engineer_id.into()).await?;
    let own: Option<Engineer> = record.as_ref().map(Stored::known);
    let manager = own.is_some_and(|own| own.manager && !own.left);
    Ok(Settler::Engineer { device: identity.device_id, engineer: identity.engineer_id, manager })
}

pub(super) async fn row(store: &Store, identity: &Identity, who: Settler, record: &Stored) -> Result<ConflictRow> {
    let conflict: Conflict = record.known();
    let mut parked = record.parked();
    let kind = Kind::parse(&conflict.record_kind).unwrap_or_else(|_| {
        parked.push("record_kind".to_owned());
        Kind::CONFLICT
    });
    let field = (&kind, conflict.field.as_str());
    let mut earlier = Vec::with_capacity(conflict.earlier.len());
    for round in &conflict.earlier {
        earlier.push(EarlierRow {
            standing: side(store, identity, field, &round.standing).await?,
            other: side(store, identity, field, &round.other).await?,
            settled: settlement(store, identity, round.settled.as_ref(), &round.standing, &round.other).await?,
        });
    }
    Ok(ConflictRow {
        id: record.id,
        title: called(store, &kind, &conflict).await?,
        item: item(store, &kind, conflict.record_id).await?,
        standing: side(store, identity, field, &conflict.standing).await?,
        other: side(store, identity, field, &conflict.other).await?,
        settled: settlement(store, identity, conflict.settled.as_ref(), &conflict.standing, &conflict.other).await?,
        earlier,
        may_settle: conflict.is_open() && conflict.may_settle(who) && parked.is_empty(),
        other_blocked: blocked(store, &conflict).await?,
        waiting: record.pending,
        parked,
        kind,
        record_id: conflict.record_id,
        visit_id: conflict.visit_id,
        field: conflict.field,
        about_seal: conflict.about_seal,
        raised_at: conflict.raised_at,
    })
}

/// What people know the record by; what travels inside a sealed document is called by its visit.
async fn called(store: &Store, kind: &Kind, conflict: &Conflict) -> Result<String> {
    let own = match conflict.record_id {
        Some(id) => title(store, kind, id).await?,
        None => String::new(),
    };
    match conflict.visit_id.filter(|_| own.is_empty()) {
        Some(visit) => title(store, &Kind::VISIT, visit.into()).await,
        None => Ok(own),
    }
}

/// A proposal for a sealed visit waits for an amendment.
pub(super) async fn blocked(store: &Store, conflict: &Conflict) -> Result<Option<Code>> {
    let Some(visit) = conflict.visit_id.filter(|_| conflict.about_seal) else { return Ok(None) };
    let record = store.get(&Kind::VISIT, visit.into()).await?;
    let visit: Option<Visit> = record.as_ref().map(Stored::known);
    let amended = visit.is_some_and(|visit| matches!(visit.progress.state, State::Working | State::Presented));
    Ok((!amended).then_some(Code::Sealed))
}

/// The question that an answer belongs to.
async fn item(store: &Store, kind: &Kind, id: Option<RecordId>) -> Result<Option<Text>> {
    let Some(id) = id.filter(|_| *kind == Kind::ANSWER) else { return Ok(None) };
    let Some(record) = store.get(kind, id).await? else { return Ok(None) };
    let answer: Answer = record.known();
    let Some(template) = answer.template_id else { return Ok(None) };
    let Some(template) = store.get(&Kind::TEMPLATE, template.into()).await? else { return Ok(None) };
    Ok(template.known::<Template>().item(&answer.item).map(|item| item.text.clone()))
}

async fn side(store: &Store, identity: &Identity, (kind, field): (&Kind, &str), side: &Side) -> Result<SideRow> {
    Ok(SideRow {
        value: side.value.clone(),
        label: label(store, kind, field, &side.value).await?,
        engineer: match side.engineer_id {
            Some(engineer) => engineer_name(store, engineer).await?,
            None => String::new(),
        },
        hq: side.device_id.is_none() && side.written_at.is_some(),
        mine: side.engineer_id == Some(identity.engineer_id),
        written_at: side.written_at,
    })
}

/// What the record is called that a field names. Of whose branch something is, people see where it stands.
async fn label(store: &Store, kind: &Kind, field: &str, value: &Value) -> Result<Option<String>> {
    let named =
        describe(kind).references.iter().find(|reference| reference.path == field && reference.tie != Tie::Home);
    let Some(target) = named.and_then(|reference| Kind::parse(reference.target).ok()) else { return Ok(None) };
    let Some(id) = value.as_str().and_then(|id| id.parse().ok()) else { return Ok(None) };
    Ok(Some(title(store, &target, id).await?).filter(|title| !title.is_empty()))
}

async fn settlement(
    store: &Store,
    identity: &Identity,
    settled: Option<&Settlement>,
    standing: &Side,
    other: &Side,
) -> Result<Option<SettlementRow>> {
    let Some(Settlement { engineer_id, account, reason, at, value }) = settled else { return Ok(None) };
    let by = match (engineer_id, account) {
        (Some(engineer), _) => engineer_name(store, *engineer).await?,
        (None, account) => account.clone().unwrap_or_default(),
    };
    let choice = match reason.is_empty() {
        true => None,
        false if *value == standing.value => Some(Choice::Standing),
        false if *value == other.value => Some(Choice::Other),
        false => None,
    };
    Ok(Some(SettlementRow {
        by,
        hq: engineer_id.is_none(),
        mine: *engineer_id == Some(identity.engineer_id),
        reason: reason.clone(),
        at: *at,
        choice,
        value: value.clone(),
    }))
}
