//! Visits that lie before a customer: pulls do not touch what the customer reads.
//!
//! Entries of such a visit and of what belongs to it are put aside as they came, and applied in the transaction that
//! lets the visit go. The cursor moves meanwhile.

use crate::{Result, Store, Write};
use chrono::{DateTime, Utc};
use doorstep_domain::{Kind, id::RecordId};
use doorstep_wire::{Entry, EntryBody, Page};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

impl Store {
    /// Whether something that HQ sent waits until a visit is let go. Until then what is here may differ from HQ's.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn holds_back(&self) -> Result<bool> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM held_entry)").fetch_one(self.pool()).await?)
    }
}

impl Write<'_> {
    /// From now on pulls leave a visit, and what belongs to it, as they are.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn hold(&mut self, visit: RecordId) -> Result<()> {
        let sql = "INSERT INTO held_visit (id) VALUES (?) ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(visit.to_string()).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Lets a visit go: what came meanwhile is applied now.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn release(&mut self, now: DateTime<Utc>, visit: RecordId) -> Result<()> {
        let visit = visit.to_string();
        sqlx::query("DELETE FROM held_visit WHERE id = ?").bind(&visit).execute(&mut *self.tx).await?;
        let sql = "DELETE FROM held_entry WHERE visit_id = ? RETURNING feed, entry";
        let rows: Vec<(String, String)> = sqlx::query_as(sql).bind(&visit).fetch_all(&mut *self.tx).await?;
        let mut feeds: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for (feed, entry) in rows {
            feeds.entry(feed).or_default().push(serde_json::from_str(&entry)?);
        }
        for (feed, mut entries) in feeds {
            entries.sort_unstable_by_key(|entry| entry.position);
            self.apply(now, &Page { feed, entries, next: 0, more: false, end: 0, root: None }).await?;
        }
        Ok(())
    }

    /// A page without what waits; that is put aside.
    pub(super) async fn without_held<'p>(&mut self, page: &'p Page) -> Result<Cow<'p, Page>> {
        let held: Vec<String> = sqlx::query_scalar("SELECT id FROM held_visit").fetch_all(&mut *self.tx).await?;
        if held.is_empty() {
            return Ok(Cow::Borrowed(page));
        }
        let held: HashSet<String> = held.into_iter().collect();
        let Page { feed, next, more, end, root, .. } = page;
        let (feed, root) = (feed.clone(), *root);
        let mut rest = Page { feed, entries: Vec::new(), next: *next, more: *more, end: *end, root };
        for entry in &page.entries {
            match self.visit_of(entry).await?.filter(|visit| held.contains(visit)) {
                Some(visit) => self.put_aside(&page.feed, entry, &visit).await?,
                None => rest.entries.push(entry.clone()),
            }
        }
        Ok(Cow::Owned(rest))
    }

    /// The visit that an entry is about: by what it says, by what is here, or by what waits already.
    async fn visit_of(&mut self, entry: &Entry) -> Result<Option<String>> {
        if entry.kind == Kind::VISIT {
            return Ok(Some(entry.id.to_string()));
        }
        if let EntryBody::State(state) = &entry.body
            && let Some(visit) = state.doc.get("visit_id").and_then(|id| id.as_str())
        {
            return Ok(Some(visit.to_owned()));
        }
        let sql = "SELECT visit_id FROM held_entry WHERE kind = ?1 AND id = ?2 \
                   UNION ALL SELECT visit_id FROM record WHERE kind = ?1 AND id = ?2 AND visit_id IS NOT NULL LIMIT 1";
        let id = entry.id.to_string();
        Ok(sqlx::query_scalar(sql).bind(entry.kind.as_str()).bind(id).fetch_optional(&mut *self.tx).await?)
    }

    async fn put_aside(&mut self, feed: &str, entry: &Entry, visit: &str) -> Result<()> {
        let sql = "INSERT INTO held_entry (feed, kind, id, position, visit_id, entry) VALUES (?, ?, ?, ?, ?, ?) \
                   ON CONFLICT DO UPDATE SET position = excluded.position, visit_id = excluded.visit_id, \
                   entry = excluded.entry WHERE excluded.position > position";
        sqlx::query(sql)
            .bind(feed)
            .bind(entry.kind.as_str())
            .bind(entry.id.to_string())
            .bind(i64::try_from(entry.position).unwrap_or(i64::MAX))
            .bind(visit)
            .bind(serde_json::to_string(entry)?)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
