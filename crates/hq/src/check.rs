//! Whether what HQ has is still what was written: by its keeper's command, and in the background while HQ serves.

use crate::{
    attachments::Attachments,
    error::Error,
    hq::Hq,
    storage::{Checked, What},
};
use futures_util::TryStreamExt;

impl Hq {
    /// Looks at everything that can be computed anew: the structure of the database, records and operations against their
    /// hashes, feeds against their sums, people's and laptops' rows, attachments against their names. Beside a running server.
    ///
    /// # Errors
    /// [`Error::Storage`] and [`Error::Attachments`] when nothing can be looked at.
    pub async fn check(&self) -> Result<Checked, Error> {
        let mut checked = self.inner.storage.check().await?;
        let storage = &self.inner.storage;
        for (table, read) in [
            ("site", storage.site().await.map(|_| ())),
            ("device", storage.devices().await.map(|_| ())),
            ("account", storage.accounts().await.map(|_| ())),
            ("audit", storage.audited(i64::MAX, u32::MAX).await.map(|_| ())),
        ] {
            if let Err(error) = read {
                checked.stopped(table, &error);
            }
        }
        look_at(&self.inner.attachments, &mut checked).await?;
        Ok(checked)
    }

    /// The same while HQ serves: what is found is logged, and shows in the figures.
    ///
    /// # Errors
    /// As [`Hq::check`].
    pub async fn scrub(&self) -> Result<Checked, Error> {
        let checked = self.check().await?;
        for damage in &checked.damage {
            tracing::error!(place = damage.place, detail = damage.detail, "damaged");
        }
        self.inner.metrics.damaged(checked.damage.len());
        Ok(checked)
    }
}

async fn look_at(attachments: &Attachments, checked: &mut Checked) -> Result<(), Error> {
    let mut wholes = attachments.wholes();
    while let Some((hash, _)) = wholes.try_next().await? {
        checked.attachments += 1;
        if let Err(error) = attachments.verify(&hash).await {
            if !error.is_of_one() {
                return Err(error.into());
            }
            checked.found(What::File, attachments.name(&hash), crate::serve::fault::chain(&error));
        }
    }
    Ok(())
}
