//! Chunks that nobody will complete: of uploads given up long ago, and those that came late, when another process had
//! put the attachment together already.

use super::{AttachmentError, Attachments};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use object_store::ObjectMeta;

/// How long chunks wait for the next one: longer than anybody is away.
const CHUNK_DAYS_MAX: i64 = 90;
/// How long they wait where the whole is here already: somebody may be showing that they have it too.
const CHUNK_DAYS_MAX_OF_WHOLE: i64 = 7;

impl Attachments {
    /// Removes such chunks, and answers how many.
    ///
    /// # Errors
    /// [`AttachmentError`] when the storage fails.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<usize, AttachmentError> {
        let chunks: Vec<ObjectMeta> = self.store.list(Some(&self.prefix.clone().join("chunk"))).try_collect().await?;
        let mut swept = 0;
        let mut checked = (String::new(), false);
        for chunk in chunks {
            let mut parts = chunk.location.parts().skip(self.prefix.parts().count() + 1);
            let Some(hash) = parts.next().map(|part| part.as_ref().to_owned()) else { continue };
            if checked.0 != hash {
                let _turn = self.lock(&hash).lock_owned().await;
                let is_whole = self.size(&self.whole(&hash)).await?.is_some();
                checked = (hash, is_whole);
            }
            let days_max = if checked.1 { CHUNK_DAYS_MAX_OF_WHOLE } else { CHUNK_DAYS_MAX };
            if now - chunk.last_modified > TimeDelta::days(days_max) {
                self.remove(&chunk.location).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
