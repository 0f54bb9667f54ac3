//! A visit with everything that belongs to it, and what may happen next.

use super::{
    list::{engineer_name, is_of, path},
    unprintable::{Unprintable, unprintable},
};
use crate::{
    App, Failure, Result,
    parked::{Parked, parked},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind, Noun,
    attachment::Attachment,
    checklist::{Answer, AnswerEntry, Facts, Review, Template, contradictions, review},
    customer::{Contact, ContactEntry, Customer, CustomerEntry, Installation, InstallationEntry},
    file_name,
    id::{AttachmentId, ContactId, CustomerId, InstallationId, RecordId, TemplateId, VisitId},
    record,
    seal::{self, AttachmentEntry},
    visit::{OpenPointEntry, ProblemEntry, QuestionEntry, State, StepKind, Visit, possible},
};
use doorstep_store::{Identity, Store, Stored};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Arguments of `visit_get`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The visit.
    id: VisitId,
}

/// A checklist of a visit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChecklistFile {
    /// The template's id.
    pub template_id: TemplateId,
    /// The template as it was pinned.
    pub template: Template,
    /// The answers.
    pub answers: Vec<AnswerEntry>,
    /// How it stands.
    pub review: Review,
}

/// Why a visit cannot be put before the customer yet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Blocker {
    /// What kind of gap.
    pub code: Code,
    /// The field.
    pub field: Option<String>,
    /// The problem or question it concerns.
    pub record_id: Option<RecordId>,
    /// The checklist.
    pub template_id: Option<TemplateId>,
    /// Its item.
    pub item: Option<String>,
}

/// A sealed revision in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SealRow {
    /// Its id.
    pub id: RecordId,
    /// Revision.
    pub revision: u32,
    /// Number on the paper.
    pub number: String,
    /// Hash of the content.
    pub hash: String,
    /// When.
    pub sealed_at: Option<DateTime<Utc>>,
    /// Why there is a revision above 1.
    pub reason: String,
    /// Whether hash and signature hold.
    pub valid: bool,
    /// Whether it is the one of its revision that counts; another laptop may have sealed the same revision.
    pub counts: bool,
}

/// A visit with everything that belongs to it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VisitFile {
    /// Its id.
    pub id: VisitId,
    /// The visit.
    pub visit: Visit,
    /// The customer; absent while the record has not come yet.
    pub customer: Option<CustomerEntry>,
    /// Names of those above the customer, the highest first.
    pub path: Vec<String>,
    /// People at the customer.
    pub contacts: Vec<ContactEntry>,
    /// Products in use at the customer.
    pub installations: Vec<InstallationEntry>,
    /// What may happen next.
    pub steps: Vec<StepKind>,
    /// Why it cannot be put before the customer yet.
    pub blockers: Vec<Blocker>,
    /// Checklists.
    pub checklists: Vec<ChecklistFile>,
    /// Problems.
    pub problems: Vec<ProblemEntry>,
    /// Questions.
    pub questions: Vec<QuestionEntry>,
    /// Open points of this visit.
    pub open_points: Vec<OpenPointEntry>,
    /// Open points of earlier visits: unsettled, or settled in this one.
    pub earlier_open_points: Vec<OpenPointEntry>,
    /// Photos and files.
    pub attachments: Vec<AttachmentEntry>,
    /// Sealed revisions, the latest first.
    pub seals: Vec<SealRow>,
    /// The engineer's name.
    pub engineer: String,
    /// Whether it is the own engineer's.
    pub mine: bool,
    /// Changes of it or of what belongs to it wait for HQ.
    pub waiting: bool,
    /// The visit, and what belongs to it, as far as only a newer version reads it: it is neither changed nor signed here.
    pub parked: Vec<Parked>,
    /// Characters that will be printed as their numbers; of a sealed visit, none.
    pub unprintable: Vec<Unprintable>,
}

pub(crate) async fn get(app: Arc<App>, args: Get) -> Result<VisitFile> {
    let (store, identity) = app.enrolled().await?;
    load(&store, &identity, args.id).await
}

fn shown_name(name: &str) -> String {
    if name.is_empty() { String::new() } else { file_name::of_path(name) }
}

