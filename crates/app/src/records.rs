//! Records made, changed and deleted field by field, each saved as it is left (invariant 1).

use crate::{App, Failure, Result};
use chrono::{DateTime, NaiveDate, Utc};
use doorstep_domain::{
    Code, Doc, Kind, bounds,
    customer::{self, Customer, TreeNode},
    describe,
    id::{CustomerId, RecordId, VisitId},
    noun::{Creation, Deletion},
    record,
    visit::{self, OpenPoint, State, Step, Visit},
};
use doorstep_store::{CustomerFilter, Edit, Identity, Store, Stored, Write};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc};

/// Arguments of `record_create`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// Kind of the record.
    kind: Kind,
    /// Its fields.
    fields: Map<String, Value>,
}

/// A record that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Created {
    /// Its id.
    pub id: RecordId,
    /// Its visit lay before the customer and was taken back to work.
    pub visit_reopened: bool,
}

/// Arguments of `record_set`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Set {
    /// Kind of the record.
    kind: Kind,
    /// The record.
    id: RecordId,
    /// New values; `null` clears.
    fields: Map<String, Value>,
}

/// Arguments of `record_delete`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Delete {
    /// Kind of the record.
    kind: Kind,
    /// The record.
    id: RecordId,
}

/// A change that is stored.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Saved {
    /// When.
    pub saved_at: DateTime<Utc>,
    /// The visit lay before the customer and was taken back to work: what they read no longer counts.
    pub visit_reopened: bool,
}

pub(crate) async fn create(app: Arc<App>, args: Create) -> Result<Created> {
    if describe(&args.kind).creation != Creation::Direct {
        return Err(Failure::new(Code::Invalid, "records of this kind are not made directly").on("kind"));
    }
    check_settable(&args.kind, &args.fields)?;
    let (store, identity) = app.enrolled().await?;
    let id = app.world.new_id()?;
    let mut fields = as_meant(&args.kind, args.fields)?;
    check_days(&app, &fields)?;
    stamp(&mut fields, &identity);
    let mut write = store.write().await?;
    let now = app.world.now();
    check_neighbours(&mut write, &args.kind, id, &fields, None).await?;
    let visit_reopened = reopen(&mut write, now, &args.kind, &fields).await?;
    write.put(now, &Edit { kind: args.kind, id, patch: fields }).await?;
    write.commit().await?;
    Ok(Created { id, visit_reopened })
}

pub(crate) async fn set(app: Arc<App>, mut args: Set) -> Result<Saved> {
    check_settable(&args.kind, &args.fields)?;
    args.fields = as_meant(&args.kind, args.fields)?;
    check_days(&app, &args.fields)?;
    let (store, _) = app.enrolled().await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    let old = existing(&mut write, &args.kind, args.id).await?;
    if args.fields.contains_key("visit_id") {
        return Err(Failure::new(Code::Invalid, "what belongs to a visit stays with it").on("visit_id"));
    }
    check_neighbours(&mut write, &args.kind, args.id, &args.fields, Some(&old)).await?;
    let changes = args.fields.iter().any(|(f, v)| old.doc.get(f).unwrap_or(&Value::Null) != v);
    let mut visit_reopened = false;
    if changes {
        visit_reopened = reopen_for(&mut write, now, &old, &args.fields).await?;
        write.put(now, &Edit { kind: args.kind, id: args.id, patch: args.fields }).await?;
    }
    write.commit().await?;
    Ok(Saved { saved_at: now, visit_reopened })
}

pub(crate) async fn delete(app: Arc<App>, args: Delete) -> Result<Saved> {
    let deletion = describe(&args.kind).deletion;
    if matches!(deletion, Deletion::Never) {
        return Err(Failure::new(Code::Invalid, "records of this kind are not deleted").on("kind"));
    }
    let (store, _) = app.enrolled().await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    let old = existing(&mut write, &args.kind, args.id).await?;
    if matches!(deletion, Deletion::Unused) && has_dependants(&store, CustomerId(args.id)).await? {
        return Err(Failure::new(Code::WrongState, "units, people, products or visits still belong to this customer"));
    }
    if let Deletion::While(rule) = deletion {
        rule(&old.doc)?;
    }
    let visit_reopened = reopen_for(&mut write, now, &old, &Doc::new()).await?;
    let patch = Doc::from_iter([(record::DELETED.to_owned(), Value::Bool(true))]);
    write.put(now, &Edit { kind: args.kind, id: args.id, patch }).await?;
    write.commit().await?;
    Ok(Saved { saved_at: now, visit_reopened })
}

/// Whether anything hangs on a customer: units below it, people, products, visits.
async fn has_dependants(store: &Store, id: CustomerId) -> Result<bool> {
    let below = CustomerFilter { parent: Some(id), ..CustomerFilter::default() };
    let merged = !store.merged_into(id.into()).await?.is_empty();
    Ok(merged || store.customers(&below, 0, 1).await?.0 > 0 || !store.of_customer(id.into()).await?.is_empty())
}

/// Every record says whose it is (M6).
pub(crate) fn stamp(fields: &mut Doc, identity: &Identity) {
    fields.insert("branch_id".into(), Value::from(identity.branch_id.to_string()));
    fields.insert("engineer_id".into(), Value::from(identity.engineer_id.to_string()));
}

/// A living record within a change.
pub(crate) async fn existing(write: &mut Write<'_>, kind: &Kind, id: RecordId) -> Result<Stored> {
    let record = write.get(kind, id).await?.filter(|r| !record::is_deleted(&r.doc));
    record.ok_or_else(|| Failure::not_found(kind.as_str()))
}

