//! Step 4: a page of a feed. SYNC.md, "Pull".

use super::{auth::Laptop, body::Received, fault::Fault};
use crate::{hq::Inner, storage::PageBounds};
use axum::{Json, extract::State};
use doorstep_domain::Code;
use doorstep_wire::{Page, Pull};
use std::sync::Arc;

/// `POST /v1/pull`
pub async fn pull(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Received(pull): Received<Pull>,
) -> Result<Json<Page>, Fault> {
    if !laptop.feeds().contains(&pull.feed) {
        return Err(Fault::new(Code::OutOfScope, "not a feed of this laptop"));
    }
    if pull.site_epoch != hq.storage.site().await?.epoch {
        return Err(Fault::new(Code::EpochChanged, "HQ has another epoch; say hello again"));
    }
    let bounds = PageBounds {
        entries_max: hq.limits.page_entries_max,
        bytes_max: hq.limits.page_bytes_max,
        fresh_until: pull.fresh_until,
    };
    let stretch = hq.storage.stretch(&pull.feed, pull.after, bounds).await?;
    let last = stretch.entries.last().map_or(pull.after, |entry| entry.position);
    // After a restore a feed's end lies beyond its last entry.
    let next = if stretch.more { last } else { last.max(stretch.end) };
    Ok(Json(Page {
        feed: pull.feed,
        entries: stretch.entries,
        next,
        more: stretch.more,
        end: stretch.end,
        root: stretch.root,
    }))
}
