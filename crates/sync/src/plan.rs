//! What an exchange has to do, from HQ's hello and where the laptop stands. Pure.

use crate::{Error, Result};
use doorstep_domain::id::RecordId;
use doorstep_wire::{HelloReply, Lost, PROTOCOL, PROTOCOL_MIN, floor, limits::Limits};
use std::collections::BTreeMap;

/// Most feeds one laptop follows.
const FEEDS_MAX: usize = 64;
/// Least bytes of a push, whatever HQ announces: one record of usual size has to fit.
const BODY_BYTES_MIN: u32 = 64 * 1024;

/// Where the laptop stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its incarnation.
    pub incarnation: u32,
    /// The last sequence it has given to an operation.
    pub last_seq: u64,
    /// The last sequence HQ has acknowledged to it.
    pub acked_seq: u64,
    /// Operations that wait.
    pub waiting: u64,
    /// Some of them come back by the engineer's own feed.
    pub own_waiting: bool,
    /// HQ's epoch as the laptop knows it.
    pub site_epoch: u64,
    /// How far it is in each feed; a feed that is not there begins at 0.
    pub cursors: BTreeMap<String, u64>,
}

/// A stretch of a feed to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The feed.
    pub feed: String,
    /// Entries after this position.
    pub from: u64,
    /// The feed's end when HQ said hello.
    pub end: u64,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The limits both sides hold to.
    pub limits: Limits,
    /// Whether operations wait.
    pub push: bool,
    /// The feeds to pull, in this order.
    pub pull: Vec<Stretch>,
    /// Feeds that the laptop has a place in and HQ hands to it no longer.
    pub leave: Vec<String>,
}

/// A new life of this store, to begin before anything else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLife {
    /// Its incarnation: newer than any that either side has met.
    pub incarnation: u32,
    /// HQ's epoch from then on.
    pub site_epoch: u64,
    /// What HQ lost, when it was restored from a backup.
    pub lost: Vec<Lost>,
}

impl NewLife {
    /// The life after every one that either side has met, in the epoch of HQ's hello.
    #[must_use]
    pub fn after(reply: &HelloReply, standing: &Standing) -> Self {
        let restored = reply.site_epoch > standing.site_epoch;
        let mut lost = if restored { reply.lost.clone() } else { Vec::new() };
        if restored && lost.is_empty() {
            // It does not say: anything may be.
            lost.push(Lost { from: 0, floor: floor(reply.site_epoch) });
        }
        Self {
            incarnation: reply.incarnation.max(standing.incarnation).saturating_add(1),
            site_epoch: reply.site_epoch,
            lost,
        }
    }
}

/// What follows from HQ's hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// To exchange.
    Exchange(Plan),
    /// To begin a new life and say hello again: this store is an old copy, or HQ was restored from a backup.
    BeginAnew(NewLife),
}

/// Plans an exchange.
///
/// # Errors
/// [`Error::Version`], [`Error::EpochChanged`], [`Error::Unfit`]: nothing may be exchanged then.
pub fn plan(reply: &HelloReply, standing: &Standing) -> Result<Next> {
    if !(PROTOCOL_MIN..=PROTOCOL).contains(&reply.protocol) {
        return Err(Error::Version(reply.protocol));
    }
    if reply.site_epoch < standing.site_epoch {
        return Err(Error::EpochChanged("its epoch is older than one this laptop has met"));
    }
    if reply.site_epoch > standing.site_epoch || reply.acked_seq > standing.last_seq {
        return Ok(Next::BeginAnew(NewLife::after(reply, standing)));
    }
    if reply.acked_seq < standing.acked_seq {
        return Err(Error::EpochChanged("it has lost operations that it acknowledged"));
    }
    if reply.feeds.len() > FEEDS_MAX {
        return Err(Error::Unfit("too many feeds"));
    }
    let push = standing.waiting > 0;
    let mut pull = Vec::new();
    for (feed, &end) in reply.feeds.iter().filter(|(feed, _)| is_feed(feed)) {
        let from = standing.cursors.get(feed).copied().unwrap_or(0);
        if from > end.max(floor(reply.site_epoch)) {
            return Err(Error::EpochChanged("a feed ends before the laptop's place in it"));
        }
        if from < end || (push && takes_pushes(feed, end, standing.own_waiting)) {
            pull.push(Stretch { feed: feed.clone(), from, end: end.max(from) });
        }
    }
    let leave = standing.cursors.keys().filter(|feed| is_feed(feed) && !reply.feeds.contains_key(*feed));
    let leave = if reply.feeds.is_empty() { Vec::new() } else { leave.cloned().collect() };
    Ok(Next::Exchange(Plan { limits: bounded(reply.limits), push, pull, leave }))
}

