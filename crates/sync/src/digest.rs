//! Whether this laptop has of each feed what HQ has, once it stands at the feed's end; what differs is fetched again, by
//! bucket (SYNC.md, "Digest"). The outbox is never touched.

use crate::{Error, Exchange, Result, Summary, Transport, opening::Opened, pull};
use doorstep_domain::Kind;
use doorstep_store::differing;
use doorstep_wire::{
    BucketAsk, BucketPage, Digest, DigestAsk,
    digest::{KINDS_MAX, Sum, bucket},
};
use std::collections::BTreeMap;

/// Buckets asked for at once.
const BUCKETS_AT_ONCE: usize = 16;

/// Compares the feeds that this laptop has taken to their end. `pulled` are the roots that came with the last pages; for
/// a feed that had nothing new, HQ's hello told it.
pub(crate) async fn compare<T: Transport>(
    exchange: &Exchange<'_, T>,
    opened: &Opened,
    pulled: BTreeMap<String, Option<Sum>>,
    summary: &mut Summary,
) -> Result<()> {
    let asleep = opened.reply.roots.iter().filter(|(feed, _)| !pulled.contains_key(*feed));
    let mut theirs: BTreeMap<&String, Sum> = asleep.map(|(feed, root)| (feed, *root)).collect();
    theirs.extend(pulled.iter().filter_map(|(feed, root)| Some((feed, (*root)?))));
    // What waits until a customer has answered differs from HQ's, and is to.
    if theirs.is_empty() || exchange.store.holds_back().await? {
        return Ok(());
    }
    let mut write = exchange.store.write().await?;
    if write.hash_missing().await? > 0 {
        write.commit().await?;
    } else {
        drop(write);
    }
    let ours = exchange.store.roots().await?;
    for (feed, root) in theirs {
        if ours.get(feed).copied().unwrap_or_default() != root {
            mend(exchange, opened, feed, summary).await?;
        }
    }
    Ok(())
}

/// Finds the buckets of a feed that differ, counts them anew here, and fetches those that differ still.
async fn mend<T: Transport>(
    exchange: &Exchange<'_, T>,
    opened: &Opened,
    feed: &str,
    summary: &mut Summary,
) -> Result<()> {
    let ask = DigestAsk { feed: feed.to_owned(), site_epoch: opened.identity.site_epoch };
    let theirs = exchange.attempt(|| exchange.hq.digest(&ask)).await?;
    check(&theirs)?;
    let kinds: Vec<Kind> = {
        let ours = exchange.store.sums(feed).await?;
        ours.into_keys().chain(theirs.buckets.keys().cloned()).collect()
    };
    for kind in kinds.into_iter().collect::<std::collections::BTreeSet<_>>() {
        let differ = |ours: &BTreeMap<Kind, BTreeMap<u8, Sum>>| differing(ours.get(&kind), theirs.buckets.get(&kind));
        let buckets = differ(&exchange.store.sums(feed).await?);
        if buckets.is_empty() {
            continue;
        }
        let mut write = exchange.store.write().await?;
        write.recount(&kind, &buckets).await?;
        write.commit().await?;
        let buckets = differ(&exchange.store.sums(feed).await?);
        for some in buckets.chunks(BUCKETS_AT_ONCE) {
            fetch(exchange, opened, feed, &kind, some, summary).await?;
        }
    }
    Ok(())
}

async fn fetch<T: Transport>(
    exchange: &Exchange<'_, T>,
    opened: &Opened,
    feed: &str,
    kind: &Kind,
    buckets: &[u8],
    summary: &mut Summary,
) -> Result<()> {
    let mut ask = BucketAsk {
        feed: feed.to_owned(),
        site_epoch: opened.identity.site_epoch,
        kind: kind.clone(),
        buckets: buckets.to_vec(),
        after: None,
    };
    loop {
        let page = exchange.attempt(|| exchange.hq.bucket(&ask)).await?;
        check_page(&ask, &page, opened.plan.limits.page_entries_max as usize)?;
        let mut write = exchange.store.write().await?;
        let mended = write.mend(exchange.surroundings.now(), &ask, &page).await?;
        write.commit().await?;
        summary.mended += mended.records + mended.left;
        tracing::warn!(feed, %kind, records = mended.records, left = mended.left, "mended what differed from HQ");
        match page.entries.last() {
            Some(last) if page.more => ask.after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

fn check(digest: &Digest) -> Result<()> {
    if digest.buckets.len() > KINDS_MAX || digest.buckets.keys().any(|kind| Kind::parse(kind.as_str()).is_err()) {
        return Err(Error::Unfit("sums of too many kinds, or of what is none"));
    }
    Ok(())
}

/// Records of the kind and buckets that were asked for, in the order of their ids.
fn check_page(ask: &BucketAsk, page: &BucketPage, entries_max: usize) -> Result<()> {
    if page.entries.len() > entries_max || (page.more && page.entries.is_empty()) {
        return Err(Error::Unfit("a page of buckets with too many entries, or none"));
    }
    let mut after = ask.after;
    for entry in &page.entries {
        if entry.kind != ask.kind || !ask.buckets.contains(&bucket(entry.id)) {
            return Err(Error::Unfit("a record of another kind or bucket"));
        }
        if after.is_some_and(|id| entry.id <= id) {
            return Err(Error::Unfit("records of a bucket are out of order"));
        }
        after = Some(entry.id);
        pull::check_entry(entry)?;
    }
    Ok(())
}
