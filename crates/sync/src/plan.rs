//! What an exchange has to do, from HQ's hello and where the laptop stands. Pure.

use crate::{Error, Result};
use doorstep_domain::id::RecordId;
use doorstep_wire::{HelloReply, PROTOCOL, PROTOCOL_MIN, limits::Limits};
use std::collections::BTreeMap;

/// Most feeds one laptop follows.
const FEEDS_MAX: usize = 64;
/// Least bytes of a push, whatever HQ announces: one record of usual size has to fit.
const BODY_BYTES_MIN: u32 = 64 * 1024;

/// Where the laptop stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last sequence it has given to an operation.
    pub last_seq: u64,
    /// The last sequence HQ has acknowledged to it.
    pub acked_seq: u64,
    /// Operations that wait.
    pub waiting: u64,
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
    /// The feeds to pull, in this order. All of them after a push, since what was pushed comes back.
    pub pull: Vec<Stretch>,
}

/// Plans an exchange.
///
/// # Errors
/// [`Error::Version`], [`Error::EpochChanged`], [`Error::Forked`], [`Error::Unfit`]: nothing may be exchanged then.
pub fn plan(reply: &HelloReply, standing: &Standing) -> Result<Plan> {
    if !(PROTOCOL_MIN..=PROTOCOL).contains(&reply.protocol) {
        return Err(Error::Version(reply.protocol));
    }
    if reply.site_epoch != standing.site_epoch {
        return Err(Error::EpochChanged("its epoch is another"));
    }
    if reply.acked_seq > standing.last_seq {
        return Err(Error::Forked);
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
        if from > end {
            return Err(Error::EpochChanged("a feed ends before the laptop's place in it"));
        }
        if push || from < end {
            pull.push(Stretch { feed: feed.clone(), from, end });
        }
    }
    Ok(Plan { limits: bounded(reply.limits), push, pull })
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

    const BRANCH: &str = "branch:01890000-0000-7000-8000-000000000001";

    fn reply(feeds: &[(&str, u64)]) -> HelloReply {
        HelloReply {
            protocol: PROTOCOL,
            site_epoch: 3,
            acked_seq: 5,
            clock: "2026-11-23T08:00:00Z".parse().unwrap(),
            limits: Limits::default(),
            feeds: feeds.iter().map(|(name, end)| ((*name).to_owned(), *end)).collect(),
            incarnation: 1,
            restored_from: None,
            next_key: None,
            branch_id: None,
            roots: BTreeMap::new(),
        }
    }

    fn standing() -> Standing {
        Standing { last_seq: 5, acked_seq: 5, waiting: 0, site_epoch: 3, cursors: BTreeMap::from([("all".into(), 10)]) }
    }

    fn refusal(reply: &HelloReply, standing: &Standing) -> Code {
        plan(reply, standing).unwrap_err().code()
    }

    #[test]
    fn nothing_new_on_either_side_is_nothing_to_do() {
        let plan = plan(&reply(&[("all", 10), (BRANCH, 0)]), &standing()).unwrap();
        assert!(!plan.push);
        assert_eq!(plan.pull, []);
    }

    #[test]
    fn feeds_that_grew_are_pulled_from_the_cursor() {
        let plan = plan(&reply(&[("all", 12), (BRANCH, 7)]), &standing()).unwrap();
        let stretch = |feed: &str, from, end| Stretch { feed: feed.into(), from, end };
        assert_eq!(plan.pull, [stretch("all", 10, 12), stretch(BRANCH, 0, 7)]);
    }

    #[test]
    fn after_a_push_every_feed_is_pulled() {
        let waiting = Standing { last_seq: 6, waiting: 1, ..standing() };
        assert_eq!(plan(&reply(&[("all", 10), (BRANCH, 0)]), &waiting).unwrap().pull.len(), 2);
    }

    #[test]
    fn a_feed_of_an_unknown_sort_is_left_alone() {
        let feeds = [("region:west", 9), ("branch:chengdu", 9), ("all ", 9)];
        assert_eq!(plan(&reply(&feeds), &standing()).unwrap().pull, []);
    }

    #[test]
    fn another_epoch_stops_the_exchange() {
        assert_eq!(refusal(&HelloReply { site_epoch: 4, ..reply(&[]) }, &standing()), Code::EpochChanged);
    }

    #[test]
    fn an_hq_that_lost_what_it_had_stops_the_exchange() {
        assert_eq!(refusal(&HelloReply { acked_seq: 4, ..reply(&[]) }, &standing()), Code::EpochChanged);
        assert_eq!(refusal(&reply(&[("all", 9)]), &standing()), Code::EpochChanged);
    }

    #[test]
    fn operations_this_store_never_wrote_mean_a_fork() {
        assert_eq!(refusal(&HelloReply { acked_seq: 6, ..reply(&[]) }, &standing()), Code::DeviceForked);
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
