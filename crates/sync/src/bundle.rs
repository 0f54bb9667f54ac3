//! The exchange by `.doorstep` file, where no line leads to HQ (SYNC.md, "Bundle"): what waits goes out, HQ's answer
//! comes in. Importing twice is harmless; a file that is not whole changes nothing.

use crate::{Error, NewLife, Result, Summary, Surroundings, opening, pull, push};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{
    PublicKey, SalsaBox, SecretKey,
    aead::{Aead, generic_array::GenericArray},
};
use doorstep_domain::{Code, Refusal};
use doorstep_store::{Identity, Store};
use doorstep_wire::{
    Page, Pull, Push,
    bundle::{BundleError, Head, Header, Piece, Reader, Way, Writer},
    limits::Limits,
};
use ed25519_dalek::{Signer, SigningKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek, SeekFrom, Write},
};

/// Where the store keeps the keys that answers are awaited under.
const AWAITED: &str = "bundle_keys";
/// Requests whose answers are awaited; older ones are forgotten.
const AWAITED_MAX: usize = 8;
/// Bytes of an attachment read at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Files looked up at once.
const FILES_AT_ONCE: u32 = 500;
/// Bytes of the nonce before a boxed key.
const NONCE_BYTES: usize = 24;

/// What a bundle took along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Operations.
    pub operations: u64,
    /// Files.
    pub files: u64,
}

/// What an answer brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// As of an exchange.
    pub summary: Summary,
    /// This store began a new life: what waits has to be exported once more.
    pub again: bool,
}

/// The key that an answer is awaited under.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Awaited {
    public: String,
    secret: String,
}

/// Writes everything that waits, and how far this laptop is, for HQ alone to read.
///
/// # Errors
/// [`Error::NotEnrolled`], [`Error::Bundle`] when the file cannot be written, the store's.
pub async fn export<W: Write>(store: &Store, surroundings: &Surroundings, to: W) -> Result<(W, Exported)> {
    let identity = store.identity().await?.ok_or(Error::NotEnrolled)?;
    let answer_key = SecretKey::from_bytes(surroundings.random());
    let header = Header {
        way: Way::Request,
        device_id: identity.device_id,
        incarnation: identity.incarnation,
        created: surroundings.now(),
        answer_key: STANDARD.encode(answer_key.public_key().as_bytes()),
    };
    match await_answer(store, &header.answer_key, &answer_key).await {
        Err(error) if error.code() == Code::DiskFull && store.free_reserve() => {
            await_answer(store, &header.answer_key, &answer_key).await?;
        }
        noted => noted?,
    }
    let content_key = surroundings.random::<32>();
    let sealed = hq_key(&identity)?.seal(&mut surroundings.chance(), &content_key);
    let sealed = sealed.map_err(|_| Error::Unfit("a recovery key that nothing can be sealed to"))?;
    let mut bundle = Writer::begin(to, &header, &content_key, &sealed)?;
    bundle.piece(&Piece::Hello(opening::hello_of(store, &identity, surroundings).await?))?;
    bundle.piece(&Piece::Cursors(opening::cursors(store).await?))?;
    let mut exported = Exported::default();
    operations(store, &identity, &mut bundle, &mut exported).await?;
    files(store, &mut bundle, &mut exported).await?;
    let (mut to, hash) = bundle.end()?;
    let seed = STANDARD.decode(&identity.signing_seed).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    let seed = seed.ok_or(Error::Unfit("a signing seed that is none"))?;
    to.write_all(&SigningKey::from_bytes(&seed).sign(&hash).to_bytes()).map_err(BundleError::from)?;
    Ok((to, exported))
}

async fn await_answer(store: &Store, public: &str, secret: &SecretKey) -> Result<()> {
    let mut awaited: Vec<Awaited> = store.meta(AWAITED).await?.unwrap_or_default();
    awaited.push(Awaited { public: public.to_owned(), secret: STANDARD.encode(secret.to_bytes()) });
    let old = awaited.len().saturating_sub(AWAITED_MAX);
    awaited.drain(..old);
    let mut write = store.write().await?;
    write.set_meta(AWAITED, &awaited).await?;
    Ok(write.commit().await?)
}

