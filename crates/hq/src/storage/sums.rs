//! What a change does to the sums of feeds (SYNC.md, "Digest"). Pure: both databases read what stood before, ask here,
//! and add up what comes out, in the transaction of the change.

use super::{Changes, Key, Move, StorageError, StoredRecord};
use doorstep_domain::Kind;
use doorstep_wire::{
    Sum,
    digest::{self, Texts, bucket},
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A record before a change: its hash, and the feeds it stands in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Its hash; `None` for one that is new.
    pub hash: Option<Sum>,
    /// The feeds that have an entry of it which has not left.
    pub feeds: BTreeSet<String>,
}

/// What is to be added, by exclusive or, to the sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// To those of buckets: by feed, kind and bucket.
    pub buckets: BTreeMap<(String, Kind, u8), Sum>,
    /// To the roots of feeds.
    pub roots: BTreeMap<String, Sum>,
}

impl Added {
    fn add(&mut self, feed: &str, key: &Key, sum: Sum) {
        *self.buckets.entry((feed.to_owned(), key.kind.clone(), bucket(key.id))).or_default() ^= sum;
        *self.roots.entry(feed.to_owned()).or_default() ^= sum;
    }
}

/// The hash of a record as laptops get it.
///
/// # Errors
/// [`StorageError::Refused`] when it cannot be written as JSON.
pub fn hash(record: &StoredRecord) -> Result<Sum, StorageError> {
    Ok(written(record)?.sum)
}

/// A record as text, and its hash as laptops get it.
///
/// # Errors
/// As [`hash`].
pub fn written(record: &StoredRecord) -> Result<Texts, StorageError> {
    let StoredRecord { key, version, doc, stamps, .. } = record;
    Ok(digest::written(&key.kind, key.id, *version, doc, &stamps.versions())?)
}

/// The records that a change touches whose state before it has to be read.
#[must_use]
pub fn stood(changes: &Changes) -> BTreeSet<&Key> {
    let touched = changes.records.iter().map(|r| &r.key).chain(changes.moves.iter().map(|m| &m.key));
    touched.filter(|key| !changes.new.contains(key)).collect()
}

/// What a change adds, from how the records it touches stood before, the hashes of its records from now on, and their steps
/// between feeds.
#[must_use]
pub fn added(before: &HashMap<Key, Before>, now: &HashMap<&Key, Sum>, steps: &[Move]) -> Added {
    let mut moves: HashMap<&Key, Vec<&Move>> = HashMap::new();
    for step in steps {
        moves.entry(&step.key).or_default().push(step);
    }
    let mut added = Added::default();
    let touched: HashSet<&Key> = now.keys().chain(moves.keys()).copied().collect();
    for key in touched {
        let nothing = Before::default();
        let was = before.get(key).unwrap_or(&nothing);
        let mut feeds = was.feeds.clone();
        for step in moves.get(key).into_iter().flatten() {
            if step.gone {
                feeds.remove(&step.feed)
            } else {
                feeds.insert(step.feed.clone())
            };
        }
        for feed in &was.feeds {
            added.add(feed, key, was.hash.unwrap_or_default());
        }
        if let Some(hash) = now.get(key).copied().or(was.hash) {
            for feed in &feeds {
                added.add(feed, key, hash);
            }
        }
    }
    added.buckets.retain(|_, sum| *sum != Sum::default());
    added.roots.retain(|_, sum| *sum != Sum::default());
    added
}
