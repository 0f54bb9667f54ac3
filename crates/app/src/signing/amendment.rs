//! Giving up an amendment: the signed revision stands again, as long as nothing was changed since.

use super::{document, ranked, sealed};
use crate::{
    App, Failure, Result,
    visits::{VisitFile, load},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind,
    checklist::Answer,
    id::VisitId,
    record,
    seal::Document,
    visit::{Problem, Question, StepKind, Visit},
};
use doorstep_store::{Edit, Store, Write};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Arguments of `amendment_drop`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Drop {
    /// The visit.
    id: VisitId,
}

/// Gives up an amendment.
pub(crate) async fn drop_amendment(app: Arc<App>, args: Drop) -> Result<VisitFile> {
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let file = load(&store, &identity, args.id).await?;
    if !file.steps.contains(&StepKind::DropAmendment) {
        return Err(Failure::new(Code::WrongState, "there is no amendment to drop"));
    }
    let seals = ranked(&store.of_visit(args.id.into()).await?, &file.visit);
    let (_, last) = seals.into_iter().next().ok_or_else(|| Failure::not_found("seal"))?;
    let sealed = sealed(&last)?;
    let now = document(&store, &identity, &file, sealed.zone_minutes).await?;
    if as_signed(now, &sealed).text_hash()? != sealed.text_hash()? {
        return Err(Failure::new(Code::WrongState, "the amendment has changed the text").on("amendment"));
    }
    let restored = Visit {
        revision: sealed.visit.revision,
        amendment_reason: sealed.visit.amendment_reason.clone(),
        progress: sealed.visit.progress.clone(),
        signing: sealed.visit.signing.clone(),
        ..file.visit.clone()
    };
    let patch = record::changes(&file.visit, &restored)?;
    write.put(app.world.now(), &Edit { kind: Kind::VISIT, id: args.id.into(), patch }).await?;
    write.commit().await?;
    load(&store, &identity, args.id).await
}

/// Puts problems, questions and answers back as records that travelled inside the sealed document, under their old ids,
/// so that the amendment can change them.
pub(crate) async fn put_back(
    write: &mut Write<'_>,
    now: DateTime<Utc>,
    store: &Store,
    id: VisitId,
    visit: &Visit,
) -> Result<()> {
    let children = store.of_visit(id.into()).await?;
    let Some((seal_id, seal)) = ranked(&children, visit).into_iter().next() else { return Ok(()) };
    let seen = children.iter().find(|child| child.id == seal_id).map_or(0, |seal| seal.hq_version);
    let document = sealed(&seal)?;
    let mut edits = Vec::new();
    for entry in &document.problems {
        edits.push((Kind::PROBLEM, entry.id, record::changes(&Problem::default(), &entry.problem)?));
    }
    for entry in &document.questions {
        edits.push((Kind::QUESTION, entry.id, record::changes(&Question::default(), &entry.question)?));
    }
    for entry in document.checklists.iter().flat_map(|checklist| &checklist.answers) {
        edits.push((Kind::ANSWER, entry.id, record::changes(&Answer::default(), &entry.answer)?));
    }
    for (kind, id, patch) in edits {
        write.put_back(now, &Edit { kind, id, patch }, seen).await?;
    }
    Ok(())
}

/// The present document with what is not the engineer's doing as it was then: the customer's file, HQ's texts, and the
/// revision itself.
fn as_signed(now: Document, sealed: &Document) -> Document {
    let visit = Visit {
        revision: sealed.visit.revision,
        amendment_reason: sealed.visit.amendment_reason.clone(),
        progress: sealed.visit.progress.clone(),
        ..now.visit
    };
    Document {
        company: sealed.company.clone(),
        branch: sealed.branch.clone(),
        engineer: sealed.engineer.clone(),
        customer: sealed.customer.clone(),
        product: sealed.product.clone(),
        visit,
        ..now
    }
}
