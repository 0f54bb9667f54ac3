//! Who wrote operations, and what that lets them write.

use crate::storage::StoredRecord;
use doorstep_domain::{
    Feed,
    conflict::Settler,
    describe,
    id::{BranchId, DeviceId, EngineerId},
    merge::Writer,
    noun::Audience,
};

/// Who wrote operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// HQ: it may write every kind, in every branch.
    Hq,
    /// A laptop: it may write its own branch's records of the kinds that laptops write.
    Laptop {
        /// The laptop.
        device: DeviceId,
        /// Its life.
        incarnation: u32,
        /// Who uses it.
        engineer: EngineerId,
        /// Its branch.
        branch: BranchId,
    },
}

impl Author {
    /// It as the writer of fields.
    #[must_use]
    pub fn writer(&self) -> Writer {
        match *self {
            Self::Hq => Writer::HQ,
            Self::Laptop { device, incarnation, .. } => Writer { device, incarnation },
        }
    }

    /// The engineer; `None` for HQ.
    #[must_use]
    pub fn engineer(&self) -> Option<EngineerId> {
        match *self {
            Self::Hq => None,
            Self::Laptop { engineer, .. } => Some(engineer),
        }
    }

    /// It as one who settles conflicts; `manager` says whether its engineer manages the branch.
    pub(super) fn settler(&self, manager: bool) -> Settler {
        match *self {
            Self::Hq => Settler::Hq,
            Self::Laptop { device, engineer, .. } => Settler::Engineer { device, engineer, manager },
        }
    }

    /// The feeds that its laptop pulls, but for what everybody gets.
    pub(super) fn feeds(&self) -> Vec<String> {
        self.home().into_iter().chain(self.own()).collect()
    }

    /// The feed of their own, beside the branch's: what is nobody else's, and what was dispatched to them.
    fn own(&self) -> Option<String> {
        self.engineer().map(|engineer| Feed::Engineer(engineer.into()).to_string())
    }

    /// Whether a record is at home where this author reads and writes.
    pub(super) fn is_at_home(&self, record: &StoredRecord) -> bool {
        record.feed == self.home() || (record.feed.is_some() && record.feed == self.own())
    }

    /// The feed that a record is at home in, as its kind's audience says; what HQ alone has is in none. What names no branch
    /// or author stays where it is, or is its author's: nothing is lost, and nobody else sees it.
    pub(super) fn feed_of(&self, record: &StoredRecord) -> Option<String> {
        let named = || Feed::of(&record.key.kind, &record.doc).map(|feed| feed.to_string());
        match describe(&record.key.kind).audience {
            // Whom it names as its author is a word of the laptop's; who wrote it first is known.
            Audience::Author => record.feed.clone().or_else(|| self.own()).or_else(named),
            Audience::Branch | Audience::Everybody => named().or_else(|| record.feed.clone()).or_else(|| self.home()),
        }
    }

    /// The feed of their branch.
    pub(super) fn home(&self) -> Option<String> {
        match *self {
            Self::Hq => None,
            Self::Laptop { branch, .. } => Some(Feed::Branch(branch.into()).to_string()),
        }
    }
}
