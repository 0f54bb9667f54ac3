//! The order of a long list, kept until something is written.
//!
//! A page by `LIMIT … OFFSET` counts everything and passes over all that stands before it, so that the middle of 100,000
//! rows costs as much as half of them, every time. Here the ids are put in order once for each question, and a page is a
//! slice of them. Owns no rule of any list.

use crate::{Result, record::parse_id};
use doorstep_domain::id::RecordId;
use sqlx::{QueryBuilder, Sqlite, SqlitePool};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

/// Questions whose order is kept: a list, and what looks something up beside it. 100,000 ids are 1.6 MB.
const QUESTIONS_MAX: usize = 4;

/// Orders that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    changes: AtomicU64,
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    question: String,
    changes: u64,
    ids: Arc<[RecordId]>,
}

impl Listed {
    /// Something was written: every order may be another.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// The ids that answer `question`, in the order that `sql` gives: one row with all of them, parted by commas, or `NULL`.
    pub(crate) async fn order(
        &self,
        pool: &SqlitePool,
        question: String,
        mut sql: QueryBuilder<Sqlite>,
    ) -> Result<Arc<[RecordId]>> {
        // Who comes while it is read waits for it instead of reading it as well.
        let mut kept = self.kept.lock().await;
        // Before reading: what is written meanwhile may or may not be in it.
        let changes = self.changes.load(Ordering::Acquire);
        kept.retain(|one| one.changes == changes);
        if let Some(one) = kept.iter().find(|one| one.question == question) {
            return Ok(Arc::clone(&one.ids));
        }
        let joined: Option<String> = sql.build_query_scalar().fetch_one(pool).await?;
        let ids: Arc<[RecordId]> = joined.iter().flat_map(|ids| ids.split(',')).map(parse_id).collect::<Result<_>>()?;
        kept.truncate(QUESTIONS_MAX - 1);
        kept.push_front(Kept { question, changes, ids: Arc::clone(&ids) });
        Ok(ids)
    }
}

/// The slice of `ids` that is a page, as JSON for `json_each`.
pub(crate) fn page(ids: &[RecordId], offset: u32, limit: u32) -> Result<String> {
    let from = ids.len().min(offset as usize);
    let until = ids.len().min(from.saturating_add(limit as usize));
    Ok(serde_json::to_string(ids.get(from..until).unwrap_or_default())?)
}

/// Where `id` stands among `ids`.
pub(crate) fn position(ids: &[RecordId], id: RecordId) -> Option<u64> {
    ids.iter().position(|one| *one == id).and_then(|at| u64::try_from(at).ok())
}
