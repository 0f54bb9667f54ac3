//! Putting a visit before the customer, and sealing it with their answer (M43, invariant 3).

mod amendment;
mod document;
mod key;
mod seals;

pub(crate) use amendment::{drop_amendment, put_back};
pub(crate) use document::document;
pub(crate) use key::verify;
pub(crate) use seals::{ranked, sealed, standing};

use crate::{
    App, Failure, Result, World,
    records::stamp,
    visits::{VisitFile, load, put_attachment, store_file},
};
use crypto_box::{PublicKey, aead::OsRng};
use doorstep_domain::{
    Code, Doc, Kind,
    attachment::{Attachment, Role},
    id::{AttachmentId, VisitId},
    record, seal,
    visit::{self, Opinion, Outcome, Satisfaction, State, Step},
};
use doorstep_store::{Edit, Identity, Store, Write};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Arguments of `visit_present`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Present {
    /// The visit.
    id: VisitId,
}

/// How the customer answers; pictures are uploads.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum CustomerAnswer {
    /// Signed on the screen.
    Drawn {
        /// Name.
        name: String,
        /// Position.
        position: String,
        /// The signature, an uploaded PNG.
        signature: String,
    },
    /// Printed and signed by hand.
    Paper {
        /// Name.
        name: String,
        /// Position.
        position: String,
        /// A photo of the paper, uploaded.
        paper: String,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: String,
        /// Who saw it.
        witness: String,
    },
}

/// Arguments of `visit_sign`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Sign {
    /// The visit.
    id: VisitId,
    /// The hash of the text they read, as the visit's signing has it.
    text_hash: String,
    /// How they answered.
    outcome: CustomerAnswer,
    /// How satisfied they are, for HQ only.
    opinion: Option<Opinion>,
}

/// Freezes the text and puts the visit before the customer.
pub(crate) async fn present(app: Arc<App>, args: Present) -> Result<VisitFile> {
    let (store, identity) = app.enrolled().await?;
    // From here on nobody else writes: what is frozen is what is stored.
    let mut write = store.write().await?;
    let file = load(&store, &identity, args.id).await?;
    if let Some(blocker) = file.blockers.first() {
        let detail = format!("{} gaps", file.blockers.len());
        let field = blocker.item.as_ref().or(blocker.field.as_ref());
        let failure = Failure::new(blocker.code, detail);
        return Err(match field {
            Some(field) => failure.on(field),
            None => failure,
        });
    }
    let text_hash = document(&store, &identity, &file, zone_at(&app, &file)).await?.text_hash()?;
    let now = app.world.now();
    let new = visit::after(&file.visit, Step::Present { at: now, text_hash })?;
    let patch = record::changes(&file.visit, &new)?;
    write.put(now, &Edit { kind: Kind::VISIT, id: args.id.into(), patch }).await?;
    // Until the customer has answered, no pull changes what they read.
    write.hold(args.id.into()).await?;
    write.commit().await?;
    load(&store, &identity, args.id).await
}

/// Takes the customer's answer and seals the visit.
pub(crate) async fn sign(app: Arc<App>, args: Sign) -> Result<VisitFile> {
    let (store, identity) = app.enrolled().await?;
    if let Some(opinion) = &args.opinion {
        opinion.check()?;
    }
    let picture = picture_of(&app, &store, &args.outcome).await?;
    // From here on nobody else writes: what is sealed is what was read and what is stored.
    let mut write = store.write().await?;
    let file = load(&store, &identity, args.id).await?;
    let signing = file.visit.signing.clone().filter(|_| file.visit.progress.state == State::Presented);
    let signing = signing.ok_or_else(|| Failure::new(Code::WrongState, "not before the customer"))?;
    let mut document = document(&store, &identity, &file, zone_at(&app, &file)).await?;
    let text = document.text_hash()?;
    if text != signing.text_hash || text != args.text_hash {
        return Err(Failure::new(Code::TextChanged, "the text is not the one that was put before them"));
    }
    let now = app.world.now();
    let picture = attach(&mut write, &app.world, &identity, args.id, picture).await?;
    let outcome = outcome(args.outcome, picture.as_ref(), now)?;
    outcome.check()?;
    let mut new = file.visit.clone();
    new.signing = Some(visit::Signing { outcome: Some(outcome), ..signing });
    new.progress.state = State::Sealed;
    new.progress.sealed_at = Some(now);
    let patch = record::changes(&file.visit, &new)?;
    write.put(now, &Edit { kind: Kind::VISIT, id: args.id.into(), patch }).await?;
    if let Some(opinion) = &args.opinion {
        put_opinion(&mut write, &app.world, &identity, args.id, opinion).await?;
    }
    // The document that was hashed is the one that is sealed; only the customer's answer comes to it.
    document.visit.signing = new.signing;
    document.visit.progress = new.progress;
    document.attachments.extend(picture);
    put_seal(&app, &identity, &mut write, args.id, &document).await?;
    write.release(now, args.id.into()).await?;
    write.commit().await?;
    load(&store, &identity, args.id).await
}

