//! Photos and files of a visit. The bytes go encrypted into the data folder, the record into the outbox.

use super::{
    checklists, photo,
    traces::{self, Traces},
};
use crate::{
    App, Failure, Result, World,
    desk::Content,
    receipts::{SavedFile, save_with},
    records::{existing, reopen_visit, stamp},
};
use doorstep_domain::{
    Code, Doc, Kind,
    attachment::{ATTACHMENT_BYTES_MAX, Attachment, PHOTO_BYTES_MAX, Role},
    file_name,
    id::{AttachmentId, RecordId, TemplateId, VisitId},
    record,
    seal::AttachmentEntry,
};
use doorstep_store::{Edit, Identity, Store, Stored, Write};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most bytes of an attachment that is opened in memory.
const OPEN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An item of a checklist.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ItemOf {
    /// The template.
    template: TemplateId,
    /// The item.
    item: String,
}

/// Arguments of `attachment_add`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Add {
    /// The visit.
    visit: VisitId,
    /// The problem it belongs to.
    about: Option<RecordId>,
    /// The checklist item it belongs to.
    item: Option<ItemOf>,
    /// A photo, or any other file.
    role: Role,
    /// The uploaded bytes.
    upload: String,
    /// File name.
    name: String,
    /// What it shows.
    caption: String,
    /// What to do with what a camera noted in a picture that comes as a file; left out, the person is asked.
    #[serde(default)]
    traces: Option<Traces>,
}

/// Arguments of `attachment_open`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Open {
    /// The attachment.
    id: AttachmentId,
    /// For a smaller picture, pixels of its longest side.
    pixels_max: Option<u32>,
}

/// Arguments of `attachment_save`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Save {
    /// The attachment.
    id: AttachmentId,
    /// The person was told what the file can do, and wants it.
    #[serde(default)]
    confirmed: bool,
}

/// An attachment's bytes, on the desk.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opened {
    /// Names the bytes.
    download: String,
    /// Their media type.
    media_type: String,
}

pub(crate) async fn attachment_add(app: Arc<App>, args: Add) -> Result<AttachmentEntry> {
    if !matches!(args.role, Role::Photo | Role::File) {
        return Err(Failure::new(Code::Invalid, "signatures come with signing").on("role"));
    }
    let (store, identity) = app.enrolled().await?;
    if args.role == Role::File {
        judge_traces(&app, &args.upload, args.traces).await?;
    }
    let file = store_file(&app, &store, &args.upload, args.role, &args.name).await?;
    let mut write = store.write().await?;
    let now = app.world.now();
    existing(&mut write, &Kind::VISIT, args.visit.into()).await?;
    reopen_visit(&mut write, now, args.visit).await?;
    let mut about = args.about;
    if let Some(of) = &args.item {
        let template = checklists::template(&mut write, of.template).await?;
        let item = template.item(&of.item).ok_or_else(|| Failure::not_found("item"))?;
        let put = checklists::put_answer(&mut write, now, &identity, args.visit, of.template, item, Doc::new());
        about = Some(put.await?);
    }
    let attachment = Attachment { visit_id: Some(args.visit), about_id: about, caption: args.caption, ..file };
    let entry = put_attachment(&mut write, &app.world, &identity, attachment).await?;
    write.commit().await?;
    Ok(entry)
}

/// Looks into a file for what a camera noted. Where the person has not said what to do with it, the upload stays on the desk
/// for when they have; otherwise the desk has it as they want it.
async fn judge_traces(app: &App, upload: &str, wanted: Option<Traces>) -> Result<()> {
    let content = app.desk.take_content(upload)?;
    if wanted == Some(Traces::Keep) || content.bytes() > PHOTO_BYTES_MAX {
        app.desk.put_back(&app.world, upload, content);
        return Ok(());
    }
    let work = tokio::task::spawn_blocking(move || {
        let bytes = content.whole()?;
        let told = traces::told(&bytes);
        let clean = told.filter(|_| wanted.is_some()).map(|_| traces::removed(&bytes));
        Ok::<_, Failure>((bytes, told, clean))
    });
    let (bytes, told, clean) = work.await??;
    let asked = told.filter(|_| wanted.is_none());
    let stuck = matches!(clean, Some(None));
    app.desk.put_back(&app.world, upload, Content::Whole(clean.flatten().map_or(bytes, Into::into)));
    match asked {
        Some(told) => Err(Failure::new(Code::PhotoTells, "a picture with a camera's notes").on(told.as_str())),
        None if stuck => Err(Failure::new(Code::PhotoTells, "the notes cannot be taken out").on("stuck")),
        None => Ok(()),
    }
}

