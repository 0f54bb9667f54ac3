//! Giving up an amendment: the signed revision stands again, as long as nothing was changed since.

use super::{document, ranked};
use crate::{
    App, Failure, Result,
    visits::{VisitFile, load},
};
use doorstep_domain::{
    Code, Kind,
    id::VisitId,
    record,
    seal::Document,
    visit::{StepKind, Visit},
};
use doorstep_store::Edit;
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
    let seals = ranked(&store.of_visit(args.id.into()).await?, &file.visit)?;
    let (_, last) = seals.into_iter().next().ok_or_else(|| Failure::not_found("seal"))?;
    let sealed: Document =
        serde_json::from_str(&last.document).map_err(|_| Failure::new(Code::BadSeal, "the document does not read"))?;
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
