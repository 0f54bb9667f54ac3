//! Records as the text of their columns. Writing them is most of what a large batch costs beside the database itself, so
//! it has a thread of its own while the database stores something else.

use super::{StorageError, StoredRecord, columns::text, sums};
use doorstep_wire::{Sum, digest::Texts};
use tokio::task;

/// A record and what is stored of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The record.
    pub record: StoredRecord,
    /// Its fields in JSON.
    pub doc: String,
    /// Who wrote them, in JSON.
    pub stamps: String,
    /// Its hash as laptops get it.
    pub sum: Sum,
}

impl Written {
    /// Writes a record.
    ///
    /// # Errors
    /// [`StorageError::Refused`] and [`StorageError::Damaged`] when it cannot be written as JSON.
    pub fn new(record: StoredRecord) -> Result<Self, StorageError> {
        let Texts { doc, sum, .. } = sums::written(&record)?;
        let stamps = text(&record.stamps, "stamps")?;
        Ok(Self { record, doc, stamps, sum })
    }

    /// Writes records, in their order, on a thread of its own from now on.
    ///
    /// # Errors
    /// As [`Written::new`].
    pub fn beside(records: Vec<StoredRecord>) -> impl Future<Output = Result<Vec<Self>, StorageError>> {
        let writing = task::spawn_blocking(|| records.into_iter().map(Self::new).collect());
        async { writing.await.unwrap_or_else(|_| Err(StorageError::Damaged("a record: writing it ended".to_owned()))) }
    }
}
