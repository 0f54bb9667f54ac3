//! Step 4 again, where a laptop's feed is not what HQ's is: the sums of a feed, and the records of some buckets. SYNC.md,
//! "Digest".

use super::{auth::Laptop, body::Received, fault::Fault};
use crate::{hq::Inner, storage::PageBounds};
use axum::{Json, extract::State};
use doorstep_domain::{Code, Kind};
use doorstep_wire::{BucketAsk, BucketPage, Digest, DigestAsk};
use std::sync::Arc;

/// `POST /v1/digest`
pub async fn digest(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Received(ask): Received<DigestAsk>,
) -> Result<Json<Digest>, Fault> {
    check(&hq, &laptop, &ask.feed, ask.site_epoch).await?;
    Ok(Json(hq.storage.sums(&ask.feed).await?))
}

/// `POST /v1/bucket`
pub async fn bucket(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Received(ask): Received<BucketAsk>,
) -> Result<Json<BucketPage>, Fault> {
    check(&hq, &laptop, &ask.feed, ask.site_epoch).await?;
    Kind::parse(ask.kind.as_str())?;
    let bounds =
        PageBounds { entries_max: hq.limits.page_entries_max, bytes_max: hq.limits.page_bytes_max, fresh_until: 0 };
    Ok(Json(hq.storage.bucket(&ask, bounds).await?))
}

/// As for a pull: a feed of the laptop, in HQ's epoch.
async fn check(hq: &Inner, laptop: &Laptop, feed: &str, site_epoch: u64) -> Result<(), Fault> {
    if !laptop.feeds().iter().any(|known| known == feed) {
        return Err(Fault::new(Code::OutOfScope, "not a feed of this laptop"));
    }
    if site_epoch != hq.storage.site().await?.epoch {
        return Err(Fault::new(Code::EpochChanged, "HQ has another epoch; say hello again"));
    }
    Ok(())
}
