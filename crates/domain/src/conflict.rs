//! A conflict: two people changed the same field without seeing each other's value.
//!
//! HQ makes it, it travels like any record, and a person settles it with a reason. What it once held stays in its
//! trail. Pure: who writes what when is the caller's to say.

use crate::{
    Code, Doc, Refusal,
    id::{BranchId, DeviceId, EngineerId, RecordId, VisitId},
    merge::Version,
    noun::prelude::*,
    open::Open,
    record::{self, FIELD_BYTES_MAX, check_reason},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most earlier rounds that a conflict keeps; HQ's trail of operations has all of them.
pub const EARLIER_MAX: usize = 50;
/// The field that a laptop may write, and the only one.
pub const SETTLED: &str = "settled";

/// One side of a conflict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Side {
    /// The value; `null` when the field was cleared.
    pub value: Value,
    /// The laptop it came from; absent for HQ.
    pub device_id: Option<DeviceId>,
    /// The life of that laptop; 0 for HQ.
    pub incarnation: u32,
    /// Who wrote it.
    pub engineer_id: Option<EngineerId>,
    /// When it was written by the writer's own clock: for people, never for merging (invariant 4).
    pub written_at: Option<DateTime<Utc>>,
}

/// How a conflict was settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settlement {
    /// The engineer who settled it; absent for HQ.
    pub engineer_id: Option<EngineerId>,
    /// The account at HQ that settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why this value. Empty when nobody had to choose, because the two sides came to say the same.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The value that was chosen.
    pub value: Value,
}

/// What a conflict held before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    /// What stood.
    pub standing: Side,
    /// What lost.
    pub other: Side,
    /// How it was settled; absent when another life of the laptop wrote over the losing side.
    pub settled: Option<Settlement>,
}

/// A field with two values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Conflict {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Kind of the record in conflict.
    pub record_kind: String,
    /// The record in conflict.
    pub record_id: Option<RecordId>,
    /// The visit that the record is, or belongs to.
    pub visit_id: Option<VisitId>,
    /// Its field.
    pub field: String,
    /// What HQ accepted first and what stands.
    pub standing: Side,
    /// HQ's version of the field as it stands.
    pub standing_version: Version,
    /// What came later and did not see the other.
    pub other: Side,
    /// The other side is a proposal: it came for a visit that was sealed, and only an amendment can take it over.
    pub about_seal: bool,
    /// When it came up, by HQ's clock.
    pub raised_at: Option<DateTime<Utc>>,
    /// Set when it is settled.
    pub settled: Option<Settlement>,
    /// What it held before, oldest first.
    pub earlier: Vec<Earlier>,
}

/// Which side of a conflict is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// What HQ accepted first.
    Standing,
    /// What lost.
    Other,
}

/// Who wants to settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settler {
    /// Somebody at HQ.
    Hq,
    /// An engineer on a laptop.
    Engineer {
        /// The laptop.
        device: DeviceId,
        /// Who uses it.
        engineer: EngineerId,
        /// Whether they manage the branch.
        manager: bool,
    },
}

impl Side {
    /// Whether the same life of a laptop wrote both. HQ brings back what it lost, and nobody knows whose that was.
    fn is_of_the_life_of(&self, other: &Self) -> bool {
        self.device_id.is_some() && self.device_id == other.device_id && self.incarnation == other.incarnation
    }
}

