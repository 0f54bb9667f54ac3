//! What the database knows of attachments' bytes: which are here, which HQ has.

use crate::{Result, Store, Write};

/// An attachment whose bytes have to travel.
type Waiting = (String, u64);

impl Store {
    /// Files HQ does not have yet, small ones first, those after `last` in that order, at most `rows_max`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blobs_to_send(&self, last: Option<&Waiting>, rows_max: u32) -> Result<Vec<Waiting>> {
        // A record that was added while an exchange runs goes with the next one, and until then HQ takes no file for it.
        // Nor does it for one that it refused and never had.
        let sql = "SELECT hash, bytes FROM blob WHERE here = 1 AND at_hq = 0 AND (bytes, hash) > (?, ?) \
                   AND NOT EXISTS (SELECT 1 FROM record r JOIN outbox o ON o.kind = r.kind AND o.id = r.id \
                   WHERE r.kind = 'attachment' AND r.doc ->> '$.hash' = blob.hash AND o.state = 'waiting') \
                   AND (NOT EXISTS (SELECT 1 FROM record r JOIN outbox o ON o.kind = r.kind AND o.id = r.id \
                   WHERE r.kind = 'attachment' AND r.doc ->> '$.hash' = blob.hash AND o.state = 'refused' \
                   AND r.hq_version = 0) OR EXISTS (SELECT 1 FROM record r LEFT JOIN outbox o ON o.kind = r.kind \
                   AND o.id = r.id AND o.state = 'accepted' WHERE r.kind = 'attachment' \
                   AND r.doc ->> '$.hash' = blob.hash AND (r.hq_version > 0 OR o.seq IS NOT NULL))) \
                   ORDER BY bytes, hash LIMIT ?";
        self.waiting(sql, last, rows_max).await
    }

    /// The same for a bundle, where the records that still wait travel along.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blobs_to_carry(&self, last: Option<&Waiting>, rows_max: u32) -> Result<Vec<Waiting>> {
        let sql = "SELECT hash, bytes FROM blob WHERE here = 1 AND at_hq = 0 AND (bytes, hash) > (?, ?) \
                   ORDER BY bytes, hash LIMIT ?";
        self.waiting(sql, last, rows_max).await
    }

    /// Files that are not here yet, small ones first, those after `last` in that order, at most `rows_max`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blobs_to_fetch(&self, last: Option<&Waiting>, rows_max: u32) -> Result<Vec<Waiting>> {
        let sql = "SELECT hash, bytes FROM blob WHERE here = 0 AND (bytes, hash) > (?, ?) \
                   ORDER BY bytes, hash LIMIT ?";
        self.waiting(sql, last, rows_max).await
    }

    /// Files that are here and that HQ has confirmed, in the order of their hashes, those after `last`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blobs_at_hq(&self, last: Option<&str>, rows_max: usize) -> Result<Vec<String>> {
        let sql = "SELECT hash FROM blob WHERE here = 1 AND at_hq = 1 AND hash > ? ORDER BY hash LIMIT ?";
        let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
        Ok(sqlx::query_scalar(sql).bind(last.unwrap_or("")).bind(rows_max).fetch_all(self.pool()).await?)
    }

    async fn waiting(&self, sql: &'static str, last: Option<&Waiting>, rows_max: u32) -> Result<Vec<Waiting>> {
        let (hash, bytes) = last.map_or(("", -1), |(hash, bytes)| (hash, i64::try_from(*bytes).unwrap_or(i64::MAX)));
        let rows: Vec<(String, i64)> =
            sqlx::query_as(sql).bind(bytes).bind(hash).bind(rows_max).fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(hash, bytes)| (hash, u64::try_from(bytes).unwrap_or(0))).collect())
    }
}

impl Store {
    /// Takes files off this laptop that no record names any more, but for those that HQ does not have yet. Returns how
    /// many. They go in the turn of a write, in which nobody attaches one anew, and before their rows: whatever stops this,
    /// the next time finishes it.
    ///
    /// # Errors
    /// [`crate::Error::Database`], [`crate::Error::Folder`].
    pub async fn sweep_blobs(&self) -> Result<u64> {
        let mut write = self.write().await?;
        let idle: Vec<String> = sqlx::query_scalar(SWEEP).fetch_all(&mut *write.tx).await?;
        for hash in &idle {
            self.blobs().remove(hash)?;
        }
        write.commit().await?;
        Ok(idle.len() as u64)
    }
}

/// The `+` keeps the comparison from being one of texts, for which the index of what records name is of no use.
pub(crate) const SWEEP: &str = "\
DELETE FROM blob WHERE (at_hq = 1 OR here = 0)
AND NOT EXISTS (SELECT 1 FROM record WHERE kind = 'attachment' AND doc ->> '$.hash' = +blob.hash)
RETURNING hash";

impl Store {
    /// A file here is damaged. One that HQ has is taken away and fetched with the next sync; the only one stays, since a part
    /// of it may still be read. Returns whether it comes again.
    ///
    /// # Errors
    /// [`crate::Error::Database`], [`crate::Error::Folder`].
    pub async fn blob_damaged(&self, hash: &str) -> Result<bool> {
        let mut write = self.write().await?;
        let noted = sqlx::query("UPDATE blob SET here = 0 WHERE hash = ? AND at_hq = 1");
        let comes = noted.bind(hash).execute(&mut *write.tx).await?.rows_affected() > 0;
        if comes {
            self.blobs().remove(hash)?;
        }
        write.commit().await?;
        Ok(comes)
    }
}

impl Write<'_> {
    /// Notes that a file is here and has to go to HQ.
    ///
    /// # Errors
    /// [`crate::Error::Folder`] when it is not: it went with the same bytes of a record that left meanwhile, and has to be
    /// stored again. [`crate::Error::Database`].
    pub async fn blob_added(&mut self, hash: &str, bytes: u64) -> Result<()> {
        if !self.blobs.has(hash)? {
            return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        }
        let sql = "INSERT INTO blob (hash, bytes, here) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET here = 1";
        sqlx::query(sql).bind(hash).bind(i64::try_from(bytes).unwrap_or(i64::MAX)).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Notes that HQ has a file.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blob_sent(&mut self, hash: &str) -> Result<()> {
        sqlx::query("UPDATE blob SET at_hq = 1 WHERE hash = ?").bind(hash).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Notes that a file has come from HQ.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blob_fetched(&mut self, hash: &str) -> Result<()> {
        sqlx::query("UPDATE blob SET here = 1, at_hq = 1 WHERE hash = ?").bind(hash).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Notes that HQ no longer has these files, so that they go there again.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn blobs_lost(&mut self, hashes: &[String]) -> Result<()> {
        let sql = "UPDATE blob SET at_hq = 0 WHERE here = 1 AND hash IN (SELECT value FROM json_each(?))";
        sqlx::query(sql).bind(serde_json::to_string(hashes)?).execute(&mut *self.tx).await?;
        Ok(())
    }
}