/// Checks uploaded bytes for what `role` promises and stores them encrypted. The record is the caller's to make.
pub(crate) async fn store_file(
    app: &App,
    store: &Arc<Store>,
    upload: &str,
    role: Role,
    name: &str,
) -> Result<Attachment> {
    let content = app.desk.take_content(upload)?;
    match content.bytes() {
        0 => return Err(Failure::new(Code::Missing, "the file is empty").on("upload")),
        bytes if role != Role::File && bytes > PHOTO_BYTES_MAX => return Err(Failure::new(Code::TooLarge, "photo")),
        _ => {}
    }
    let nonce = app.world.random()?;
    let added_at = Some(app.world.now());
    let (store, name) = (Arc::clone(store), file_name::of_path(name));
    let work = tokio::task::spawn_blocking(move || {
        let mut attachment = Attachment { role, name, added_at, ..Attachment::default() };
        (attachment.bytes, attachment.hash) = match content {
            Content::InPieces(file) if role == Role::File => (file.bytes(), file.finish()?),
            Content::Whole(bytes) if role == Role::File => (bytes.len() as u64, store.blobs().put(&bytes, nonce)?),
            content => {
                let bytes = content.whole()?;
                let picture = if role == Role::Signature { photo::signature(&bytes)? } else { photo::picture(&bytes)? };
                attachment.media_type = picture.media_type.into();
                (attachment.width, attachment.height) = (Some(picture.width), Some(picture.height));
                (picture.bytes.len() as u64, store.blobs().put(&picture.bytes, nonce)?)
            }
        };
        if role == Role::File {
            attachment.media_type = "application/octet-stream".into();
        }
        Ok::<_, Failure>(attachment)
    });
    work.await?
}

/// Makes the record of a stored file.
pub(crate) async fn put_attachment(
    write: &mut Write<'_>,
    world: &World,
    identity: &Identity,
    attachment: Attachment,
) -> Result<AttachmentEntry> {
    let id = world.new_id()?;
    let mut patch = record::changes(&Attachment::default(), &attachment)?;
    patch.insert("role".into(), serde_json::to_value(attachment.role)?);
    stamp(&mut patch, identity);
    write.blob_added(&attachment.hash, attachment.bytes).await?;
    write.put(world.now(), &Edit { kind: Kind::ATTACHMENT, id, patch }).await?;
    let attachment = existing(write, &Kind::ATTACHMENT, id).await?.read()?;
    Ok(AttachmentEntry { id: AttachmentId(id), attachment })
}

pub(crate) async fn attachment_open(app: Arc<App>, args: Open) -> Result<Opened> {
    let (store, _) = app.enrolled().await?;
    let attachment: Attachment = living(&store, args.id).await?.known();
    let bytes = read(&store, &attachment).await?;
    let (bytes, media_type) = match args.pixels_max {
        Some(pixels) => {
            let small = tokio::task::spawn_blocking(move || photo::thumbnail(&bytes, pixels)).await;
            (small??, "image/jpeg".to_owned())
        }
        None => (bytes, attachment.media_type),
    };
    Ok(Opened { download: app.desk.put(&app.world, bytes.into())?, media_type })
}

pub(crate) async fn attachment_save(app: Arc<App>, args: Save) -> Result<SavedFile> {
    let (store, _) = app.enrolled().await?;
    let attachment: Attachment = living(&store, args.id).await?.known();
    is_here(&store, &attachment)?;
    if let Some(danger) = file_name::danger(&attachment.name).filter(|_| !args.confirmed) {
        return Err(Failure::new(Code::DangerousFile, "the file can act once it is opened").on(danger.as_str()));
    }
    let name = file_name::of_path(&attachment.name);
    let (from, hash) = (Arc::clone(&store), attachment.hash.clone());
    let written = move |file: &mut std::fs::File| Ok(from.blobs().copy_to(&hash, ATTACHMENT_BYTES_MAX, file)?);
    let saved = save_with(&app, &name, written).await;
    fetched_again(&store, &attachment.hash, saved).await
}

/// A file that turns out to be damaged comes again with the next sync, where HQ has it.
async fn fetched_again<T>(store: &Store, hash: &str, read: Result<T>) -> Result<T> {
    if let Err(failure) = &read
        && matches!(failure.code, Code::FileDamaged | Code::HashMismatch)
        && let Err(error) = store.blob_damaged(hash).await
    {
        tracing::warn!(%error, hash, "a damaged file stays as it is");
    }
    read
}

fn is_here(store: &Store, attachment: &Attachment) -> Result<()> {
    doorstep_domain::attachment::check_hash(&attachment.hash)?;
    let here = store.blobs().has(&attachment.hash)?;
    if here { Ok(()) } else { Err(Failure::new(Code::NotFound, "the file has not come from HQ yet").on("attachment")) }
}

/// The bytes of an attachment.
///
/// # Errors
/// [`Code::NotFound`] when they have not come from HQ yet.
pub(crate) async fn read(store: &Arc<Store>, attachment: &Attachment) -> Result<Vec<u8>> {
    is_here(store, attachment)?;
    let (from, hash) = (Arc::clone(store), attachment.hash.clone());
    let read = tokio::task::spawn_blocking(move || from.blobs().read(&hash, OPEN_BYTES_MAX)).await;
    fetched_again(store, &attachment.hash, read?.map_err(Failure::from)).await
}

async fn living(store: &Store, id: AttachmentId) -> Result<Stored> {
    let record = store.get(&Kind::ATTACHMENT, id.into()).await?.filter(|r| !record::is_deleted(&r.doc));
    record.ok_or_else(|| Failure::not_found("attachment"))
}
