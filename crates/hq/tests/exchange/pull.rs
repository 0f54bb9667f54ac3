//! Feeds: who may pull which, in pages, one entry for a record.

use super::house::{House, Laptop, accepted, id};
use doorstep_domain::{Code, Doc, Kind};
use doorstep_hq::storage::Key;
use doorstep_wire::{EntryBody, Op, Page, Pull, limits::Limits, path};
use serde_json::Value;
use std::collections::HashSet;

fn few(page_entries_max: u32) -> Limits {
    Limits { page_entries_max, ..Limits::default() }
}

/// Customers pushed on top of the one entry that the branch's feed begins with: the engineer.
async fn fill(laptop: &mut Laptop, customers: usize) {
    let ops: Vec<Op> = (0..customers).map(|n| laptop.customer(id(), &format!("客户{n}"))).collect();
    laptop.push(&ops).await.unwrap();
}

fn sizes(pages: &[Page]) -> Vec<usize> {
    pages.iter().map(|page| page.entries.len()).collect()
}

#[tokio::test]
async fn pages_hold_at_the_edges() {
    const N: usize = 4;
    // What the feed holds, with the pages it takes: n−1, n, n+1, 2n, 2n+1.
    let cases: [(usize, &[usize]); 5] =
        [(N - 1, &[3]), (N, &[4]), (N + 1, &[4, 1]), (2 * N, &[4, 4]), (2 * N + 1, &[4, 4, 1])];
    for (entries, expected) in cases {
        let house = House::open_with(few(4)).await;
        let mut laptop = house.laptop("CD", "张伟").await;
        fill(&mut laptop, entries - 1).await;
        let pages = laptop.pages(&laptop.branch()).await;
        assert_eq!(sizes(&pages), expected, "{entries} entries");
        assert!(pages.iter().all(|page| page.end == entries as u64));
        assert_eq!(pages.last().unwrap().next, entries as u64);
        let ids: HashSet<_> = pages.iter().flat_map(|p| &p.entries).map(|e| e.id).collect();
        assert_eq!(ids.len(), entries, "each once");
    }
}

#[tokio::test]
async fn an_empty_feed_and_one_of_a_single_entry_are_a_page_each() {
    let house = House::open_with(few(4)).await;
    let laptop = house.laptop("CD", "张伟").await;
    let engineer = format!("engineer:{}", laptop.enrolled.engineer_id);
    let page = laptop.page(&engineer, 0).await.unwrap();
    assert_eq!((page.entries.len(), page.next, page.more, page.end), (0, 0, false, 0));
    let page = laptop.page(&laptop.branch(), 0).await.unwrap();
    assert_eq!((page.entries.len(), page.next, page.more, page.end), (1, 1, false, 1));
    let page = laptop.page(&laptop.branch(), 1).await.unwrap();
    assert_eq!((page.entries.len(), page.next, page.more, page.end), (0, 1, false, 1));
}

#[tokio::test]
async fn a_page_ends_after_the_entry_that_takes_it_past_its_bytes() {
    let house = House::open_with(Limits { page_bytes_max: 1_000, ..Limits::default() }).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let branch = Value::from(laptop.enrolled.branch_id.to_string());
    let notes = Value::from("注".repeat(1_000));
    let ops: Vec<Op> = (0..3)
        .map(|n| {
            let name = Value::from(format!("客户{n}"));
            laptop.op(
                Kind::CUSTOMER,
                id(),
                &[("branch_id", branch.clone(), 0), ("name", name, 0), ("notes", notes.clone(), 0)],
            )
        })
        .collect();
    laptop.push(&ops).await.unwrap();
    assert_eq!(sizes(&laptop.pages(&laptop.branch()).await), [2, 1, 1], "never less than an entry, never much more");
}

#[tokio::test]
async fn a_record_has_one_entry_which_moves_to_the_end_when_it_changes() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (first, second) = (id(), id());
    let ops = [laptop.customer(first, "四川路桥"), laptop.customer(second, "中铁二局")];
    laptop.push(&ops).await.unwrap();
    let before = laptop.page(&laptop.branch(), 0).await.unwrap();
    let op = laptop.op(Kind::CUSTOMER, first, &[("phone", "028-1".into(), 0)]);
    let version = accepted(&laptop.push_one(&op).await);
    let after = laptop.page(&laptop.branch(), before.next).await.unwrap();
    assert_eq!(after.entries.len(), 1, "the change alone comes after the cursor");
    assert_eq!(after.entries[0].id, first);
    let EntryBody::State(state) = &after.entries[0].body else { panic!("left") };
    assert_eq!(state.version, version);
    assert_eq!(state.versions["phone"], version);
    assert!(state.versions["name"] < version);
    let whole: Vec<_> = laptop.page(&laptop.branch(), 0).await.unwrap().entries.into_iter().map(|e| e.id).collect();
    assert_eq!(whole[1..], [second, first], "and it is there once");
}

