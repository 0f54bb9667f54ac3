//! The receipt: opened before signing and after, saved, printed (R4). A sealed one is always made from the sealed
//! document, so that every laptop makes the same paper.

mod checklist;
mod files;
mod layout;
mod mail;
mod printing;
mod words;

pub(crate) use files::{SavedFile, keep_file, reveal, save_file, save_with};
pub(crate) use mail::mail;
pub(crate) use printing::{Address as PrinterAddress, print, printers, watch as watch_print};

use crate::{App, Failure, Result, signing, visits::load, visits::read_attachment};
use doorstep_domain::{
    Code, Kind,
    id::VisitId,
    seal::{AttachmentEntry, Document, Seal},
    visit::{Outcome, State},
};
use doorstep_store::Store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Language of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaperLanguage {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// Arguments of `receipt_open`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Open {
    /// The visit.
    visit: VisitId,
    /// A sealed revision; the latest, or the text before the customer, when left out.
    revision: Option<u32>,
    /// Language of the paper.
    language: PaperLanguage,
    /// Marked as printed again (补打).
    reprint: bool,
}

/// Arguments of `receipt_save`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Save {
    /// The visit.
    visit: VisitId,
    /// A sealed revision; the latest when left out.
    revision: Option<u32>,
    /// Language of the paper.
    language: PaperLanguage,
}

/// A receipt, on the desk.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenReceipt {
    /// Names the PDF's bytes.
    download: String,
    /// Number on the paper; absent before signing.
    number: Option<String>,
    /// Hash of the content; before signing, of the text.
    hash: String,
    /// A name for the file.
    file_name: String,
}

/// A receipt made.
pub(crate) struct Made {
    pub pdf: Vec<u8>,
    pub number: Option<String>,
    pub hash: String,
    pub file_name: String,
}

pub(crate) async fn open(app: Arc<App>, args: Open) -> Result<OpenReceipt> {
    let mark = if args.reprint { Mark::Reprint } else { Mark::Plain };
    let made = make(&app, args.visit, args.revision, args.language, mark).await?;
    Ok(OpenReceipt {
        download: app.desk.put(&app.world, made.pdf.into())?,
        number: made.number,
        hash: made.hash,
        file_name: made.file_name,
    })
}

pub(crate) async fn save(app: Arc<App>, args: Save) -> Result<SavedFile> {
    let made = make(&app, args.visit, args.revision, args.language, Mark::ByHand).await?;
    save_file(&app, &made.file_name, made.pdf).await
}

/// What a paper is for, beyond being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// To be read, kept or signed on the screen.
    Plain,
    /// Printed again (补打).
    Reprint,
    /// Not signed yet, to be signed and stamped by hand.
    ByHand,
}

/// What a receipt is made from.
pub(crate) struct Source {
    pub document: Document,
    pub seal: Option<Seal>,
    /// Hash of the content; before signing, of the text.
    pub hash: String,
    pub mark: Mark,
    /// A newer revision was sealed since.
    pub is_replaced: bool,
    /// The drawn signature.
    pub signature: Option<Vec<u8>>,
}

/// Makes a receipt.
pub(crate) async fn make(
    app: &App,
    visit: VisitId,
    revision: Option<u32>,
    language: PaperLanguage,
    mark: Mark,
) -> Result<Made> {
    let (store, identity) = app.enrolled().await?;
    let mut seals = seals(&store, visit).await?;
    let newest = seals.last().map(|seal| seal.revision);
    let seal = chosen(&mut seals, revision)?;
    let file = load(&store, &identity, visit).await?;
    let unsealed = revision.is_none() && file.visit.progress.state != State::Sealed;
    let (document, hash, seal) = match seal.filter(|_| !unsealed) {
        Some(seal) => (read(&seal)?, seal.hash.clone(), Some(seal)),
        // A signed paper is made from the sealed bytes and from nothing else (invariant 3).
        None if file.visit.progress.state == State::Sealed => {
            return Err(Failure::new(Code::NotFound, "the sealed document has not come from HQ yet").on("seal"));
        }
        None => {
            let document = signing::document(&store, &identity, &file, signing::zone_at(app, &file)).await?;
            let hash = document.text_hash()?;
            (document, hash, None)
        }
    };
    let signature = signature(&store, &document).await?;
    let number = seal.as_ref().map(|s| s.number.clone());
    let name = document.customer.path.last().map(|p| p.name.clone()).unwrap_or_default();
    let file_name = format!("服务确认单-{}-{name}.pdf", number.as_deref().unwrap_or("草稿"));
    let is_replaced = seal.as_ref().is_some_and(|seal| newest.is_some_and(|newest| newest > seal.revision));
    let source = Source { document, seal, hash: hash.clone(), mark, is_replaced, signature };
    let made = tokio::task::spawn_blocking(move || layout::render(&source, language)).await;
    let pdf = made??;
    Ok(Made { pdf, number, hash, file_name })
}

/// A visit's seals, the one that counts last.
async fn seals(store: &Store, visit: VisitId) -> Result<Vec<Seal>> {
    let record = store.get(&Kind::VISIT, visit.into()).await?.ok_or_else(|| Failure::not_found("visit"))?;
    let ranked = signing::ranked(&store.of_visit(visit.into()).await?, &record.known());
    Ok(ranked.into_iter().rev().map(|(_, seal)| seal).collect())
}

/// The seal of a revision; the one that counts when none is asked for.
fn chosen(seals: &mut Vec<Seal>, revision: Option<u32>) -> Result<Option<Seal>> {
    let Some(revision) = revision else { return Ok(seals.pop()) };
    let place = seals.iter().rposition(|seal| seal.revision == revision);
    place.map(|place| Some(seals.swap_remove(place))).ok_or_else(|| Failure::not_found("revision"))
}

/// A seal is checked before a paper is made from it.
fn read(seal: &Seal) -> Result<Document> {
    signing::verify(seal)?;
    signing::sealed(seal)
}

async fn signature(store: &Arc<Store>, document: &Document) -> Result<Option<Vec<u8>>> {
    let Some(Outcome::Drawn { signature, .. }) = document.visit.signing.as_ref().and_then(|s| s.outcome.as_ref())
    else {
        return Ok(None);
    };
    let entry: Option<&AttachmentEntry> = document.attachments.iter().find(|a| a.id == *signature);
    let entry = entry.ok_or_else(|| Failure::new(Code::BadSeal, "the signature is missing from the document"))?;
    read_attachment(store, &entry.attachment).await.map(Some)
}