async fn operations<W: Write>(
    store: &Store,
    identity: &Identity,
    bundle: &mut Writer<W>,
    exported: &mut Exported,
) -> Result<()> {
    let limits = Limits::default();
    let mut after = 0;
    loop {
        let ops = push::turn_over(store, limits, None, after).await?;
        let Some(last) = ops.last() else { return Ok(()) };
        after = last.seq;
        exported.operations += ops.len() as u64;
        bundle.piece(&Piece::Push(Push { incarnation: identity.incarnation, ops }))?;
    }
}

/// Files that HQ does not have. Reading from the disk holds up nobody but this export.
async fn files<W: Write>(store: &Store, bundle: &mut Writer<W>, exported: &mut Exported) -> Result<()> {
    let mut last = None;
    loop {
        let files = store.blobs_to_carry(last.as_ref(), FILES_AT_ONCE).await?;
        let Some(end) = files.last().cloned() else { return Ok(()) };
        last = Some(end);
        for (hash, bytes) in &files {
            bundle.piece(&Piece::File { hash: hash.clone(), bytes: *bytes })?;
            let mut at = 0;
            while at < *bytes {
                let chunk = store.blobs().read_at(hash, at, CHUNK_BYTES)?;
                if chunk.is_empty() || at + chunk.len() as u64 > *bytes {
                    return Err(doorstep_store::Error::HashMismatch.into());
                }
                bundle.bytes(&chunk)?;
                at += chunk.len() as u64;
            }
            exported.files += 1;
        }
    }
}

/// Takes in HQ's answer.
///
/// # Errors
/// [`Error::Bundle`]: nothing of it was taken. [`Error::Answered`]: what HQ said no to.
pub async fn import<R: Read + Seek + Send>(
    store: &Store,
    surroundings: &Surroundings,
    from: &mut R,
) -> Result<Imported> {
    let identity = store.identity().await?.ok_or(Error::NotEnrolled)?;
    let head = Head::read(from)?;
    let body = from.stream_position().map_err(BundleError::from)?;
    let content_key = opened(store, &identity, &head).await?;
    // Once through before anything is taken: what was cut or changed takes nothing.
    let mut check = Reader::begin(&mut *from, &head, &content_key)?;
    if !matches!(check.piece()?, Piece::HelloReply(_) | Piece::Refused { .. }) {
        return Err(BundleError::Damaged("it does not begin with HQ's hello").into());
    }
    while check.piece()? != Piece::End {}
    drop(check);
    from.seek(SeekFrom::Start(body)).map_err(BundleError::from)?;
    let mut reader = Reader::begin(from, &head, &content_key)?;
    take(store, surroundings, identity, &mut reader).await
}

/// The content key, when the answer is HQ's to a request of this very life of the store.
async fn opened(store: &Store, identity: &Identity, head: &Head) -> Result<[u8; 32]> {
    let Header { way, device_id, incarnation, answer_key, .. } = &head.header;
    if *way != Way::Answer {
        return Err(BundleError::Foreign("it is a request, and for HQ").into());
    }
    if *device_id != identity.device_id || *incarnation != identity.incarnation {
        return Err(BundleError::Foreign("it is for another laptop, or an earlier life of this one").into());
    }
    let awaited: Vec<Awaited> = store.meta(AWAITED).await?.unwrap_or_default();
    let secret = awaited.iter().find(|a| a.public == *answer_key);
    let secret = secret.and_then(|a| <[u8; 32]>::try_from(STANDARD.decode(&a.secret).ok()?).ok());
    let secret = secret.ok_or(BundleError::Foreign("this laptop awaits no such answer"))?;
    let boxed = head.sealed_key.split_first_chunk::<NONCE_BYTES>();
    let (nonce, boxed) = boxed.ok_or(BundleError::Damaged("its key is none"))?;
    let open = SalsaBox::new(&hq_key(identity)?, &SecretKey::from_bytes(secret));
    let key = open.decrypt(GenericArray::from_slice(nonce), boxed).ok().and_then(|k| k.try_into().ok());
    Ok(key.ok_or(BundleError::Foreign("it is not of this laptop's headquarters, or was changed"))?)
}

