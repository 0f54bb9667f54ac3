//! Checklists of a visit: added, answered, filled in one tap (R1).

use super::{VisitFile, file::ChecklistFile, file::checklist, load};
use crate::{
    App, Failure, Result,
    records::{existing, reopen_visit, stamp},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Doc, Kind,
    attachment::Attachment,
    checklist::{Answer, AnswerEntry, Item, Review, Template, as_expected},
    id::{AttachmentId, RecordId, TemplateId, VisitId},
    record,
    seal::AttachmentEntry,
    visit::Visit,
};
use doorstep_store::{Edit, Identity, Store, Write};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Arguments of `checklist_add` and `checklist_remove`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Checklist {
    /// The visit.
    visit: VisitId,
    /// The template.
    template: TemplateId,
}

/// Arguments of `answer_set`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetAnswer {
    /// The visit.
    visit: VisitId,
    /// The template.
    template: TemplateId,
    /// The item.
    item: String,
    /// The answer; `null` takes it back; left out, it stays.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Value>")]
    value: Option<Value>,
    /// The remark; left out, it stays.
    remark: Option<String>,
}

/// Tells `null` from a field that is left out.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// An answer that is stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AnswerSaved {
    /// The answer.
    answer: AnswerEntry,
    /// How the checklist stands now.
    review: Review,
    /// The visit lay before the customer and was taken back to work.
    visit_reopened: bool,
}

/// Arguments of `section_as_expected`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Section {
    /// The visit.
    visit: VisitId,
    /// The template.
    template: TemplateId,
    /// The section's id.
    section: String,
}

/// A section that was filled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SectionFilled {
    /// The checklist as it stands now.
    checklist: ChecklistFile,
    /// The visit lay before the customer and was taken back to work.
    visit_reopened: bool,
}

pub(crate) async fn checklist_add(app: Arc<App>, args: Checklist) -> Result<VisitFile> {
    change_checklists(&app, args, |list, template| {
        if !list.contains(&template) {
            list.push(template);
        }
    })
    .await
}

pub(crate) async fn checklist_remove(app: Arc<App>, args: Checklist) -> Result<VisitFile> {
    change_checklists(&app, args, |list, template| list.retain(|t| *t != template)).await
}

async fn change_checklists(
    app: &App,
    args: Checklist,
    change: impl FnOnce(&mut Vec<TemplateId>, TemplateId),
) -> Result<VisitFile> {
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    template(&mut write, args.template).await?;
    reopen_visit(&mut write, now, args.visit).await?;
    let old: Visit = existing(&mut write, &Kind::VISIT, args.visit.into()).await?.read()?;
    let mut new = old.clone();
    change(&mut new.checklists, args.template);
    let patch = record::changes(&old, &new)?;
    write.put(now, &Edit { kind: Kind::VISIT, id: args.visit.into(), patch }).await?;
    write.commit().await?;
    load(&store, &identity, args.visit).await
}

pub(crate) async fn answer_set(app: Arc<App>, args: SetAnswer) -> Result<AnswerSaved> {
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    let template = template(&mut write, args.template).await?;
    let item = template.item(&args.item).ok_or_else(|| Failure::not_found("item"))?;
    let value = args.value.map(|given| item.read_value(given)).transpose()?;
    let visit_reopened = reopen_visit(&mut write, now, args.visit).await?;
    let mut patch = Doc::new();
    patch.extend(value.map(|value| ("value".to_owned(), value)));
    patch.extend(args.remark.map(|remark| ("remark".to_owned(), Value::from(remark))));
    let id = put_answer(&mut write, now, &identity, args.visit, args.template, item, patch).await?;
    let answer = existing(&mut write, &Kind::ANSWER, id).await?.read()?;
    write.commit().await?;
    let review = reviewed(&store, args.visit, args.template, template).await?.review;
    Ok(AnswerSaved { answer: AnswerEntry { id, answer }, review, visit_reopened })
}

pub(crate) async fn section_as_expected(app: Arc<App>, args: Section) -> Result<SectionFilled> {
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    let template = template(&mut write, args.template).await?;
    let section = template.sections.iter().find(|section| section.id == args.section);
    let section = section.ok_or_else(|| Failure::not_found("section"))?;
    let visit_reopened = reopen_visit(&mut write, now, args.visit).await?;
    let mut open = open_items(&store, args.visit, args.template, &template).await?;
    open.retain(|id| section.items.iter().any(|item| item.id == *id));
    for item in section.items.iter().filter(|item| open.contains(&item.id)) {
        if let Some(value) = as_expected(item) {
            let patch = Doc::from_iter([("value".to_owned(), value)]);
            put_answer(&mut write, now, &identity, args.visit, args.template, item, patch).await?;
        }
    }
    write.commit().await?;
    Ok(SectionFilled { checklist: reviewed(&store, args.visit, args.template, template).await?, visit_reopened })
}

/// Items that are shown and have no answer: only those are filled, what a person answered stays.
async fn open_items(store: &Store, visit: VisitId, id: TemplateId, template: &Template) -> Result<Vec<String>> {
    let review = reviewed(store, visit, id, template.clone()).await?.review;
    let open = review.items.into_iter().filter(|i| i.outcome == doorstep_domain::checklist::ItemOutcome::Open);
    Ok(open.map(|i| i.item).collect())
}

/// The id of an item's answer; the record is made when there is none yet, so that a photo can hang on it.
pub(super) async fn put_answer(
    write: &mut Write<'_>,
    now: DateTime<Utc>,
    identity: &Identity,
    visit: VisitId,
    template: TemplateId,
    item: &Item,
    mut patch: Doc,
) -> Result<RecordId> {
    let id = Answer::id(visit, template, &item.id);
    let standing = write.get(&Kind::ANSWER, id).await?;
    if standing.as_ref().is_none_or(|answer| record::is_deleted(&answer.doc)) {
        // A colleague's answer that waits as a proposal gives way to this one.
        patch.extend(standing.map(|_| (record::DELETED.to_owned(), Value::Null)));
        stamp(&mut patch, identity);
        patch.insert("visit_id".into(), Value::from(visit.to_string()));
        patch.insert("template_id".into(), Value::from(template.to_string()));
        patch.insert("item".into(), Value::from(item.id.clone()));
    }
    write.put(now, &Edit { kind: Kind::ANSWER, id, patch }).await?;
    Ok(id)
}

pub(super) async fn template(write: &mut Write<'_>, id: TemplateId) -> Result<Template> {
    Ok(existing(write, &Kind::TEMPLATE, id.into()).await?.read()?)
}

async fn reviewed(store: &Store, visit: VisitId, id: TemplateId, template: Template) -> Result<ChecklistFile> {
    let children = store.of_visit(visit.into()).await?;
    let mut answers = Vec::new();
    let mut attachments = Vec::new();
    for child in &children {
        match child.kind.as_str() {
            "answer" => answers.push(AnswerEntry { id: child.id, answer: child.known() }),
            "attachment" => attachments
                .push(AttachmentEntry { id: AttachmentId(child.id), attachment: child.known::<Attachment>() }),
            _ => {}
        }
    }
    Ok(checklist(id, template, &answers, &attachments))
}