fn check_settable(kind: &Kind, fields: &Doc) -> Result<()> {
    match fields.keys().find(|field| !describe(kind).settable.contains(&field.as_str())) {
        Some(field) => Err(Failure::new(Code::Invalid, "this field is not set directly").on(field)),
        None => Ok(()),
    }
}

/// What a person typed, as it is meant: mail addresses are addresses, and what a program wrapped around a copied text is not part of it. Records that came otherwise are not held to it.
fn as_meant(kind: &Kind, mut fields: Doc) -> Result<Doc> {
    bounds::unwrap(&mut fields);
    if *kind == Kind::CONTACT
        && let Some(Value::String(typed)) = fields.get_mut("email")
    {
        *typed = customer::mail_addresses(typed)?.join("、");
    }
    Ok(fields)
}

/// What was done, was done today at the latest; a day more where clocks and zones differ.
fn check_days(app: &App, fields: &Doc) -> Result<()> {
    let done = fields.get("done_on").and_then(Value::as_str).and_then(|day| day.parse::<NaiveDate>().ok());
    match done {
        Some(day) if day.pred_opt().is_some_and(|before| before > app.world.day(app.world.now())) => {
            Err(Failure::new(Code::NotYet, "it is done in the future").on("done_on"))
        }
        _ => Ok(()),
    }
}

/// Rules that need other records: the customers' tree.
async fn check_neighbours(
    write: &mut Write<'_>,
    kind: &Kind,
    id: RecordId,
    fields: &Doc,
    old: Option<&Stored>,
) -> Result<()> {
    if *kind != Kind::CUSTOMER || !(fields.contains_key("parent_id") || fields.contains_key("level")) {
        return Ok(());
    }
    let doc = record::patched(old.map_or(&Doc::new(), |old| &old.doc), fields);
    let customer: Customer = record::read(&doc)?;
    let mut ancestors = Vec::new();
    let mut above = customer.parent_id;
    while let Some(parent) = above.filter(|_| ancestors.len() < 8) {
        let Some(record) = write.get(&Kind::CUSTOMER, parent.into()).await? else { break };
        let ancestor: Customer = record.read()?;
        ancestors.push(TreeNode { id: parent, level: ancestor.level });
        above = ancestor.parent_id;
    }
    customer::check_parent(CustomerId(id), customer.level, &ancestors)?;
    if !fields.contains_key("level") {
        return Ok(());
    }
    let here = TreeNode { id: CustomerId(id), level: customer.level };
    for child in write.below(CustomerId(id)).await? {
        let level = child.read::<Customer>()?.level;
        customer::check_parent(CustomerId(child.id), level, &[here]).map_err(|refusal| refusal.on("level"))?;
    }
    Ok(())
}

/// The visit whose text a change to this record touches. An open point settled later belongs to the visit that
/// settles it; the text of the visit it came from stands as it was signed.
fn visits_touched(kind: &Kind, old: &Doc, fields: &Doc) -> Result<BTreeSet<VisitId>> {
    let new = record::patched(old, fields);
    let mut touched = BTreeSet::new();
    let settles = !fields.is_empty() && fields.keys().all(|f| f == "done_on" || f == "done_visit_id");
    if *kind == Kind::OPEN_POINT {
        // Whoever settles a point, or takes that back, changes the paper it is settled on.
        touched.extend(
            [record::read::<OpenPoint>(&new)?.done_visit_id, referred(old, "done_visit_id")?].into_iter().flatten(),
        );
    }
    if *kind != Kind::OPEN_POINT || !settles {
        touched.extend([referred(old, "visit_id")?, referred(&new, "visit_id")?].into_iter().flatten());
    }
    Ok(touched)
}

fn referred(doc: &Doc, field: &str) -> Result<Option<VisitId>> {
    let id = doc.get(field).and_then(Value::as_str);
    id.map(|id| id.parse().map_err(|_| Failure::new(Code::Invalid, "not an id").on(field))).transpose()
}

async fn reopen(write: &mut Write<'_>, now: DateTime<Utc>, kind: &Kind, fields: &Doc) -> Result<bool> {
    reopen_all(write, now, visits_touched(kind, &Doc::new(), fields)?).await
}

async fn reopen_all(write: &mut Write<'_>, now: DateTime<Utc>, visits: BTreeSet<VisitId>) -> Result<bool> {
    let mut reopened = false;
    for visit in visits {
        reopened |= reopen_visit(write, now, visit).await?;
    }
    Ok(reopened)
}

async fn reopen_for(write: &mut Write<'_>, now: DateTime<Utc>, old: &Stored, fields: &Doc) -> Result<bool> {
    let visits = if old.kind == Kind::VISIT {
        BTreeSet::from([VisitId(old.id)])
    } else {
        visits_touched(&old.kind, &old.doc, fields)?
    };
    let internal = old.kind == Kind::VISIT && fields.keys().all(|f| f == "internal_notes") && !fields.is_empty();
    if internal { Ok(false) } else { reopen_all(write, now, visits).await }
}

/// A visit whose text changes must not be sealed; one that lies before the customer goes back to work, and what
/// they read no longer counts (M43). Returns whether it went back.
pub(crate) async fn reopen_visit(write: &mut Write<'_>, now: DateTime<Utc>, id: VisitId) -> Result<bool> {
    let Some(record) = write.get(&Kind::VISIT, id.into()).await? else { return Ok(false) };
    let old: Visit = record.read()?;
    match old.progress.state {
        State::Sealed => Err(Failure::new(Code::Sealed, "the visit is sealed")),
        State::Cancelled => Err(Failure::new(Code::WrongState, "the visit is cancelled")),
        State::Presented => {
            let new = visit::after(&old, Step::Withdraw)?;
            let patch = record::changes(&old, &new)?;
            write.put(now, &Edit { kind: Kind::VISIT, id: id.into(), patch }).await?;
            write.release(now, id.into()).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
