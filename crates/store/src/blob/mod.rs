//! Attachments' bytes: one encrypted file each, named by the BLAKE3 of what is in it.
//!
//! A file is a 19-byte nonce and segments of 64 KiB, XChaCha20-Poly1305 in STREAM mode, so that it can be written and
//! read in pieces and a cut or reordered file does not decrypt. Complete files only ever get their name by renaming.

pub(crate) mod records;
mod segment;

use crate::{Error, Folder, Result, StoreKey};
use doorstep_domain::attachment::check_hash;
use segment::{Reader, Writer};
use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// The attachments of a store.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    scratch: PathBuf,
    key: [u8; 32],
}

/// An attachment that is arriving. It survives a restart at a multiple of [`SEGMENT_BYTES`].
#[derive(Debug)]
pub struct PartialBlob {
    hash: String,
    path: PathBuf,
    complete: PathBuf,
    key: [u8; 32],
    writer: Writer,
}

/// A file that is being added here, piece by piece. Dropped before its end, it leaves nothing.
#[derive(Debug)]
pub struct NewBlob {
    // The file is closed before it goes.
    writer: Writer,
    key: [u8; 32],
    hasher: blake3::Hasher,
    scratch: Scratch,
    folder: PathBuf,
}

/// A file that goes when it is let go, unless it has got another name by then.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever stays is wiped at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Blobs {
    pub(crate) fn new(folder: &Folder, key: &StoreKey) -> Self {
        Self { folder: folder.blobs(), scratch: folder.scratch(), key: key.derive("doorstep 2026 attachments") }
    }

    fn path(&self, hash: &str) -> Result<PathBuf> {
        check_hash(hash)?;
        Ok(self.folder.join(hash))
    }

    /// Whether the whole file is here.
    ///
    /// # Errors
    /// [`Error::Refused`] when `hash` is not one.
    pub fn has(&self, hash: &str) -> Result<bool> {
        Ok(self.path(hash)?.is_file())
    }

    /// Stores `bytes`; returns their hash. `nonce` is random.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn put(&self, bytes: &[u8], nonce: [u8; 19]) -> Result<String> {
        let mut new = self.begin(nonce)?;
        new.append(bytes)?;
        new.finish()
    }

    /// Begins a file that is handed over in pieces: one that no memory has to hold. `nonce` is random.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn begin(&self, nonce: [u8; 19]) -> Result<NewBlob> {
        // Two that store the same bytes at once do not share a file.
        let own: String = nonce.iter().map(|b| format!("{b:02x}")).collect();
        let scratch = Scratch(self.scratch.join(own));
        let writer = Writer::create(File::create(&scratch.0)?, &self.key, nonce)?;
        Ok(NewBlob { scratch, folder: self.folder.clone(), key: self.key, writer, hasher: blake3::Hasher::new() })
    }

    /// Writes a whole file of at most `bytes_max` bytes out, a segment at a time. What was written counts only when this
    /// says so: a damaged file shows at its end.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::DamagedFile`]; [`Error::HashMismatch`].
    pub fn copy_to(&self, hash: &str, bytes_max: u64, to: &mut impl Write) -> Result<()> {
        let mut reader = self.reader(hash)?;
        let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0);
        while let Some(segment) = reader.next_segment()? {
            bytes += segment.len() as u64;
            if bytes > bytes_max {
                return Err(Error::DamagedFile("a file is larger than its record says"));
            }
            hasher.update(&segment);
            to.write_all(&segment)?;
        }
        if hasher.finalize().to_hex().as_str() == hash { Ok(()) } else { Err(Error::HashMismatch) }
    }

    /// Reads a whole file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::DamagedFile`]; [`Error::HashMismatch`].
    pub fn read(&self, hash: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.copy_to(hash, bytes_max as u64, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads up to `bytes_max` bytes from `offset`: a chunk to upload. Empty at the end.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::DamagedFile`].
    pub fn read_at(&self, hash: &str, offset: u64, bytes_max: usize) -> Result<Vec<u8>> {
        let mut reader = self.reader(hash)?;
        let mut skip = reader.skip_to(offset)?;
        let mut bytes = Vec::with_capacity(bytes_max);
        while bytes.len() < bytes_max
            && let Some(segment) = reader.next_segment()?
        {
            let rest = segment.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(segment.len());
            bytes.extend_from_slice(rest.get(..rest.len().min(bytes_max - bytes.len())).unwrap_or_default());
        }
        Ok(bytes)
    }

    fn reader(&self, hash: &str) -> Result<Reader> {
        Reader::open(File::open(self.path(hash)?)?, &self.key)
    }

    /// Begins or resumes an arriving file. `nonce` is random, and used only when it begins.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn partial(&self, hash: &str, nonce: [u8; 19]) -> Result<PartialBlob> {
        let complete = self.path(hash)?;
        let path = complete.with_extension("part");
        let writer = Writer::resume(&path, &self.key, nonce)?;
        Ok(PartialBlob { hash: hash.to_owned(), path, complete, key: self.key, writer })
    }

    /// Removes a file, complete or not.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn remove(&self, hash: &str) -> Result<()> {
        let path = self.path(hash)?;
        for path in [path.with_extension("part"), path] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

impl NewBlob {
    /// Bytes that were handed over.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.writer.offset()
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.writer.write(bytes)
    }

    /// Gives back what was handed over, for somebody who needs all of it at once. It gets no name.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::DamagedFile`].
    pub fn read(self) -> Result<Vec<u8>> {
        let Self { writer, scratch, key, .. } = self;
        let mut bytes = Vec::with_capacity(usize::try_from(writer.offset()).unwrap_or(0));
        writer.finish()?;
        let mut reader = Reader::open(File::open(&scratch.0)?, &key)?;
        while let Some(segment) = reader.next_segment()? {
            bytes.extend_from_slice(&segment);
        }
        Ok(bytes)
    }

    /// Gives the whole its name; returns its hash.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn finish(self) -> Result<String> {
        let Self { writer, hasher, scratch, folder, .. } = self;
        let hash = hasher.finalize().to_hex().to_string();
        let path = folder.join(&hash);
        writer.finish()?;
        if !path.is_file() {
            rename_synced(&scratch.0, &path)?;
        }
        Ok(hash)
    }
}

impl PartialBlob {
    /// Bytes that are safely here: ask for the rest from this position.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.writer.offset()
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes)
    }

    /// Checks the whole against its hash and gives it its name. A wrong one is removed.
    ///
    /// # Errors
    /// [`Error::HashMismatch`]; [`Error::Folder`].
    pub fn finish(self) -> Result<()> {
        self.writer.finish()?;
        let mut reader = Reader::open(File::open(&self.path)?, &self.key)?;
        let mut hasher = blake3::Hasher::new();
        while let Some(segment) = reader.next_segment()? {
            hasher.update(&segment);
        }
        if hasher.finalize().to_hex().as_str() != self.hash {
            std::fs::remove_file(&self.path)?;
            return Err(Error::HashMismatch);
        }
        rename_synced(&self.path, &self.complete)
    }
}

/// Renames a file that was synced, and syncs the folder, so that the name survives a power cut too (invariant 9).
fn rename_synced(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to)?;
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn write_synced(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    file.write_all(bytes)
}