impl Noun for Conflict {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Step,
        written_by: WrittenBy::HqBut(SETTLED),
        deletion: Deletion::Never,
        parents: &["record_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "record_id" "@record_kind" Names, "visit_id" "visit" Names, "standing.device_id" "" Everyones, "standing.engineer_id" "engineer" Everyones, "other.device_id" "" Everyones, "other.engineer_id" "engineer" Everyones, "settled.engineer_id" "engineer" Everyones, "earlier[].standing.device_id" "" Everyones, "earlier[].standing.engineer_id" "engineer" Everyones, "earlier[].other.device_id" "" Everyones, "earlier[].other.engineer_id" "engineer" Everyones, "earlier[].settled.engineer_id" "engineer" Everyones],
        search: Search::NOT,
        called: &[],
        open: Some(open_conflict),
        verbatim: Verbatim::Everything,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// A conflict is its branch's until it is settled. One that does not read is open: a newer version wrote it.
fn open_conflict(doc: &Doc) -> Option<Open> {
    let conflict = record::read::<Conflict>(doc).ok();
    let since = conflict.as_ref().and_then(|conflict| conflict.raised_at);
    let open = conflict.is_none_or(|conflict| conflict.is_open());
    let whose = doc.get("branch_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    open.then_some(Open { whose, since })
}

impl Conflict {
    /// The side that is chosen.
    #[must_use]
    pub fn side(&self, choice: Choice) -> &Side {
        match choice {
            Choice::Standing => &self.standing,
            Choice::Other => &self.other,
        }
    }

    /// Whether nobody has settled it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.settled.is_none()
    }

    /// Whether `who` may settle it: the author of either side, the branch's manager, HQ.
    #[must_use]
    pub fn may_settle(&self, who: Settler) -> bool {
        let Settler::Engineer { device, engineer, manager } = who else { return true };
        let own = |side: &Side| side.engineer_id == Some(engineer) || side.device_id == Some(device);
        manager || own(&self.standing) || own(&self.other)
    }

    /// Checks that `settlement` by `who` fits the conflict as it stands. Whether its author saw it so is for the
    /// caller to know.
    ///
    /// # Errors
    /// [`Code::OutOfScope`], [`Code::ConflictMoved`], or as [`check_reason`].
    pub fn check_settlement(&self, settlement: &Settlement, who: Settler) -> Result<(), Refusal> {
        let out = |why: &str| Refusal::new(Code::OutOfScope, why);
        if !self.may_settle(who) {
            return Err(out("only an author of either side, the branch's manager or HQ may settle it"));
        }
        if let Settler::Engineer { engineer, .. } = who
            && (settlement.engineer_id != Some(engineer) || settlement.account.is_some())
        {
            return Err(out("settled in another's name").on("engineer_id"));
        }
        check_reason(&settlement.reason, "reason")?;
        let moved = |why: &str| Refusal::new(Code::ConflictMoved, why);
        match () {
            () if !self.is_open() => Err(moved("it is settled already")),
            () if settlement.value != self.standing.value && settlement.value != self.other.value => {
                Err(moved("the value is neither side's"))
            }
            () => Ok(()),
        }
    }

    /// Takes in a value that lost against `standing`. A later one of the same life of a laptop replaces the losing
    /// side; anything else, as what nobody knows the author of, goes into the trail first, and a settled conflict opens
    /// again at `now`. Returns whether anything changed: the same operation come twice changes nothing.
    pub fn lose(&mut self, standing: Side, standing_version: Version, other: Side, now: DateTime<Utc>) -> bool {
        if self.other == other && (self.settled.is_some() || self.standing == standing) {
            return false;
        }
        if other.device_id.is_none() && self.earlier.iter().any(|round| round.other == other) {
            return false;
        }
        let same_writer = other.is_of_the_life_of(&self.other) && self.is_open();
        if !same_writer && (self.settled.is_some() || self.other.value != other.value) {
            self.put_by();
            self.raised_at = Some(now);
        }
        (self.standing, self.standing_version, self.other) = (standing, standing_version, other);
        true
    }

    /// Brings the standing side up to date. Where both sides say the same now, or the author of the losing side wrote
    /// what stands, nothing is left to choose, and the conflict is settled at `now`.
    pub fn follow(&mut self, standing: Side, standing_version: Version, now: DateTime<Utc>) {
        let met = standing.value == self.other.value || standing.is_of_the_life_of(&self.other);
        (self.standing, self.standing_version) = (standing, standing_version);
        if met {
            self.agree(self.standing.engineer_id, now);
        }
    }

    /// The author of the losing side has come to say what stands.
    pub fn agree(&mut self, engineer_id: Option<EngineerId>, at: DateTime<Utc>) {
        let value = self.standing.value.clone();
        self.settled = Some(Settlement { engineer_id, account: None, reason: String::new(), at, value });
    }

    fn put_by(&mut self) {
        let empty = Side::default();
        if self.standing == empty && self.other == empty {
            return;
        }
        let settled = self.settled.take();
        self.earlier.push(Earlier { standing: self.standing.clone(), other: self.other.clone(), settled });
        let bytes = |earlier: &[Earlier]| serde_json::to_vec(earlier).map_or(0, |json| json.len());
        while self.earlier.len() > EARLIER_MAX || bytes(&self.earlier) > FIELD_BYTES_MAX {
            self.earlier.remove(0);
        }
    }
}
