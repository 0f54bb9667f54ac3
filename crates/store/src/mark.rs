//! The mark beside the database: that a store was here, under which key, and how many changes it had stored.
//!
//! It is written over after each change, and not synced: after a power cut it may be behind the database. It is never ahead
//! of it, unless something was lost that had been stored. Whoever has not the key can neither make nor read one.

use crate::{Folder, StoreKey};
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::PathBuf,
};

const FORMAT: &[u8; 8] = b"DSMARK01";
const COUNT_BYTES: usize = 12;
const MAC_BYTES: usize = 32;
const BYTES: usize = FORMAT.len() + COUNT_BYTES + MAC_BYTES;

/// What the mark says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Changes that were stored.
    pub(crate) commits: u64,
    /// The life of the store at HQ.
    pub(crate) incarnation: u32,
}

/// How a mark was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is none: a store of an earlier version, or no store.
    Nothing,
    /// It was made with another key, or is damaged.
    Foreign,
    /// It was made with this key.
    Own(Count),
}

/// The mark of a data folder.
pub(crate) struct Mark {
    path: PathBuf,
    key: [u8; 32],
}

impl Mark {
    pub(crate) fn new(folder: &Folder, key: &StoreKey) -> Self {
        Self { path: folder.mark(), key: key.derive("doorstep 2026 mark of the store") }
    }

    pub(crate) fn found(&self) -> io::Result<Found> {
        let bytes = match std::fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            read => read?,
        };
        let Some((said, mac)) = bytes.split_at_checked(BYTES - MAC_BYTES) else { return Ok(Found::Foreign) };
        // Compared as hashes, so in constant time.
        let is_own = <[u8; MAC_BYTES]>::try_from(mac).is_ok_and(|mac| blake3::keyed_hash(&self.key, said) == mac);
        let Some((commits, incarnation)) =
            said.strip_prefix(FORMAT).and_then(<[u8]>::split_first_chunk).filter(|_| is_own)
        else {
            return Ok(Found::Foreign);
        };
        let incarnation = incarnation.try_into().map_or(0, u32::from_le_bytes);
        Ok(Found::Own(Count { commits: u64::from_le_bytes(*commits), incarnation }))
    }

    /// Writes it over; one that is there keeps its place on the disk, so that a full one does not refuse it.
    pub(crate) fn note(&self, count: Count) -> io::Result<File> {
        let mut bytes = [0; BYTES];
        let (format, rest) = bytes.split_at_mut(FORMAT.len());
        let (counts, mac) = rest.split_at_mut(COUNT_BYTES);
        let (commits, incarnation) = counts.split_at_mut(8);
        format.copy_from_slice(FORMAT);
        commits.copy_from_slice(&count.commits.to_le_bytes());
        incarnation.copy_from_slice(&count.incarnation.to_le_bytes());
        let said = [FORMAT.as_slice(), commits, incarnation].concat();
        mac.copy_from_slice(blake3::keyed_hash(&self.key, &said).as_bytes());
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all(&bytes)?;
        Ok(file)
    }

    /// The same, and sure to be there after a power cut.
    pub(crate) fn note_synced(&self, count: Count) -> io::Result<()> {
        self.note(count)?.sync_all()
    }
}
