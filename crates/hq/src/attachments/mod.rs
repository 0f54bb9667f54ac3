//! The bytes of attachments, named by hash, in a local folder or in S3-compatible storage: `whole/ab/HASH` once
//! checked, `chunk/HASH/SENDER/OFFSET` until then.
//!
//! Each chunk is an object of its own, so that an upload can go on at any process of HQ: none holds a state that
//! another would need, and an upload that S3 itself knows as unfinished would want parts of 5 MiB and a place to
//! remember them. What HQ has of an attachment is the chain of chunks from 0. A chunk is there whole or not at all; with
//! the last one they are read through once, checked, and put under the final name in one step (invariant 9). Two
//! processes that take the same attachment at once may write a chunk twice; that costs bytes, never content.
//!
//! Owns no rule about who may have what: that is `serve`.

mod error;
mod place;
mod sweep;

pub use error::AttachmentError;
pub use place::Place;

use axum::body::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, buffered::BufWriter, path::Path};
use std::{fmt, io, ops::Range, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt, sync::Mutex, time::timeout};

/// Bytes on their way out.
pub type Outgoing = BoxStream<'static, io::Result<Bytes>>;

/// Locks among which uploads are spread, so that two laptops sending one attachment take turns.
const LOCKS: usize = 64;
/// Bytes of a part when an attachment is put together; S3 takes none below 5 MiB, and at most 10,000 parts.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// Parts on their way at once. Together with the chunk being read they bound the memory of one attachment.
const PARTS_AT_ONCE: usize = 1;
/// How long a laptop is kept waiting while an attachment is put together; then it is told to ask again, before it
/// takes the line for dead (60 s). The work goes on meanwhile.
const FINISH_PATIENCE: Duration = Duration::from_secs(40);

/// How much of an attachment is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Have {
    /// So many bytes of it.
    Part(u64),
    /// All of it, checked.
    Whole(u64),
}

/// Bytes on their way in.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What they are named by.
    pub hash: String,
    /// Who sends them: a name for a folder. Each has chunks of their own, and hears nothing of another's.
    pub sender: String,
    /// How many they are in all.
    pub length: u64,
    /// Whether the sender may hear that the whole is here already. Who may not sends all of it.
    pub is_known: bool,
}

/// Where the bytes of attachments are kept. A `hash` is always 64 lower-case hexadecimal digits, checked before.
#[derive(Clone)]
pub struct Attachments {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    locks: Arc<[Arc<Mutex<()>>]>,
}

impl fmt::Debug for Attachments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachments({} {})", self.store, self.prefix)
    }
}

/// The chunks of an unfinished attachment that follow each other from 0.
#[derive(Debug, Default)]
struct Chain {
    chunks: Vec<ObjectMeta>,
    bytes: u64,
}