fn hq_key(identity: &Identity) -> Result<PublicKey> {
    let bytes: Option<[u8; 32]> = STANDARD.decode(&identity.recovery_key).ok().and_then(|b| b.try_into().ok());
    bytes.map(PublicKey::from).ok_or(Error::Unfit("a recovery key that is none"))
}

async fn take<R: Read>(
    store: &Store,
    surroundings: &Surroundings,
    identity: Identity,
    reader: &mut Reader<R>,
) -> Result<Imported> {
    let mut imported = Imported::default();
    // Pages go on from where the request stood; a feed that this laptop has left since, or begun anew, has a gap.
    let mut from = BTreeMap::new();
    let mut ended = BTreeSet::new();
    // What was pushed over the line since the file was written is not in it.
    let mut last = 0;
    loop {
        match reader.piece()? {
            Piece::End => {
                if !from.is_empty() && from.keys().all(|feed| ended.contains(feed)) {
                    store.conflicts_came(last).await?;
                }
                return Ok(imported);
            }
            Piece::Refused { code, detail } => {
                return Err(Error::Answered { refusal: Refusal::new(code, detail), request_id: String::new() });
            }
            Piece::HelloReply(reply) => {
                let standing = opening::standing(store, &identity).await?;
                if reply.site_epoch < identity.site_epoch {
                    return Err(BundleError::Foreign("it is older than what this laptop has heard of HQ").into());
                }
                if reply.site_epoch > identity.site_epoch || reply.acked_seq > standing.last_seq {
                    opening::begin(store, &identity, NewLife::after(&reply, &standing)).await?;
                    return Ok(Imported { again: true, ..imported });
                }
            }
            Piece::Cursors(cursors) => from = cursors,
            Piece::PushReply(reply) => {
                push::check_versions(&reply)?;
                let mut write = store.write().await?;
                write.acknowledge(&reply.acks).await?;
                write.commit().await?;
                push::count(&reply, &mut imported.summary);
                last = reply.acks.iter().map(|ack| ack.seq).fold(last, u64::max);
            }
            Piece::Page(page) => {
                let end = (!page.more).then(|| page.feed.clone());
                if page_of(store, surroundings, &identity, &from, page, &mut imported.summary).await? {
                    ended.extend(end);
                }
            }
            Piece::Files(hashes) => {
                let mut write = store.write().await?;
                for hash in &hashes {
                    write.blob_sent(hash).await?;
                    imported.summary.files_sent += 1;
                }
                write.commit().await?;
            }
            Piece::Hello(_) | Piece::Push(_) | Piece::File { .. } => {
                return Err(BundleError::Damaged("a piece of a request in an answer").into());
            }
        }
    }
}

/// Takes what of a page lies beyond this laptop's place: since the request was written it may have met HQ. Returns whether
/// the page is here now.
async fn page_of(
    store: &Store,
    surroundings: &Surroundings,
    identity: &Identity,
    from: &BTreeMap<String, u64>,
    mut page: Page,
    summary: &mut Summary,
) -> Result<bool> {
    let mut write = store.write().await?;
    let after = write.cursor(&page.feed).await?;
    if from.get(&page.feed).copied().unwrap_or(0) > after || page.next <= after {
        return Ok(page.next <= after);
    }
    page.entries.retain(|entry| entry.position > after);
    let ask = Pull { feed: page.feed.clone(), after, site_epoch: identity.site_epoch, fresh_until: 0 };
    pull::check(&ask, &page, Limits::default())?;
    let applied = write.apply(surroundings.now(), &page).await?;
    write.commit().await?;
    summary.received += applied.records;
    summary.left += applied.left;
    Ok(true)
}