/// Minutes that local time was ahead of UTC on site: a laptop that travels on shows the same text.
pub(crate) fn zone_at(app: &App, file: &VisitFile) -> i32 {
    app.world.zone_minutes(file.visit.progress.arrived_at.unwrap_or_else(|| app.world.now()))
}

/// Stores the signature or the photo of the paper before the change begins.
async fn picture_of(app: &App, store: &Arc<Store>, answer: &CustomerAnswer) -> Result<Option<Attachment>> {
    let (upload, role, name) = match answer {
        CustomerAnswer::Drawn { signature, .. } => (signature, Role::Signature, "signature.png"),
        CustomerAnswer::Paper { paper, .. } => (paper, Role::SignedPaper, "signed-paper.jpg"),
        CustomerAnswer::Refused { .. } => return Ok(None),
    };
    store_file(app, store, upload, role, name).await.map(Some)
}

async fn attach(
    write: &mut Write<'_>,
    world: &World,
    identity: &Identity,
    visit: VisitId,
    picture: Option<Attachment>,
) -> Result<Option<seal::AttachmentEntry>> {
    let Some(picture) = picture else { return Ok(None) };
    let picture = Attachment { visit_id: Some(visit), ..picture };
    put_attachment(write, world, identity, picture).await.map(Some)
}

fn outcome(
    answer: CustomerAnswer,
    picture: Option<&seal::AttachmentEntry>,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Outcome> {
    let id = || -> Result<AttachmentId> {
        picture.map(|p| p.id).ok_or_else(|| Failure::new(Code::Missing, "no picture").on("upload"))
    };
    Ok(match answer {
        CustomerAnswer::Drawn { name, position, .. } => Outcome::Drawn { name, position, signature: id()?, at },
        CustomerAnswer::Paper { name, position, .. } => Outcome::Paper { name, position, paper: id()?, at },
        CustomerAnswer::Refused { reason, witness } => Outcome::Refused { reason, witness, at },
    })
}

/// Encrypts what the customer said to HQ's key at once; from here on the laptop cannot read it.
async fn put_opinion(
    write: &mut Write<'_>,
    world: &World,
    identity: &Identity,
    visit: VisitId,
    opinion: &Opinion,
) -> Result<()> {
    let damaged = || Failure::new(Code::StoreDamaged, "HQ's key");
    let key: [u8; 32] = key::decode(&identity.recovery_key)?.try_into().map_err(|_| damaged())?;
    let sealed = PublicKey::from(key).seal(&mut OsRng, &serde_json::to_vec(opinion)?);
    let sealed = key::encode(&sealed.map_err(|_| Failure::internal("the opinion did not encrypt"))?);
    let noun = Satisfaction { visit_id: Some(visit), sealed, ..Satisfaction::default() };
    let mut patch = record::changes(&Satisfaction::default(), &noun)?;
    stamp(&mut patch, identity);
    write.put(world.now(), &Edit { kind: Kind::SATISFACTION, id: world.new_id()?, patch }).await?;
    Ok(())
}

/// The document's canonical bytes, their hash, the laptop's signature: stored verbatim.
async fn put_seal(
    app: &App,
    identity: &Identity,
    write: &mut Write<'_>,
    id: VisitId,
    document: &seal::Document,
) -> Result<()> {
    let canonical = document.canonical()?;
    if canonical.len() > seal::DOCUMENT_BYTES_MAX {
        return Err(Failure::new(Code::TooLarge, "the visit is too large to seal"));
    }
    let hash = seal::hash(canonical.as_bytes());
    let now = document.visit.progress.sealed_at.unwrap_or_else(|| app.world.now());
    let day = app.world.day(now);
    let count = write.count_up(&format!("papers_{}", day.format("%Y%m%d"))).await?;
    let number = seal::number(&document.branch.code, day, &identity.device_code, count, &hash);
    let (signature, public_key) = key::sign(identity, &hash)?;
    let noun = seal::Seal {
        visit_id: Some(id),
        revision: document.visit.revision.max(1),
        number,
        document: canonical,
        hash,
        signature,
        public_key,
        device_id: Some(identity.device_id),
        sealed_at: Some(now),
        ..seal::Seal::default()
    };
    let mut patch: Doc = record::changes(&seal::Seal::default(), &noun)?;
    stamp(&mut patch, identity);
    write.put(now, &Edit { kind: Kind::SEAL, id: app.world.new_id()?, patch }).await?;
    Ok(())
}