#[tokio::test]
async fn hello_names_the_feeds_and_their_ends() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    fill(&mut laptop, 2).await;
    let reply = laptop.hello().await.unwrap();
    let engineer = format!("engineer:{}", laptop.enrolled.engineer_id);
    assert_eq!(reply.feeds.len(), 3);
    assert_eq!((reply.feeds[&laptop.branch()], reply.feeds[&engineer]), (3, 0));
    assert_eq!(reply.feeds["all"], laptop.page("all", 0).await.unwrap().end);
    assert_eq!((reply.acked_seq, reply.clock, reply.site_epoch), (2, house.clock.now(), 1));
}

#[tokio::test]
async fn a_fresh_hq_hands_out_what_a_visit_needs() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let pages = laptop.pages("all").await;
    let kinds: Vec<&str> = pages.iter().flat_map(|p| &p.entries).map(|e| e.kind.as_str()).collect();
    let count = |kind: &str| kinds.iter().filter(|k| **k == kind).count();
    assert_eq!(count("company"), 1);
    assert_eq!(count("branch"), 4);
    assert!(count("product") >= 3);
    assert!(count("template") >= 6);
}

#[tokio::test]
async fn a_laptop_pulls_its_own_feeds_only() {
    let house = House::open().await;
    let (cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let colleague = house.laptop("CD", "李娜").await;
    let theirs = [nj.branch(), format!("engineer:{}", colleague.enrolled.engineer_id), "branch:".into(), String::new()];
    for feed in theirs {
        assert_eq!(cd.page(&feed, 0).await.unwrap_err().code, Code::OutOfScope, "{feed}");
    }
}

#[tokio::test]
async fn another_epoch_is_told_before_anything_is_pulled() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let pull = Pull { feed: "all".to_owned(), after: 0, site_epoch: 7, fresh_until: 0 };
    assert_eq!(laptop.post::<Page>(path::PULL, &pull).await.unwrap_err().code, Code::EpochChanged);
}

#[tokio::test]
async fn a_record_that_hq_hands_to_another_branch_leaves_the_old_feed() {
    let house = House::open().await;
    let (mut cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let customer = id();
    let op = cd.customer(customer, "四川路桥");
    cd.push_one(&op).await;
    let seen = cd.page(&cd.branch(), 0).await.unwrap().next;
    for (to, from) in [(&nj, &cd), (&cd, &nj), (&nj, &cd)] {
        let mut patch = Doc::new();
        patch.insert("branch_id".to_owned(), to.enrolled.branch_id.to_string().into());
        house.hq.write(vec![(Key::new(Kind::CUSTOMER, customer), patch)]).await.unwrap();
        assert_eq!(to.record(customer).await.unwrap()["name"], "四川路桥");
        assert!(from.record(customer).await.is_none());
    }
    let page = cd.page(&cd.branch(), seen).await.unwrap();
    assert_eq!(page.entries.len(), 1, "one entry, however often it went and came");
    assert_eq!(page.entries[0].body, EntryBody::Left);
}

#[tokio::test]
async fn a_position_beyond_the_end_gives_an_empty_page() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    for after in [1_000, u64::MAX] {
        let page = laptop.page(&laptop.branch(), after).await.unwrap();
        assert_eq!((page.entries.len(), page.next, page.more), (0, after, false));
    }
}

#[tokio::test]
async fn pages_travel_compressed_to_those_who_read_zstd() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let pull = Pull { feed: "all".to_owned(), after: 0, site_epoch: laptop.enrolled.site_epoch, fresh_until: 0 };
    let asked = reqwest::Client::new().post(format!("{}{}", house.base, path::PULL)).json(&pull);
    let answer = asked.bearer_auth(&laptop.enrolled.token).header("accept-encoding", "zstd").send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "zstd");
    let packed = answer.bytes().await.unwrap();
    let page: Page = serde_json::from_slice(&zstd::decode_all(packed.as_ref()).unwrap()).unwrap();
    assert_eq!(page, laptop.page("all", 0).await.unwrap());
}

#[tokio::test]
async fn a_message_without_records_is_small_or_refused() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    assert_eq!(laptop.page(&"x".repeat(70_000), 0).await.unwrap_err().code, Code::TooLarge);
}
