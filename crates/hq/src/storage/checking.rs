//! What of a database can be computed anew, and whether it is still what was written. Pure: both databases read, and tell
//! here what they found.

use super::{Kept, StorageError, StoredRecord, columns, sums};
use doorstep_wire::{Sum, digest::bucket};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Most places that are named one by one; more of them are no other news.
pub const DAMAGE_MAX: usize = 1_000;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damage {
    /// What is wrong.
    pub what: What,
    /// Where: a table and what names the row, or a file.
    pub place: String,
    /// What the database or the system says of it.
    pub detail: String,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The structure of a table or an index.
    Structure,
    /// A row that does not read.
    Row,
    /// A row that is not what its hash says.
    Hash,
    /// The sums of a feed are not those of its records.
    Sum,
    /// A file that is not what its hash says, or does not read.
    File,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.detail)
    }
}

/// What was looked at, and what of it is damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// Records.
    pub records: u64,
    /// Operations.
    pub operations: u64,
    /// Attachments.
    pub attachments: u64,
    /// Places that are damaged, the first [`DAMAGE_MAX`] of them.
    pub damage: Vec<Damage>,
}

impl Checked {
    /// Notes damage.
    pub fn found(&mut self, what: What, place: impl Into<String>, detail: impl Into<String>) {
        if self.damage.len() < DAMAGE_MAX {
            self.damage.push(Damage { what, place: place.into(), detail: detail.into() });
        }
    }

    /// Notes that a table does not read on.
    pub fn stopped(&mut self, table: &str, error: &StorageError) {
        self.found(What::Structure, format!("table {table}"), crate::serve::fault::chain(error));
    }
}

/// A look at everything, under way.
#[derive(Debug, Default)]
pub(super) struct Checking {
    pub(super) checked: Checked,
    /// By feed, kind and bucket: what the records add up to, less what is kept.
    buckets: BTreeMap<(String, String, u8), Sum>,
    /// By feed, the same.
    roots: BTreeMap<String, Sum>,
}

impl Checking {
    /// A record as it is stored, with its hash and the feeds it stands in.
    pub(super) fn record(&mut self, name: &str, read: Result<(StoredRecord, Option<Sum>, Vec<String>), StorageError>) {
        self.checked.records += 1;
        let place = || format!("record {name}");
        let (record, kept, feeds) = match read {
            Ok(read) => read,
            Err(error) => return self.checked.found(What::Row, place(), error.to_string()),
        };
        let Some(kept) = kept else { return };
        match sums::hash(&record) {
            Ok(hash) if hash == kept => {}
            Ok(_) => self.checked.found(What::Hash, place(), "its fields are not those of its hash"),
            Err(error) => self.checked.found(What::Row, place(), error.to_string()),
        }
        for feed in feeds {
            *self.roots.entry(feed.clone()).or_default() ^= kept;
            let bucket = (feed, record.key.kind.as_str().to_owned(), bucket(record.key.id));
            *self.buckets.entry(bucket).or_default() ^= kept;
        }
    }

    /// A sum of a bucket as it is kept.
    pub(super) fn bucket(&mut self, feed: String, kind: String, bucket: i64, sum: Sum) {
        match u8::try_from(bucket) {
            Ok(bucket) => *self.buckets.entry((feed, kind, bucket)).or_default() ^= sum,
            Err(_) => self.checked.found(What::Row, format!("digest {feed} {kind}"), "no bucket"),
        }
    }

    /// The root of a feed as it is kept.
    pub(super) fn root(&mut self, feed: String, sum: Sum) {
        *self.roots.entry(feed).or_default() ^= sum;
    }

    /// An operation as it is kept.
    pub(super) fn operation(&mut self, name: &str, read: Result<Kept, StorageError>) {
        self.checked.operations += 1;
        match read {
            Ok(kept) if *blake3::hash(kept.body.as_bytes()).as_bytes() == kept.answered.hash => {}
            Ok(_) => self.checked.found(What::Hash, format!("operation {name}"), "its text is not that of its hash"),
            Err(error) => self.checked.found(What::Row, format!("operation {name}"), error.to_string()),
        }
    }

    /// Everything was told.
    pub(super) fn end(self) -> Checked {
        let Self { mut checked, buckets, roots } = self;
        let wrong = |sum: &Sum| *sum != Sum::default();
        for ((feed, kind, bucket), _) in buckets.into_iter().filter(|(_, sum)| wrong(sum)) {
            checked.found(
                What::Sum,
                format!("feed {feed}"),
                format!("the records of kind {kind} in bucket {bucket:02x}"),
            );
        }
        for (feed, _) in roots.into_iter().filter(|(_, sum)| wrong(sum)) {
            checked.found(What::Sum, format!("feed {feed}"), "all its records");
        }
        checked
    }
}

/// An operation from its columns.
pub(super) fn operation(seq: i64, hash: &[u8], outcome: &str, body: String) -> Result<Kept, StorageError> {
    Ok(Kept { answered: columns::answered(seq, hash, outcome)?, body })
}