/// Whether a push of this laptop may come back by the feed: its branch's does, an engineer's where something of their own
/// waits or was dispatched before. What is for everyone, HQ writes.
fn takes_pushes(feed: &str, end: u64, own_waiting: bool) -> bool {
    feed.starts_with("branch:") || (feed.starts_with("engineer:") && (end > 0 || own_waiting))
}

/// HQ's limits, never above this version's own and never so low that nothing could be exchanged.
fn bounded(theirs: Limits) -> Limits {
    let ours = Limits::default();
    Limits {
        push_ops_max: theirs.push_ops_max.clamp(1, ours.push_ops_max),
        body_bytes_max: theirs.body_bytes_max.clamp(BODY_BYTES_MIN, ours.body_bytes_max),
        page_entries_max: theirs.page_entries_max.clamp(1, ours.page_entries_max),
        page_bytes_max: theirs.page_bytes_max.clamp(1, ours.page_bytes_max),
        chunk_bytes_max: theirs.chunk_bytes_max.clamp(1, ours.chunk_bytes_max),
    }
}

/// Whether this version knows what such a feed is. One of a newer HQ waits for a newer laptop.
fn is_feed(name: &str) -> bool {
    match name.split_once(':') {
        None => name == "all",
        Some(("branch" | "engineer", id)) => id.parse::<RecordId>().is_ok(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::Code;

    const FLOOR: u64 = 3 << 40;
    const BRANCH: &str = "branch:01890000-0000-7000-8000-000000000001";
    const ENGINEER: &str = "engineer:01890000-0000-7000-8000-000000000002";

    fn reply(feeds: &[(&str, u64)]) -> HelloReply {
        HelloReply {
            protocol: PROTOCOL,
            site_epoch: 3,
            acked_seq: 5,
            clock: "2026-11-23T08:00:00Z".parse().unwrap(),
            limits: Limits::default(),
            feeds: feeds.iter().map(|(name, end)| ((*name).to_owned(), *end)).collect(),
            incarnation: 2,
            lost: Vec::new(),
            next_key: None,
            next_address: None,
            branch_id: None,
            roots: BTreeMap::new(),
        }
    }

    fn standing() -> Standing {
        let cursors = BTreeMap::from([("all".into(), FLOOR + 10)]);
        Standing { incarnation: 2, last_seq: 5, acked_seq: 5, waiting: 0, own_waiting: false, site_epoch: 3, cursors }
    }

    fn exchange(reply: &HelloReply, standing: &Standing) -> Plan {
        match plan(reply, standing).unwrap() {
            Next::Exchange(plan) => plan,
            Next::BeginAnew(life) => panic!("{life:?}"),
        }
    }

    fn life(reply: &HelloReply, standing: &Standing) -> NewLife {
        match plan(reply, standing).unwrap() {
            Next::Exchange(plan) => panic!("{plan:?}"),
            Next::BeginAnew(life) => life,
        }
    }

    fn refusal(reply: &HelloReply, standing: &Standing) -> Code {
        plan(reply, standing).unwrap_err().code()
    }

    #[test]
    fn nothing_new_on_either_side_is_nothing_to_do() {
        let plan = exchange(&reply(&[("all", FLOOR + 10), (BRANCH, 0)]), &standing());
        assert!(!plan.push);
        assert_eq!((plan.pull, plan.leave), (vec![], vec![]));
    }

    #[test]
    fn feeds_that_grew_are_pulled_from_the_cursor() {
        let plan = exchange(&reply(&[("all", FLOOR + 12), (BRANCH, 7)]), &standing());
        let stretch = |feed: &str, from, end| Stretch { feed: feed.into(), from, end };
        assert_eq!(plan.pull, [stretch("all", FLOOR + 10, FLOOR + 12), stretch(BRANCH, 0, 7)]);
    }

    #[test]
    fn after_a_push_the_feeds_that_it_comes_back_by_are_pulled() {
        let waiting = Standing { last_seq: 6, waiting: 1, ..standing() };
        let pulled = |engineer: u64| {
            let feeds = [("all", FLOOR + 10), (BRANCH, 0), (ENGINEER, engineer)];
            let plan = exchange(&reply(&feeds), &waiting);
            plan.pull.into_iter().map(|stretch| stretch.feed).collect::<Vec<_>>()
        };
        assert_eq!(pulled(0), [BRANCH]);
        assert_eq!(pulled(FLOOR + 3), [BRANCH, ENGINEER]);
        let own = Standing { own_waiting: true, ..waiting };
        let plan = exchange(&reply(&[(BRANCH, 0), (ENGINEER, 0)]), &own);
        assert_eq!(plan.pull.iter().map(|stretch| stretch.feed.as_str()).collect::<Vec<_>>(), [BRANCH, ENGINEER]);
    }

    #[test]
    fn a_feed_of_an_unknown_sort_is_left_alone() {
        let feeds = [("region:west", 9), ("branch:chengdu", 9), ("all ", 9), ("all", FLOOR + 10)];
        assert_eq!(exchange(&reply(&feeds), &standing()).pull, []);
        let mut follows = standing();
        follows.cursors.insert("region:west".into(), 3);
        assert_eq!(exchange(&reply(&[("all", FLOOR + 10)]), &follows).leave, Vec::<String>::new());
    }

    #[test]
    fn a_feed_that_hq_no_longer_hands_out_is_left() {
        let mut follows = standing();
        follows.cursors.insert(BRANCH.into(), 3);
        assert_eq!(exchange(&reply(&[("all", FLOOR + 10)]), &follows).leave, [BRANCH]);
        assert_eq!(exchange(&reply(&[]), &follows).leave, Vec::<String>::new(), "an HQ that lists none has a fault");
    }

    #[test]
    fn a_later_epoch_begins_a_new_life_and_says_what_was_lost() {
        let lost = vec![Lost { from: 20, floor: floor(2) }, Lost { from: floor(3) + 7, floor: floor(4) }];
        let restored = HelloReply { site_epoch: 4, lost: lost.clone(), acked_seq: 1, ..reply(&[]) };
        assert_eq!(life(&restored, &standing()), NewLife { incarnation: 3, site_epoch: 4, lost });
        let silent = HelloReply { lost: Vec::new(), ..restored.clone() };
        assert_eq!(life(&silent, &standing()).lost, [Lost { from: 0, floor: floor(4) }]);
        let younger = HelloReply { incarnation: 1, ..restored };
        assert_eq!(life(&younger, &standing()).incarnation, 3, "the backup has not met the newest life");
    }

    #[test]
    fn a_place_from_before_the_restore_goes_on() {
        let mut before = standing();
        before.cursors.insert("all".into(), 90);
        assert_eq!(exchange(&reply(&[("all", 40)]), &before).pull, [], "the feed has no entry since");
        assert_eq!(exchange(&reply(&[("all", FLOOR + 2)]), &before).pull.len(), 1);
    }

    #[test]
    fn an_older_epoch_stops_the_exchange() {
        assert_eq!(refusal(&HelloReply { site_epoch: 2, ..reply(&[]) }, &standing()), Code::EpochChanged);
    }

    #[test]
    fn an_hq_that_lost_what_it_had_without_a_new_epoch_stops_the_exchange() {
        assert_eq!(refusal(&HelloReply { acked_seq: 4, ..reply(&[]) }, &standing()), Code::EpochChanged);
        assert_eq!(refusal(&reply(&[("all", FLOOR + 9)]), &standing()), Code::EpochChanged);
    }

    #[test]
    fn operations_this_store_never_wrote_begin_a_new_life() {
        let more = HelloReply { acked_seq: 6, ..reply(&[]) };
        assert_eq!(life(&more, &standing()), NewLife { incarnation: 3, site_epoch: 3, lost: vec![] });
    }

    #[test]
    fn a_protocol_that_is_not_spoken_here_stops_the_exchange() {
        let newer = HelloReply { protocol: PROTOCOL + 1, ..reply(&[]) };
        assert_eq!(refusal(&newer, &standing()), Code::VersionUnsupported);
    }

    #[test]
    fn limits_of_hq_are_never_taken_above_ours_or_down_to_nothing() {
        let huge = Limits {
            push_ops_max: u32::MAX,
            body_bytes_max: u32::MAX,
            page_entries_max: u32::MAX,
            page_bytes_max: u32::MAX,
            chunk_bytes_max: u32::MAX,
        };
        assert_eq!(bounded(huge), Limits::default());
        let none =
            Limits { push_ops_max: 0, body_bytes_max: 0, page_entries_max: 0, page_bytes_max: 0, chunk_bytes_max: 0 };
        let least = bounded(none);
        assert!(least.push_ops_max > 0 && least.body_bytes_max > 0 && least.chunk_bytes_max > 0);
    }
}