/// Loads a visit's file.
pub(crate) async fn load(store: &Store, identity: &Identity, id: VisitId) -> Result<VisitFile> {
    let record = store.get(&Kind::VISIT, id.into()).await?.filter(|r| !record::is_deleted(&r.doc));
    let record = record.ok_or_else(|| Failure::not_found("visit"))?;
    let visit: Visit = record.known();
    let children = store.of_visit(id.into()).await?;
    let parked = whatever_is_newer(store, &record, &visit, &children).await?;
    let attachments: Vec<AttachmentEntry> = nouns(&children, |id, attachment: Attachment| AttachmentEntry {
        id: AttachmentId(id),
        // What another laptop wrote may not be clean.
        attachment: Attachment { name: shown_name(&attachment.name), ..attachment },
    });
    let answers: Vec<AnswerEntry> = nouns(&children, |id, answer: Answer| AnswerEntry { id, answer });
    let (checklists, problems, questions) = match crate::signing::standing(&children, &visit) {
        Some(document) => (as_sealed(&document, &attachments), document.problems, document.questions),
        None => (
            checklists(store, &visit, &answers, &attachments).await?,
            nouns(&children, |id, problem| ProblemEntry { id, problem }),
            nouns(&children, |id, question| QuestionEntry { id, question }),
        ),
    };
    let open_points = nouns(&children, |id, open_point| OpenPointEntry { id, open_point });
    let around = around(store, &visit, id).await?;
    let unprintable = unprintable_of(store, &record, &children, visit.progress.state).await?;
    Ok(VisitFile {
        id,
        steps: if record.parked().is_empty() { possible(&visit) } else { Vec::new() },
        blockers: blockers(&visit, &checklists, (&problems, &questions), &parked),
        customer: around.customer,
        path: around.path,
        contacts: around.contacts,
        installations: around.installations,
        earlier_open_points: around.earlier_open_points,
        checklists,
        problems,
        questions,
        open_points,
        attachments,
        seals: seals(&children, &visit),
        engineer: match visit.engineer_id {
            Some(engineer) => engineer_name(store, engineer).await?,
            None => String::new(),
        },
        mine: is_of(&visit, identity.engineer_id),
        waiting: record.pending || children.iter().any(|child| child.pending),
        parked,
        unprintable,
        visit,
    })
}

/// What a paper would be made from, where there is none yet.
async fn unprintable_of(store: &Store, visit: &Stored, children: &[Stored], state: State) -> Result<Vec<Unprintable>> {
    if state == State::Sealed {
        return Ok(Vec::new());
    }
    let customer = visit.doc.get("customer_id").and_then(|id| id.as_str()?.parse().ok());
    let mut customers = Vec::new();
    if let Some(customer) = customer {
        let stands = store.stands_for(customer).await?;
        for id in store.ancestors(CustomerId(stands)).await?.into_iter().rev().chain([stands]) {
            customers.extend(store.get(&Kind::CUSTOMER, id).await?);
        }
    }
    let records = customers.iter().chain([visit]).chain(children);
    unprintable(records.map(|record| (&record.kind, &record.doc)))
}

struct Around {
    customer: Option<CustomerEntry>,
    path: Vec<String>,
    contacts: Vec<ContactEntry>,
    installations: Vec<InstallationEntry>,
    earlier_open_points: Vec<OpenPointEntry>,
}

async fn around(store: &Store, visit: &Visit, id: VisitId) -> Result<Around> {
    let Some(customer) = visit.customer_id else {
        return Ok(Around {
            customer: None,
            path: Vec::new(),
            contacts: Vec::new(),
            installations: Vec::new(),
            earlier_open_points: Vec::new(),
        });
    };
    let customer = CustomerId(store.stands_for(customer.into()).await?);
    let related = store.of_customer(customer.into()).await?;
    let record = store.get(&Kind::CUSTOMER, customer.into()).await?;
    let entry = |r: &Stored| CustomerEntry { id: customer, customer: r.known::<Customer>() };
    let earlier: Vec<OpenPointEntry> = nouns(&related, |id, open_point| OpenPointEntry { id, open_point });
    Ok(Around {
        customer: record.as_ref().map(entry),
        path: path(store, customer).await?,
        contacts: nouns(&related, |id, contact: Contact| ContactEntry { id: ContactId(id), contact }),
        installations: nouns(&related, |id, installation: Installation| InstallationEntry {
            id: InstallationId(id),
            installation,
        }),
        earlier_open_points: earlier
            .into_iter()
            .filter(|p| p.open_point.visit_id != Some(id))
            .filter(|p| p.open_point.done_on.is_none() || p.open_point.done_visit_id == Some(id))
            .collect(),
    })
}

fn nouns<T: Noun, E>(records: &[Stored], entry: impl Fn(RecordId, T) -> E) -> Vec<E> {
    records.iter().filter(|r| r.kind == T::KIND).map(|r| entry(r.id, r.known())).collect()
}

/// What only a newer version reads of the visit, of what belongs to it, of its templates, and of its sealed document.
async fn whatever_is_newer(store: &Store, record: &Stored, visit: &Visit, children: &[Stored]) -> Result<Vec<Parked>> {
    let mut found = parked(children.iter().chain([record]));
    for template in &visit.checklists {
        found.extend(parked(store.get(&Kind::TEMPLATE, (*template).into()).await?.as_ref()));
    }
    if visit.progress.state == State::Sealed && crate::signing::standing(children, visit).is_none() {
        let seal = crate::signing::ranked(children, visit).into_iter().next();
        let document = vec!["document".to_owned()];
        found.extend(seal.map(|(id, _)| Parked { kind: Kind::SEAL, id, fields: document }));
    }
    Ok(found)
}

