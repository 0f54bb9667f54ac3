//! Who wrote operations, and what that lets them write.

use doorstep_domain::{
    Feed,
    conflict::Settler,
    id::{BranchId, DeviceId, EngineerId},
    merge::Writer,
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
        let engineer = self.engineer().map(|engineer| Feed::Engineer(engineer.into()).to_string());
        self.home().into_iter().chain(engineer).collect()
    }

    /// The feed that takes what names no branch: nothing is lost, and another branch never sees it.
    pub(super) fn home(&self) -> Option<String> {
        match *self {
            Self::Hq => None,
            Self::Laptop { branch, .. } => Some(Feed::Branch(branch.into()).to_string()),
        }
    }
}
