//! Attachments in a local folder: `whole/ab/HASH` once checked, `part/HASH` until then (invariant 9).

use super::{AttachmentError, AttachmentStore, Have, Outgoing, Step};
use axum::body::Bytes;
use futures_util::StreamExt;
use std::{
    fs,
    io::{self, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    sync::Mutex,
    task,
};
use tokio_util::io::ReaderStream;

/// Locks among which uploads are spread, so that two laptops sending one attachment take turns.
const LOCKS: usize = 64;
/// Bytes read at once when sending.
const READ_BYTES: usize = 64 * 1024;

/// A folder of attachments.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    locks: Vec<Arc<Mutex<()>>>,
}

impl Folder {
    /// Opens the folder, making it where there is none.
    ///
    /// # Errors
    /// [`io::Error`] when it cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root.join("whole"))?;
        fs::create_dir_all(root.join("part"))?;
        Ok(Self { root: root.to_owned(), locks: (0..LOCKS).map(|_| Arc::default()).collect() })
    }

    fn paths(&self, hash: &str) -> Paths {
        let first = hash.get(..2).unwrap_or("xx");
        Paths { whole: self.root.join("whole").join(first).join(hash), part: self.root.join("part").join(hash) }
    }

    fn lock(&self, hash: &str) -> Arc<Mutex<()>> {
        let first = hash.get(..2).and_then(|digits| usize::from_str_radix(digits, 16).ok()).unwrap_or(0);
        self.locks.get(first % LOCKS).map(Arc::clone).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
struct Paths {
    whole: PathBuf,
    part: PathBuf,
}

impl Paths {
    fn have(&self) -> io::Result<Have> {
        if let Some(bytes) = size(&self.whole)? {
            return Ok(Have::Whole(bytes));
        }
        Ok(Have::Part(size(&self.part)?.unwrap_or(0)))
    }

    fn append(&self, hash: &str, offset: u64, length: u64, chunk: &[u8]) -> Result<Have, AttachmentError> {
        let have = match self.have()? {
            whole @ Have::Whole(_) => return Ok(whole),
            Have::Part(have) => have,
        };
        if offset != have {
            return Err(AttachmentError::Offset { have });
        }
        let after = have + chunk.len() as u64;
        if after > length {
            return Err(AttachmentError::TooLong);
        }
        let mut file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&self.part)?;
        if let Err(error) = file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(chunk)) {
            // A full disk must not leave half a chunk that counts as sent.
            file.set_len(offset)?;
            return Err(error.into());
        }
        if after < length { Ok(Have::Part(after)) } else { self.finish(hash, &file, length) }
    }

    /// Checks the bytes, makes them last, and only then gives them their name.
    fn finish(&self, hash: &str, file: &fs::File, length: u64) -> Result<Have, AttachmentError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(fs::File::open(&self.part)?)?;
        if hasher.finalize().to_hex().as_str() != hash {
            fs::remove_file(&self.part)?;
            return Err(AttachmentError::HashMismatch);
        }
        file.sync_all()?;
        if let Some(folder) = self.whole.parent() {
            fs::create_dir_all(folder)?;
            fs::rename(&self.part, &self.whole)?;
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(Have::Whole(length))
    }
}

fn size(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(meta.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl AttachmentStore for Folder {
    fn have<'a>(&'a self, hash: &'a str) -> Step<'a, Have> {
        Box::pin(async move { Ok(self.paths(hash).have()?) })
    }

    fn append<'a>(&'a self, hash: &'a str, offset: u64, length: u64, chunk: Bytes) -> Step<'a, Have> {
        Box::pin(async move {
            let _turn = self.lock(hash).lock_owned().await;
            let (paths, hash) = (self.paths(hash), hash.to_owned());
            let done = task::spawn_blocking(move || paths.append(&hash, offset, length, &chunk)).await;
            done.map_err(|stopped| AttachmentError::Io(io::Error::other(stopped)))?
        })
    }

    fn read<'a>(&'a self, hash: &'a str, range: Range<u64>) -> Step<'a, Outgoing> {
        Box::pin(async move {
            let opened = tokio::fs::File::open(self.paths(hash).whole).await;
            let mut file = opened.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => AttachmentError::NotFound,
                _ => error.into(),
            })?;
            file.seek(SeekFrom::Start(range.start)).await?;
            let bytes = file.take(range.end.saturating_sub(range.start));
            Ok(ReaderStream::with_capacity(bytes, READ_BYTES).boxed())
        })
    }
}
