//! Which rows of `record` each change touched, as SQLite itself tells it: no path past it, however a row is written.

use sqlx::{
    SqliteConnection,
    sqlite::{SqliteOperation, SqlitePoolOptions},
};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Most rows of one change that are noted one by one.
const ROWS_MAX: usize = 64;
/// Most changes that are remembered.
const CHANGES_MAX: usize = 64;

/// What one change touched.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rows {
    /// These, by their row ids.
    Few(BTreeSet<i64>),
    /// More than is noted, or rows that are gone.
    Many,
}

impl Default for Rows {
    fn default() -> Self {
        Self::Few(BTreeSet::new())
    }
}

#[derive(Debug, Default)]
struct Log {
    /// Changes that began to be stored, and those that are.
    begun: u64,
    done: u64,
    /// What the change that is not stored yet touched so far.
    pending: Rows,
    /// What the last ones touched, the last of them being number `done`.
    past: VecDeque<Rows>,
}

/// The changes of one store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched(Arc<Mutex<Log>>);

/// A change that is being stored.
#[must_use]
#[derive(Debug)]
pub(crate) struct Storing<'t>(&'t Touched);

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        self.0.stored();
    }
}

impl Touched {
    /// The pool whose connections note what they touch.
    pub(crate) fn noting(&self, pool: SqlitePoolOptions) -> SqlitePoolOptions {
        let touched = self.clone();
        pool.after_connect(move |connection: &mut SqliteConnection, _| {
            let touched = touched.clone();
            Box::pin(async move {
                connection.lock_handle().await?.set_update_hook(move |change| {
                    if change.table == "record" {
                        touched.note(change.rowid, matches!(change.operation, SqliteOperation::Delete));
                    }
                });
                Ok(())
            })
        })
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, row: i64, gone: bool) {
        let pending = &mut self.log().pending;
        if let Rows::Few(rows) = pending {
            rows.insert(row);
            if gone || rows.len() > ROWS_MAX {
                *pending = Rows::Many;
            }
        }
    }

    /// A change is about to be stored; it is, or may be, when what comes back is dropped. What one touched that was given up
    /// counts with the next: too much is no fault.
    pub(crate) fn storing(&self) -> Storing<'_> {
        self.log().begun += 1;
        Storing(self)
    }

    fn stored(&self) {
        let mut log = self.log();
        log.done = log.begun;
        let rows = std::mem::take(&mut log.pending);
        log.past.push_back(rows);
        if log.past.len() > CHANGES_MAX {
            log.past.pop_front();
        }
    }

    /// The number of the last change, and whether none is being stored right now.
    pub(crate) fn now(&self) -> (u64, bool) {
        let log = self.log();
        (log.done, log.begun == log.done)
    }

    /// The rows that changes after number `since` touched, where all of them are known and there are at most `rows_max`.
    pub(crate) fn since(&self, since: u64, rows_max: usize) -> Option<BTreeSet<i64>> {
        let log = self.log();
        let after = usize::try_from(log.done.checked_sub(since)?).ok()?;
        let first = log.past.len().checked_sub(after)?;
        let mut touched = BTreeSet::new();
        for rows in log.past.iter().skip(first) {
            let Rows::Few(rows) = rows else { return None };
            touched.extend(rows);
        }
        (touched.len() <= rows_max).then_some(touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_as_long_as_all_of_them_are_known() {
        let touched = Touched::default();
        let store = |rows: &[i64]| {
            rows.iter().for_each(|row| touched.note(*row, false));
            drop(touched.storing());
        };
        store(&[1, 2]);
        store(&[2, 3]);
        assert_eq!(touched.now(), (2, true));
        assert_eq!(touched.since(1, 10), Some(BTreeSet::from([2, 3])));
        assert_eq!(touched.since(0, 10), Some(BTreeSet::from([1, 2, 3])));
        assert_eq!(touched.since(0, 2), None, "more than is asked for");
        assert_eq!(touched.since(2, 10), Some(BTreeSet::new()));
        touched.note(4, true);
        let storing = touched.storing();
        assert_eq!(touched.now(), (2, false), "it may be stored already");
        drop(storing);
        assert_eq!(touched.since(2, 10), None, "a row is gone");
        (0..CHANGES_MAX as i64).for_each(|row| store(&[row % 3]));
        assert_eq!(touched.since(2, 1_000), None, "too long ago");
        assert_eq!(touched.since(3, 1_000), Some(BTreeSet::from([0, 1, 2])));
        store(&(0..=ROWS_MAX as i64).collect::<Vec<_>>());
        assert_eq!(touched.since(3 + CHANGES_MAX as u64, 1_000), None, "too many");
    }
}
