//! Taking what is new, page by page. A page and its cursor are stored together, by the store (invariant 5).

use crate::{Error, Exchange, Result, Step, Stretch, Summary, Transport, opening::Opened};
use doorstep_domain::{Kind, record::FIELDS_MAX};
use doorstep_store::Applied;
use doorstep_wire::{Entry, EntryBody, Page, Pull, RecordState, digest::Sum, limits::Limits};
use std::collections::BTreeMap;

/// Pulls every stretch to the end of its feed; gives back the roots that came with their last pages.
pub(crate) async fn pull_all<T: Transport>(
    exchange: &Exchange<'_, T>,
    opened: &Opened,
    summary: &mut Summary,
) -> Result<BTreeMap<String, Option<Sum>>> {
    let stretches = &opened.plan.pull;
    exchange.enter(Step::Pull, stretches.iter().map(|s| s.end - s.from).sum());
    let mut roots = BTreeMap::new();
    for stretch in stretches {
        roots.insert(stretch.feed.clone(), pull(exchange, opened, stretch, summary).await?);
    }
    Ok(roots)
}

/// HQ reads the next page while this one is stored: on a fast line neither waits for the other, on a slow one storing
/// costs nothing. Nothing is asked beyond a page that has been checked.
async fn pull<T: Transport>(
    exchange: &Exchange<'_, T>,
    opened: &Opened,
    stretch: &Stretch,
    summary: &mut Summary,
) -> Result<Option<Sum>> {
    let mut ask = begin(exchange, opened, stretch).await?;
    let mut page = exchange.attempt(|| exchange.hq.pull(&ask)).await?;
    loop {
        check(&ask, &page, opened.plan.limits)?;
        let next = page.more.then(|| Pull { after: page.next, ..ask.clone() });
        let coming = async {
            let Some(next) = &next else { return Ok(None) };
            exchange.attempt(|| exchange.hq.pull(next)).await.map(Some)
        };
        let (applied, coming) = tokio::join!(biased; store(exchange, &page), coming);
        note(exchange, &ask, &page, applied?, summary);
        match (next, coming?) {
            (Some(next), Some(coming)) => (ask, page) = (next, coming),
            _ => return Ok(page.root),
        }
    }
}

/// What to ask for first.
async fn begin<T: Transport>(exchange: &Exchange<'_, T>, opened: &Opened, stretch: &Stretch) -> Result<Pull> {
    let mut write = exchange.store.write().await?;
    if stretch.from == 0 {
        write.begin_feed(&stretch.feed, stretch.end).await?;
    }
    let fresh_until = write.fresh_until(&stretch.feed).await?;
    write.commit().await?;
    let (feed, after) = (stretch.feed.clone(), stretch.from);
    Ok(Pull { feed, after, site_epoch: opened.identity.site_epoch, fresh_until })
}

/// A page and its cursor, in one transaction.
async fn store<T: Transport>(exchange: &Exchange<'_, T>, page: &Page) -> Result<Applied> {
    let mut write = exchange.store.write().await?;
    let applied = write.apply(exchange.surroundings.now(), page).await?;
    write.commit().await?;
    Ok(applied)
}

fn note<T: Transport>(exchange: &Exchange<'_, T>, ask: &Pull, page: &Page, applied: Applied, summary: &mut Summary) {
    summary.received += applied.records;
    summary.left += applied.left;
    exchange.progress.send_modify(|p| {
        p.done += page.next - ask.after;
        p.total = p.total.max(p.done + page.end.saturating_sub(page.next));
        p.received = summary.received;
    });
}

/// What a page must be before the store sees it: of the feed that was asked for, in order, ahead of the cursor, and
/// within limits. Kinds this version does not know are fine (invariant 6), kinds that are no kinds are not.
pub(crate) fn check(ask: &Pull, page: &Page, limits: Limits) -> Result<()> {
    if page.feed != ask.feed {
        return Err(Error::Unfit("a page of another feed"));
    }
    if page.entries.len() > limits.page_entries_max as usize {
        return Err(Error::Unfit("a page with too many entries"));
    }
    let mut position = ask.after;
    for entry in &page.entries {
        if entry.position <= position {
            return Err(Error::Unfit("entries of a page are out of order"));
        }
        position = entry.position;
        check_entry(entry)?;
    }
    if page.next < position || i64::try_from(page.next).is_err() {
        return Err(Error::Unfit("a page's cursor does not fit its entries"));
    }
    if page.more && page.next == ask.after {
        return Err(Error::Unfit("a page that promises more and does not move"));
    }
    Ok(())
}

