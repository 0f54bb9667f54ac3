//! After HQ was restored from a backup: what it lost and this laptop has is offered to it, before anything else is
//! handed in or taken. Files that HQ no longer has wait to be sent again.
//!
//! Until all of that went through, the store remembers what was lost; offering twice is harmless.

use crate::{Exchange, Result, Transport, opening::Opened};
use doorstep_wire::{
    Lost, MissingAsk, Offer, Offered,
    offer::{MISSING_HASHES_MAX, OFFER_RECORDS_MAX},
};

/// Bytes of an offer around its records.
const ENVELOPE_BYTES: u32 = 1024;

/// Offers what HQ lost, if it lost anything.
pub(crate) async fn offer_lost<T: Transport>(exchange: &Exchange<'_, T>, opened: &Opened) -> Result<()> {
    let lost = exchange.store.lost_by_hq().await?;
    if lost.is_empty() {
        return Ok(());
    }
    records(exchange, opened, &lost).await?;
    files(exchange).await?;
    let mut write = exchange.store.write().await?;
    write.lost_was_offered().await?;
    Ok(write.commit().await?)
}

async fn records<T: Transport>(exchange: &Exchange<'_, T>, opened: &Opened, lost: &[Lost]) -> Result<()> {
    let bytes_max = (opened.plan.limits.body_bytes_max - ENVELOPE_BYTES) as usize;
    let mut after = None;
    loop {
        let records = exchange.store.lost_records(lost, after.as_ref(), OFFER_RECORDS_MAX, bytes_max).await?;
        let Some(last) = records.last() else { return Ok(()) };
        after = Some((last.kind.clone(), last.id));
        let records: Vec<Offered> = records.into_iter().filter(|r| !r.fields.is_empty()).collect();
        if records.is_empty() {
            continue;
        }
        let offer = Offer { site_epoch: opened.identity.site_epoch, records };
        let reply = exchange.attempt(|| exchange.hq.offer(&offer)).await?;
        tracing::info!(offered = offer.records.len(), taken = reply.taken, "offered what HQ lost");
        for refused in &reply.refused {
            tracing::warn!(kind = %refused.kind, code = ?refused.code, detail = refused.detail, "HQ did not take back");
        }
    }
}

async fn files<T: Transport>(exchange: &Exchange<'_, T>) -> Result<()> {
    let mut last = None;
    loop {
        let hashes = exchange.store.blobs_at_hq(last.as_deref(), MISSING_HASHES_MAX).await?;
        let Some(end) = hashes.last().cloned() else { return Ok(()) };
        last = Some(end);
        let ask = MissingAsk { hashes };
        let reply = exchange.attempt(|| exchange.hq.missing(&ask)).await?;
        let missing: Vec<String> = reply.missing.into_iter().filter(|hash| ask.hashes.contains(hash)).collect();
        let mut write = exchange.store.write().await?;
        write.blobs_lost(&missing).await?;
        write.commit().await?;
    }
}
