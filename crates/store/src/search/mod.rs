//! Search over names, people, numbers and notes, and the filters of lists.
//!
//! Owns its own tables and nothing else; every change of a record passes through [`index`] in the same transaction.
//! Two ways in, since either alone is slow for the other's queries: overlapping pairs of characters as phrases for
//! Chinese, and keys by their beginning for pinyin, initials, Latin letters, digits and single characters. Hits
//! come ranked by class, and newest first within a class by row number, never by a score over all of them.

mod card;
mod grams;
mod hit;
mod keep;
mod query;
mod rank;
mod sound;
mod syllable;
#[cfg(test)]
mod tests;
mod typed;

pub use hit::{Hit, HitKind};
pub(crate) use keep::{index, remove, renew, take_in};
pub use query::QUERY_CHARS_MAX;

use crate::{Result, Store};
use hit::Found;
use query::{Asked, Query};
use rank::Rank;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use std::collections::HashSet;

/// Most hits of one search.
pub const HITS_MAX: u32 = 200;
/// Notes are looked at this many times deeper where the newest are of a few visits, since a visit counts once.
const NOTES_A_HIT: u32 = 4;

/// What the pair of tables for names is called, and that for notes.
const NAMES: (&str, &str) = ("search_name", "search_name_key");
const NOTES: (&str, &str) = ("search_note", "search_note_key");

impl Store {
    /// Finds customers, contacts, visits and notes in which every word of `typed` stands: at most `limit` hits
    /// ([`HITS_MAX`]). Names and numbers come before notes; among them those that are just that, then those that
    /// begin with it, then the rest, each the newest first. A visit's notes are one hit. What leads to no customer
    /// and no visit is left out.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn search(&self, typed: &str, limit: u32) -> Result<Vec<Hit>> {
        let Some(query) = Query::read(typed) else { return Ok(Vec::new()) };
        let limit = limit.min(HITS_MAX);
        let connection = &mut *self.searches().acquire().await?;
        let found = found(connection, &query, limit).await?;
        hit::shown(connection, &query, &found).await
    }

    /// Takes in what large pages left for later, some hundred records at a time, then merges the index's pieces, about
    /// a megabyte at a time; each step is a transaction of its own. Returns whether there is more to do. What was left
    /// for later is not found before; merging only makes search faster. For the start, and the end of a sync, until it
    /// returns `false`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn tend_search(&self) -> Result<bool> {
        let mut write = self.write().await?;
        let more = keep::catch_up(&mut write.tx).await? || keep::merge(&mut write.tx).await?;
        write.commit().await?;
        Ok(more)
    }
}

/// What matches. Few names are ranked as they are read. Of more the first are ranked by asking again, for beginnings and
/// then for whole names: what the first answer holds in part is cheap to ask for.
async fn found(connection: &mut SqliteConnection, query: &Query, limit: u32) -> Result<Vec<Found>> {
    let wanted = limit as usize;
    let named = candidates(connection, NAMES, &query.within(), limit).await?;
    let (mut all, mut seen) = (Vec::with_capacity(wanted), HashSet::new());
    if named.len() < wanted {
        all.extend(named.into_iter().map(|entry| Found::named(entry, None)));
        seen.extend(all.iter().map(Found::once));
    } else {
        let beginning = candidates(connection, NAMES, &query.beginning(), limit).await?;
        let exact = match beginning.len() {
            0 | 1 => Vec::new(),
            _ => candidates(connection, NAMES, &query.exact(), limit).await?,
        };
        for (rank, entries) in [(Rank::Exact, exact), (Rank::Beginning, beginning), (Rank::Within, named)] {
            let new = entries.into_iter().map(|entry| Found::named(entry, Some(rank)));
            all.extend(new.filter(|found| seen.insert(found.once())).take(wanted.saturating_sub(all.len())));
        }
    }
    for deeper in [1, NOTES_A_HIT] {
        if seen.len() == wanted {
            break;
        }
        let depth = limit.saturating_mul(deeper);
        let noted = candidates(connection, NOTES, &query.noted(), depth).await?;
        let end = noted.len() < depth as usize;
        for found in noted.into_iter().map(Found::noted) {
            if seen.len() < wanted && seen.insert(found.once()) {
                all.push(found);
            }
        }
        if end {
            break;
        }
    }
    Ok(all)
}

/// Entries that match, the newest first: kind and id of the record, kind and id of what it opens.
async fn candidates(
    connection: &mut SqliteConnection,
    tables: (&str, &str),
    asked: &Asked,
    limit: u32,
) -> Result<Vec<[String; 4]>> {
    let mut sql = QueryBuilder::new("SELECT e.kind, e.record_id, e.open_kind, e.open_id FROM ");
    push_matches(&mut sql, tables, asked, |sql| {
        sql.push(
            "CROSS JOIN search_entry e ON e.row = f.rowid \
             CROSS JOIN record o ON o.kind = e.open_kind AND o.id = e.open_id AND o.deleted = 0 ",
        );
    });
    sql.push(" ORDER BY f.rowid DESC LIMIT ").push_bind(limit);
    let rows: Vec<(String, String, String, String)> = sql.build_query_as().fetch_all(connection).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Appends the source `f` of matching rows, what `join` adds, and the condition that binds both tables.
fn push_matches(
    sql: &mut QueryBuilder<Sqlite>,
    (pairs, keys): (&str, &str),
    asked: &Asked,
    join: impl FnOnce(&mut QueryBuilder<Sqlite>),
) {
    let (first, expression, second) = match (&asked.pairs, &asked.keys) {
        (Some(expression), second) => (pairs, expression, second.as_ref()),
        (None, Some(expression)) => (keys, expression, None),
        (None, None) => (keys, &String::new(), None),
    };
    sql.push(first).push("(").push_bind(expression.clone()).push(") f ");
    join(sql);
    sql.push("WHERE true");
    if let Some(second) = second {
        sql.push(format!(" AND f.rowid IN (SELECT rowid FROM {keys}(")).push_bind(second.clone()).push("))");
    }
}

/// Appends a subquery that yields the ids of records of `kind` (`customer` or `visit`) that `typed` finds: customers
/// by their own name and numbers, and those of their contacts and installations; visits by subject, number and notes.
pub(crate) fn push_ids(sql: &mut QueryBuilder<Sqlite>, kind: &'static str, typed: &str) {
    let Some(query) = Query::read(typed) else {
        sql.push("SELECT NULL WHERE false");
        return;
    };
    let named = (NAMES, query.within());
    let noted = (kind == "visit").then(|| (NOTES, query.noted()));
    for (place, (tables, asked)) in std::iter::once(named).chain(noted).enumerate() {
        sql.push(if place > 0 { " UNION " } else { "" });
        sql.push("SELECT e.open_id FROM ");
        push_matches(sql, tables, &asked, |sql| {
            sql.push("CROSS JOIN search_entry e ON e.row = f.rowid ");
        });
        sql.push(" AND e.open_kind = ").push_bind(kind);
    }
}
