//! Attachments' bytes: one encrypted file each, named by the BLAKE3 of what is in it.
//!
//! A file is a 19-byte nonce and segments of 64 KiB, XChaCha20-Poly1305 in STREAM mode, so that it can be written and
//! read in pieces and a cut or reordered file does not decrypt. Complete files only ever get their name by renaming.

mod records;
mod segment;

use crate::{Error, Folder, Result, StoreKey};
use doorstep_domain::attachment::check_hash;
use segment::{Reader, Writer};
use std::{
    fs::File,
    io::{Read, Write as _},
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
        let hash = blake3::hash(bytes).to_hex().to_string();
        let path = self.path(&hash)?;
        if path.is_file() {
            return Ok(hash);
        }
        // Two that store the same bytes at once do not share a file.
        let own: String = nonce.iter().map(|b| format!("{b:02x}")).collect();
        let temporary = self.scratch.join(own);
        let mut writer = Writer::create(File::create(&temporary)?, &self.key, nonce)?;
        writer.write(bytes)?;
        writer.finish()?;
        rename_synced(&temporary, &path)?;
        Ok(hash)
    }

    /// Reads a whole file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::Damaged`]; [`Error::HashMismatch`].
    pub fn read(&self, hash: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let mut reader = self.reader(hash)?;
        let mut bytes = Vec::new();
        while let Some(segment) = reader.next_segment()? {
            if bytes.len() + segment.len() > bytes_max {
                return Err(Error::Damaged("a file is larger than its record says".into()));
            }
            bytes.extend_from_slice(&segment);
        }
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            return Err(Error::HashMismatch);
        }
        Ok(bytes)
    }

    /// Reads up to `bytes_max` bytes from `offset`: a chunk to upload. Empty at the end.
    ///
    /// # Errors
    /// [`Error::Folder`]; [`Error::Damaged`].
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
