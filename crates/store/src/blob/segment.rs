//! Segments: the encrypted form of a file, written in order, readable from any segment.

use super::{read_full, write_synced};
use crate::{Error, Result};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::stream::{NewStream, StreamBE32, StreamPrimitive},
};
use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom},
    path::Path,
};

/// Plain bytes of a segment.
pub const SEGMENT_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 19;
const SEALED_BYTES: usize = SEGMENT_BYTES + TAG_BYTES;

fn stream(key: &[u8; 32], nonce: [u8; NONCE_BYTES]) -> StreamBE32<XChaCha20Poly1305> {
    StreamBE32::from_aead(XChaCha20Poly1305::new(key.into()), &nonce.into())
}

/// Writes segments. The last one is held back until [`Writer::finish`] marks it as the last.
pub(super) struct Writer {
    file: File,
    stream: StreamBE32<XChaCha20Poly1305>,
    position: u32,
    held: Vec<u8>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn create(mut file: File, key: &[u8; 32], nonce: [u8; NONCE_BYTES]) -> Result<Self> {
        write_synced(&mut file, &nonce)?;
        Ok(Self { file, stream: stream(key, nonce), position: 0, held: Vec::with_capacity(SEGMENT_BYTES) })
    }

    /// Goes on after the whole segments that are in `path`; what a crash left of a half one is overwritten.
    pub(super) fn resume(path: &Path, key: &[u8; 32], nonce: [u8; NONCE_BYTES]) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut found = [0u8; NONCE_BYTES];
        if read_full(&mut file, &mut found)? < NONCE_BYTES {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            return Self::create(file, key, nonce);
        }
        let whole = (file.metadata()?.len() - NONCE_BYTES as u64) / SEALED_BYTES as u64;
        let end = NONCE_BYTES as u64 + whole * SEALED_BYTES as u64;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let position = u32::try_from(whole).map_err(|_| Error::DamagedFile("a file is too long"))?;
        Ok(Self { file, stream: stream(key, found), position, held: Vec::with_capacity(SEGMENT_BYTES) })
    }

    pub(super) fn offset(&self) -> u64 {
        u64::from(self.position) * SEGMENT_BYTES as u64 + self.held.len() as u64
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.held.len() == SEGMENT_BYTES {
                self.seal(false)?;
            }
            let take = bytes.len().min(SEGMENT_BYTES - self.held.len());
            let (now, later) = bytes.split_at(take);
            self.held.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal(&mut self, last: bool) -> Result<()> {
        let sealed = self
            .stream
            .encrypt(self.position, last, self.held.as_slice())
            .map_err(|_| Error::DamagedFile("a file is too long"))?;
        write_synced(&mut self.file, &sealed)?;
        self.position += 1;
        self.held.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.seal(true)?;
        Ok(self.file.sync_all()?)
    }
}

/// Reads segments.
pub(super) struct Reader {
    file: File,
    stream: StreamBE32<XChaCha20Poly1305>,
    position: u32,
    segments: u32,
}

impl Reader {
    pub(super) fn open(mut file: File, key: &[u8; 32]) -> Result<Self> {
        let mut nonce = [0u8; NONCE_BYTES];
        if read_full(&mut file, &mut nonce)? < NONCE_BYTES {
            return Err(Error::DamagedFile("a file is cut short"));
        }
        let sealed = file.metadata()?.len() - NONCE_BYTES as u64;
        let segments = u32::try_from(sealed.div_ceil(SEALED_BYTES as u64))
            .map_err(|_| Error::DamagedFile("a file is too long"))?;
        Ok(Self { file, stream: stream(key, nonce), position: 0, segments })
    }

    /// Goes to the segment that holds `offset`; returns the bytes to skip in it.
    pub(super) fn skip_to(&mut self, offset: u64) -> Result<usize> {
        let segment = offset / SEGMENT_BYTES as u64;
        self.position = u32::try_from(segment).unwrap_or(u32::MAX).min(self.segments);
        self.file.seek(SeekFrom::Start(NONCE_BYTES as u64 + u64::from(self.position) * SEALED_BYTES as u64))?;
        Ok(usize::try_from(offset - segment * SEGMENT_BYTES as u64).unwrap_or(0))
    }

    /// The next segment's plain bytes; `None` after the last.
    pub(super) fn next_segment(&mut self) -> Result<Option<Vec<u8>>> {
        if self.position >= self.segments {
            return Ok(None);
        }
        let mut sealed = vec![0u8; SEALED_BYTES];
        let read = read_full(&mut self.file, &mut sealed)?;
        sealed.truncate(read);
        let last = self.position + 1 == self.segments;
        let plain = self
            .stream
            .decrypt(self.position, last, sealed.as_slice())
            .map_err(|_| Error::DamagedFile("a file does not decrypt"))?;
        self.position += 1;
        Ok(Some(plain))
    }
}