async fn checklists(
    store: &Store,
    visit: &Visit,
    answers: &[AnswerEntry],
    attachments: &[AttachmentEntry],
) -> Result<Vec<ChecklistFile>> {
    let mut files = Vec::with_capacity(visit.checklists.len());
    for template_id in &visit.checklists {
        if let Some(record) = store.get(&Kind::TEMPLATE, (*template_id).into()).await? {
            files.push(checklist(*template_id, record.known(), answers, attachments));
        }
    }
    Ok(files)
}

/// Checklists as a sealed document has them.
fn as_sealed(document: &seal::Document, attachments: &[AttachmentEntry]) -> Vec<ChecklistFile> {
    let filled = document.checklists.iter().filter_map(|filled| Some((filled.template_id?, filled)));
    filled.map(|(id, filled)| checklist(id, filled.template.clone(), &filled.answers, attachments)).collect()
}

/// A checklist with its answers, reviewed.
pub(super) fn checklist(
    template_id: TemplateId,
    template: Template,
    answers: &[AnswerEntry],
    attachments: &[AttachmentEntry],
) -> ChecklistFile {
    let answers: Vec<AnswerEntry> =
        answers.iter().filter(|a| a.answer.template_id == Some(template_id)).cloned().collect();
    let by_item: HashMap<&str, &Answer> = answers.iter().map(|a| (a.answer.item.as_str(), &a.answer)).collect();
    let mut photos: HashMap<&str, usize> = HashMap::new();
    for answer in &answers {
        let about = attachments.iter().filter(|a| a.attachment.about_id == Some(answer.id)).count();
        photos.insert(&answer.answer.item, about);
    }
    let review = review(&template, &by_item, &photos);
    ChecklistFile { template_id, review, answers: answers.clone(), template }
}

fn blockers(
    visit: &Visit,
    checklists: &[ChecklistFile],
    (problems, questions): (&[ProblemEntry], &[QuestionEntry]),
    parked: &[Parked],
) -> Vec<Blocker> {
    if visit.progress.state != State::Working {
        return Vec::new();
    }
    let none = Blocker { code: Code::Missing, field: None, record_id: None, template_id: None, item: None };
    // The paper would leave out what this version does not read.
    let newer = parked.iter().map(|parked| Blocker {
        code: Code::RecordNewer,
        record_id: Some(parked.id),
        field: parked.fields.first().cloned(),
        ..none.clone()
    });
    let mut blockers: Vec<Blocker> = newer.collect();
    if visit.customer_id.is_none() {
        blockers.push(Blocker { field: Some("customer_id".into()), ..none.clone() });
    }
    if visit.kind.needs_problem() && problems.is_empty() {
        blockers.push(Blocker { field: Some("problems".into()), ..none.clone() });
    }
    for entry in problems {
        let problem = &entry.problem;
        let gap = |field: &str| Blocker { field: Some(field.into()), record_id: Some(entry.id), ..none.clone() };
        // M41: the cause is explained to the customer once it is found.
        let needed = [("symptom", problem.symptom.is_empty()), ("solved", problem.solved.is_none())];
        let unexplained = !problem.cause.is_empty() && problem.explanation.is_empty();
        blockers.extend(needed.iter().filter(|(_, empty)| *empty).map(|(field, _)| gap(field)));
        blockers.extend(unexplained.then(|| gap("explanation")));
    }
    let facts = Facts::of(problems.iter().map(|p| &p.problem), questions.iter().map(|q| &q.question));
    for checklist in checklists {
        let at = |code: Code, item: &String| Blocker {
            code,
            template_id: Some(checklist.template_id),
            item: Some(item.clone()),
            ..none.clone()
        };
        let answers = checklist.answers.iter().map(|a| (a.answer.item.as_str(), &a.answer)).collect();
        let denied = contradictions(&checklist.template, &checklist.review, &answers, &facts);
        blockers.extend(checklist.review.missing.iter().map(|item| at(Code::ChecklistIncomplete, item)));
        blockers.extend(denied.iter().map(|item| at(Code::ChecklistContradicts, item)));
    }
    blockers
}

fn seals(children: &[Stored], visit: &Visit) -> Vec<SealRow> {
    let mut rows: Vec<SealRow> = Vec::new();
    for (id, seal) in crate::signing::ranked(children, visit) {
        let document: Option<seal::Document> = serde_json::from_str(&seal.document).ok();
        rows.push(SealRow {
            id,
            counts: rows.last().is_none_or(|before| before.revision != seal.revision),
            revision: seal.revision,
            valid: crate::signing::verify(&seal).is_ok(),
            reason: document.map(|d| d.visit.amendment_reason).unwrap_or_default(),
            number: seal.number,
            hash: seal.hash,
            sealed_at: seal.sealed_at,
        });
    }
    rows
}