impl Attachments {
    /// Attachments below `prefix` of a store.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        Self { store, prefix, locks: (0..LOCKS).map(|_| Arc::default()).collect() }
    }

    fn whole(&self, hash: &str) -> Path {
        self.prefix.clone().join("whole").join(hash.get(..2).unwrap_or("xx")).join(hash)
    }

    /// The name of a whole attachment in its place.
    #[must_use]
    pub fn name(&self, hash: &str) -> String {
        self.whole(hash).to_string()
    }

    fn chunks(&self, hash: &str, sender: &str) -> Path {
        self.prefix.clone().join("chunk").join(hash).join(sender)
    }

    fn lock(&self, hash: &str) -> Arc<Mutex<()>> {
        let first = hash.get(..2).and_then(|digits| usize::from_str_radix(digits, 16).ok()).unwrap_or(0);
        self.locks.get(first % LOCKS).map(Arc::clone).unwrap_or_default()
    }

    async fn size(&self, path: &Path) -> Result<Option<u64>, AttachmentError> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn chain(&self, hash: &str, sender: &str) -> Result<Chain, AttachmentError> {
        let mut found: Vec<ObjectMeta> = self.store.list(Some(&self.chunks(hash, sender))).try_collect().await?;
        // Names are offsets with leading zeros.
        found.sort_unstable_by(|a, b| a.location.cmp(&b.location));
        let mut chain = Chain::default();
        for meta in found {
            let offset = meta.location.filename().and_then(|name| name.parse().ok());
            if offset == Some(chain.bytes) && meta.size > 0 {
                chain.bytes += meta.size;
                chain.chunks.push(meta);
            }
        }
        Ok(chain)
    }

    /// How much of an attachment is here for a sender who may hear that all of it is.
    ///
    /// # Errors
    /// [`AttachmentError`] when the storage fails.
    pub async fn have(&self, hash: &str, sender: &str) -> Result<Have, AttachmentError> {
        match self.size(&self.whole(hash)).await? {
            Some(bytes) => Ok(Have::Whole(bytes)),
            None => self.sent(hash, sender).await,
        }
    }

    /// How much of it this sender has sent, whatever else is here.
    ///
    /// # Errors
    /// [`AttachmentError`] when the storage fails.
    pub async fn sent(&self, hash: &str, sender: &str) -> Result<Have, AttachmentError> {
        Ok(Have::Part(self.chain(hash, sender).await?.bytes))
    }

    /// Adds a chunk that begins at `offset`; when it completes the upload its bytes are checked and kept for good, and then
    /// `kept` is done. An empty chunk at the end asks for that again.
    ///
    /// # Errors
    /// [`AttachmentError`]; with [`AttachmentError::Offset`] the chunk was not the next one. What `kept` fails with.
    pub async fn append(
        &self,
        upload: &Upload,
        offset: u64,
        chunk: Bytes,
        kept: impl Future<Output = Result<(), AttachmentError>> + Send + 'static,
    ) -> Result<Have, AttachmentError> {
        let Upload { hash, sender, length, is_known } = upload;
        let turn =
            timeout(FINISH_PATIENCE, self.lock(hash).lock_owned()).await.map_err(|_| AttachmentError::Checking)?;
        if *is_known && let Some(bytes) = self.size(&self.whole(hash)).await? {
            return Ok(Have::Whole(bytes));
        }
        let chain = self.chain(hash, sender).await?;
        if offset != chain.bytes {
            return Err(AttachmentError::Offset { have: chain.bytes });
        }
        let after = offset + chunk.len() as u64;
        if after > *length {
            return Err(AttachmentError::TooLong);
        }
        if !chunk.is_empty() {
            let path = self.chunks(hash, sender).join(format!("{offset:013}"));
            self.store.put(&path, PutPayload::from_bytes(chunk)).await?;
        }
        if after < *length {
            return Ok(Have::Part(after));
        }
        // On its own, so that a laptop that goes away does not stop it.
        let (attachments, upload) = (self.clone(), upload.clone());
        let finishing = tokio::spawn(async move {
            let _turn = turn;
            attachments.finish(&upload, kept).await
        });
        match timeout(FINISH_PATIENCE, finishing).await {
            Ok(done) => done.map_err(|stopped| AttachmentError::Io(io::Error::other(stopped)))?,
            Err(_) => Err(AttachmentError::Checking),
        }
    }

    /// Reads the chunks through once, and gives them their name if they are what they should be. Bytes that are here under it
    /// already stay, and the chunks are read all the same: they show that their sender has them.
    async fn finish(
        &self,
        Upload { hash, sender, length, .. }: &Upload,
        kept: impl Future<Output = Result<(), AttachmentError>>,
    ) -> Result<Have, AttachmentError> {
        let chain = self.chain(hash, sender).await?;
        if chain.bytes != *length {
            return Err(AttachmentError::Offset { have: chain.bytes });
        }
        let is_here = self.size(&self.whole(hash)).await?.is_some();
        let mut whole = (!is_here).then(|| self.writer(hash));
        let found = self.copy_chunks(&chain, whole.as_mut()).await;
        match (&found, &mut whole) {
            (Ok(Some(found)), Some(whole)) if found == hash => whole.shutdown().await?,
            (_, Some(whole)) => whole.abort().await?,
            _ => {}
        }
        match found? {
            Some(found) if found == *hash => {}
            Some(_) => {
                self.drop_chunks(hash, sender).await?;
                return Err(AttachmentError::HashMismatch);
            }
            // Another process wrote a chunk anew; what is there now is for the laptop to ask.
            None => return Err(AttachmentError::Offset { have: self.chain(hash, sender).await?.bytes }),
        }
        kept.await?;
        self.drop_chunks(hash, sender).await?;
        Ok(Have::Whole(*length))
    }

    fn writer(&self, hash: &str) -> BufWriter {
        BufWriter::with_capacity(Arc::clone(&self.store), self.whole(hash), PART_BYTES)
            .with_max_concurrency(PARTS_AT_ONCE)
    }

    /// The hash of what the chunks hold; `None` when one of them is not what it was in the list any more.
    async fn copy_chunks(
        &self,
        chain: &Chain,
        mut whole: Option<&mut BufWriter>,
    ) -> Result<Option<String>, AttachmentError> {
        let mut hasher = blake3::Hasher::new();
        for chunk in &chain.chunks {
            let bytes = match self.store.get(&chunk.location).await {
                Ok(found) => found.bytes().await?,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if bytes.len() as u64 != chunk.size {
                return Ok(None);
            }
            hasher.update(&bytes);
            // Copied: handed on, chunks would be held until their parts are written, each in the memory of another thread.
            if let Some(whole) = &mut whole {
                whole.write_all(&bytes).await?;
            }
        }
        Ok(Some(hasher.finalize().to_hex().to_string()))
    }

    async fn drop_chunks(&self, hash: &str, sender: &str) -> Result<(), AttachmentError> {
        let chunks: Vec<ObjectMeta> = self.store.list(Some(&self.chunks(hash, sender))).try_collect().await?;
        for chunk in chunks {
            self.remove(&chunk.location).await?;
        }
        Ok(())
    }

    async fn remove(&self, path: &Path) -> Result<(), AttachmentError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A range of a whole attachment.
    ///
    /// # Errors
    /// [`AttachmentError::NotFound`] while it is not whole.
    pub async fn read(&self, hash: &str, range: Range<u64>) -> Result<Outgoing, AttachmentError> {
        if range.is_empty() {
            // Storage refuses a range of nothing; an empty file is one.
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let found = self.store.get_opts(&self.whole(hash), options).await?;
        Ok(found.into_stream().map_err(io::Error::other).boxed())
    }

    /// Every whole attachment, by hash, with its size.
    #[must_use]
    pub fn wholes(&self) -> BoxStream<'static, Result<(String, u64), AttachmentError>> {
        let found = self.store.list(Some(&self.prefix.clone().join("whole")));
        let named = |meta: ObjectMeta| meta.location.filename().map(|name| (name.to_owned(), meta.size));
        found.map_err(AttachmentError::from).try_filter_map(move |meta| std::future::ready(Ok(named(meta)))).boxed()
    }

    /// Puts a whole attachment of another place here, checked on its way; one that is here already stays. Answers
    /// whether it had to be copied.
    ///
    /// # Errors
    /// [`AttachmentError::HashMismatch`], [`AttachmentError::NotFound`] and [`AttachmentError::Unreadable`] when the other
    /// place's is damaged, lost, or cannot be read.
    pub async fn take(&self, from: &Self, hash: &str) -> Result<bool, AttachmentError> {
        if let Some(bytes) = self.size(&self.whole(hash)).await?
            && from.size(&from.whole(hash)).await?.is_none_or(|others| others == bytes)
        {
            return Ok(false);
        }
        let mut bytes = from.store.get(&from.whole(hash)).await.map_err(unreadable)?.into_stream();
        let mut whole = self.writer(hash);
        let mut hasher = blake3::Hasher::new();
        while let Some(piece) = bytes.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    whole.abort().await?;
                    return Err(unreadable(error));
                }
            };
            hasher.update(&piece);
            whole.put(piece).await?;
        }
        if hasher.finalize().to_hex().as_str() != hash {
            whole.abort().await?;
            return Err(AttachmentError::HashMismatch);
        }
        whole.shutdown().await?;
        Ok(true)
    }

    /// Reads a whole attachment through.
    ///
    /// # Errors
    /// [`AttachmentError::HashMismatch`], [`AttachmentError::NotFound`], [`AttachmentError::Unreadable`].
    pub async fn verify(&self, hash: &str) -> Result<(), AttachmentError> {
        let mut bytes = self.store.get(&self.whole(hash)).await.map_err(unreadable)?.into_stream();
        let mut hasher = blake3::Hasher::new();
        while let Some(piece) = bytes.next().await {
            hasher.update(&piece.map_err(unreadable)?);
        }
        if hasher.finalize().to_hex().as_str() == hash { Ok(()) } else { Err(AttachmentError::HashMismatch) }
    }

    /// Answers when the storage takes what is written.
    ///
    /// # Errors
    /// [`AttachmentError`] when it does not.
    pub async fn ping(&self) -> Result<(), AttachmentError> {
        let path = self.prefix.clone().join("ready");
        self.store.put(&path, PutPayload::from_static(b"ready\n")).await?;
        Ok(())
    }
}

/// Why one that is there cannot be read.
fn unreadable(error: object_store::Error) -> AttachmentError {
    match AttachmentError::from(error) {
        AttachmentError::Store(error) | AttachmentError::Unwritable(error) => AttachmentError::Unreadable(error),
        other => other,
    }
}