pub(crate) fn check_entry(entry: &Entry) -> Result<()> {
    if Kind::parse(entry.kind.as_str()).is_err() {
        return Err(Error::Unfit("a kind that is none"));
    }
    match &entry.body {
        EntryBody::State(state) => check_state(state),
        EntryBody::Left => Ok(()),
    }
}

fn check_state(state: &RecordState) -> Result<()> {
    if state.doc.len() > FIELDS_MAX || state.versions.len() > FIELDS_MAX {
        return Err(Error::Unfit("a record with too many fields"));
    }
    if i64::try_from(state.version).is_err() || state.versions.values().any(|version| *version > state.version) {
        return Err(Error::Unfit("a version that cannot be"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::{Doc, id::RecordId};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn ask() -> Pull {
        Pull { feed: "all".into(), after: 10, site_epoch: 1, fresh_until: 0 }
    }

    fn entry(position: u64) -> Entry {
        let id = RecordId::new("2026-11-23T08:00:00Z".parse().unwrap(), [3; 10]);
        let state = RecordState {
            version: 4,
            doc: Doc::from_iter([("name".to_owned(), json!("周"))]),
            versions: BTreeMap::from([("name".to_owned(), 4)]),
        };
        Entry { position, kind: Kind::CUSTOMER, id, body: EntryBody::State(state) }
    }

    fn page(positions: &[u64], next: u64, more: bool) -> Page {
        Page {
            feed: "all".into(),
            entries: positions.iter().map(|p| entry(*p)).collect(),
            next,
            more,
            end: next,
            root: None,
        }
    }

    fn fits(page: &Page) -> bool {
        check(&ask(), page, Limits { page_entries_max: 3, ..Limits::default() }).is_ok()
    }

    #[test]
    fn pages_in_order_after_the_cursor_fit() {
        assert!(fits(&page(&[11, 12, 15], 15, true)));
        assert!(fits(&page(&[], 10, false)));
        assert!(fits(&page(&[], 12, true)), "places whose records moved on may leave an empty page");
    }

    #[test]
    fn a_page_of_another_feed_is_refused() {
        assert!(!fits(&Page { feed: "branch:x".into(), ..page(&[11], 11, false) }));
    }

    #[test]
    fn a_page_at_or_before_the_cursor_is_refused() {
        assert!(!fits(&page(&[10], 10, false)));
        assert!(!fits(&page(&[], 9, false)));
    }

    #[test]
    fn a_page_out_of_order_is_refused() {
        assert!(!fits(&page(&[12, 11], 12, false)));
        assert!(!fits(&page(&[11, 11], 12, false)));
    }

    #[test]
    fn a_cursor_before_the_last_entry_is_refused() {
        assert!(!fits(&page(&[11, 14], 13, false)));
    }

    #[test]
    fn a_page_that_would_be_asked_for_again_and_again_is_refused() {
        assert!(!fits(&page(&[], 10, true)));
    }

    #[test]
    fn a_page_over_the_limit_is_refused() {
        assert!(!fits(&page(&[11, 12, 13, 14], 14, false)));
    }

    #[test]
    fn a_record_over_the_limits_is_refused() {
        let mut wide = page(&[11], 11, false);
        let doc: Doc = (0..=FIELDS_MAX).map(|i| (format!("f{i}"), Value::Null)).collect();
        wide.entries[0].body = EntryBody::State(RecordState { version: 4, doc, versions: BTreeMap::new() });
        assert!(!fits(&wide));
        let mut late = page(&[11], 11, false);
        let versions = BTreeMap::from([("name".to_owned(), 5)]);
        late.entries[0].body = EntryBody::State(RecordState { version: 4, doc: Doc::new(), versions });
        assert!(!fits(&late), "a field newer than its record");
    }

    #[test]
    fn a_kind_that_is_none_is_refused_and_an_unknown_one_is_not() {
        let with_kind = |kind: &str| {
            let mut page = page(&[11], 11, false);
            page.entries[0].kind = serde_json::from_value(json!(kind)).unwrap();
            page
        };
        assert!(fits(&with_kind("never_a_kind")));
        assert!(!fits(&with_kind("DROP TABLE")));
        assert!(!fits(&with_kind("")));
    }
}
