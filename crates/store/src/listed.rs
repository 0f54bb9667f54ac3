//! The order of a long list, kept and brought up to date as things are written.
//!
//! A page by `LIMIT … OFFSET` counts everything and passes over all that stands before it, so that the middle of 100,000
//! rows costs as much as half of them, every time. Here the ids are put in order once for each question, and a page is a
//! slice of them. When little was written since, only that is looked at again. Owns no rule of any list.

use crate::{Result, record::parse_id, touched::Touched};
use doorstep_domain::id::RecordId;
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};
use std::{
    cmp::Ordering,
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Questions whose order is kept: a list, and what looks something up beside it. 100,000 ids are 1.6 MB.
const QUESTIONS_MAX: usize = 4;
/// Most rows that are looked at one by one. Each takes a dozen looks at its neighbours.
const ROWS_MAX: usize = 16;

/// What a list asks.
pub(crate) struct Question {
    /// What tells it from others.
    pub(crate) name: String,
    /// All ids in order: one row, parted by commas, or `NULL`.
    pub(crate) all: QueryBuilder<Sqlite>,
    /// How it is brought up to date; `None` where rows may come and go that were not written themselves.
    pub(crate) follows: Option<Follows>,
}

/// How an order by a customer's `place` is brought up to date.
pub(crate) struct Follows {
    /// Of the rows that come as JSON, the ids of those that belong to the list.
    pub(crate) belonging: Box<dyn Fn(String) -> QueryBuilder<Sqlite> + Send + Sync>,
}

/// Orders that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    touched: Touched,
    kept: Mutex<VecDeque<Arc<Kept>>>,
}

/// Who asks while it is read waits for it instead of reading it as well; who asks something else does not.
#[derive(Debug, Default)]
struct Kept {
    name: String,
    order: tokio::sync::Mutex<Option<Order>>,
}

#[derive(Debug, Clone)]
struct Order {
    /// The last change that is in it.
    change: u64,
    ids: Arc<[RecordId]>,
}

impl Listed {
    /// What was written.
    pub(crate) fn touched(&self) -> &Touched {
        &self.touched
    }

    fn kept(&self, name: &str) -> Arc<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|one| one.name == name).and_then(|at| kept.remove(at));
        let found = found.unwrap_or_else(|| Arc::new(Kept { name: name.to_owned(), order: Default::default() }));
        kept.truncate(QUESTIONS_MAX - 1);
        kept.push_front(Arc::clone(&found));
        found
    }

    /// The ids that answer a question, in its order.
    pub(crate) async fn order(
        &self,
        connection: &mut SqliteConnection,
        mut question: Question,
    ) -> Result<Arc<[RecordId]>> {
        let kept = self.kept(&question.name);
        let mut order = kept.order.lock().await;
        // Before reading: what is written meanwhile may or may not be in it.
        let (change, _) = self.touched.now();
        let known = match order.as_ref() {
            Some(known) if known.change == change => return Ok(Arc::clone(&known.ids)),
            Some(known) => self.brought_up(connection, known, &question).await?,
            None => None,
        };
        let known = match known {
            Some(known) => known,
            None => {
                let joined: Option<String> = question.all.build_query_scalar().fetch_one(&mut *connection).await?;
                let ids = joined.iter().flat_map(|ids| ids.split(',')).map(parse_id).collect::<Result<_>>()?;
                Order { change, ids }
            }
        };
        let ids = Arc::clone(&known.ids);
        *order = Some(known);
        Ok(ids)
    }

    /// A known order with what was written since; `None` where that is too much, or not sure to be all there is.
    async fn brought_up(
        &self,
        connection: &mut SqliteConnection,
        known: &Order,
        question: &Question,
    ) -> Result<Option<Order>> {
        let Some(follows) = &question.follows else { return Ok(None) };
        let (change, is_quiet) = self.touched.now();
        let Some(rows) = self.touched.since(known.change, ROWS_MAX).filter(|_| is_quiet) else { return Ok(None) };
        // One moment for everything that is read.
        let mut reading = connection.begin().await?;
        let rows = serde_json::to_string(&rows)?;
        let written: Vec<(String, String)> = sqlx::query_as(WRITTEN).bind(&rows).fetch_all(&mut *reading).await?;
        if written.is_empty() {
            return Ok(Some(Order { change, ..known.clone() }));
        }
        let belonging: Vec<String> = (follows.belonging)(rows).build_query_scalar().fetch_all(&mut *reading).await?;
        let belonging: HashSet<String> = belonging.into_iter().collect();
        let gone: HashSet<RecordId> = written.iter().map(|(id, _)| parse_id(id)).collect::<Result<_>>()?;
        let mut ids: Vec<RecordId> = known.ids.iter().copied().filter(|id| !gone.contains(id)).collect();
        for (id, place) in written.iter().filter(|(id, _)| belonging.contains(id)) {
            let at = place_among(&mut reading, &ids, (place, id)).await?;
            ids.insert(at, parse_id(id)?);
        }
        // What was stored since may have been read, and would be out of its place.
        let is_all = self.touched.now() == (change, true);
        Ok(is_all.then(|| Order { change, ids: ids.into() }))
    }
}

/// The customers among rows, and where they stand.
const WRITTEN: &str = "\
SELECT id, ifnull(place, '') FROM record WHERE kind = 'customer' AND rowid IN (SELECT value FROM json_each(?))";

/// Where something goes among what is in order.
async fn place_among(reading: &mut SqliteConnection, ids: &[RecordId], new: (&str, &str)) -> Result<usize> {
    let (mut from, mut until) = (0, ids.len());
    while let Some(id) = ids.get(from + (until - from) / 2).filter(|_| from < until) {
        let middle = from + (until - from) / 2;
        let id = id.to_string();
        let place: String =
            sqlx::query_scalar("SELECT ifnull(place, '') FROM record WHERE kind = 'customer' AND id = ?")
                .bind(&id)
                .fetch_one(&mut *reading)
                .await?;
        match (place.as_str(), id.as_str()).cmp(&new) {
            Ordering::Less => from = middle + 1,
            _ => until = middle,
        }
    }
    Ok(from)
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
