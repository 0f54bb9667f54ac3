//! What HQ itself changes: operations of the device `hq`, through the same merge, feeds and trail as everyone's.

use crate::{
    error::Error,
    hq::Hq,
    landing::{self, Arrived, Author, Batch},
    storage::{Key, Turn, Writing},
};
use doorstep_domain::{
    Doc, Refusal,
    id::{BranchId, EngineerId},
    merge::{Change, Version},
};
use doorstep_wire::{Op, Outcome};

/// The number of the device `hq`.
const HQ_NUMBER: i64 = 0;
/// HQ has one incarnation.
const HQ_INCARNATION: u32 = 1;
/// HQ writes knowing what stands: its changes never conflict.
const SEES_EVERYTHING: Version = Version::MAX;

impl Hq {
    /// Lays `patches` over the records with these keys (`null` clears a field), all of them or none.
    ///
    /// # Errors
    /// [`Error::Refused`] with the first rule that says no.
    pub async fn write(&self, patches: Vec<(Key, Doc)>) -> Result<(), Error> {
        self.write_having_seen(patches, SEES_EVERYTHING).await
    }

    /// The same, knowing the records as they were at a version: what rests on that is refused if they have changed.
    pub(crate) async fn write_having_seen(&self, patches: Vec<(Key, Doc)>, seen: Version) -> Result<(), Error> {
        if patches.is_empty() {
            return Ok(());
        }
        let mut writing = self.inner.storage.begin(Turn::Hq).await?;
        self.lay(writing.as_mut(), patches, seen).await?;
        Ok(writing.commit().await?)
    }

    /// Lays `patches`, and moves what is an engineer's alone to a branch: all of it or nothing.
    pub(crate) async fn write_and_move(
        &self,
        patches: Vec<(Key, Doc)>,
        engineer: EngineerId,
        branch: BranchId,
    ) -> Result<(), Error> {
        let mut writing = self.inner.storage.begin(Turn::Hq).await?;
        self.lay(writing.as_mut(), patches, SEES_EVERYTHING).await?;
        writing.move_laptops(engineer, branch).await?;
        Ok(writing.commit().await?)
    }

    async fn lay(&self, writing: &mut dyn Writing, patches: Vec<(Key, Doc)>, seen: Version) -> Result<(), Error> {
        let now = self.inner.surroundings.now();
        let mut seq = writing.standing(HQ_NUMBER, HQ_INCARNATION).await?.acked_seq;
        let mut ops = Vec::with_capacity(patches.len());
        for (Key { kind, id }, doc) in patches {
            seq += 1;
            let change = |value| Change { value, base: SEES_EVERYTHING };
            let fields = doc.into_iter().map(|(name, value)| (name, change(value))).collect();
            ops.push(Op { seq, kind, id, fields, seen, seen_visit: seen, at: now });
        }
        let ops = ops.iter().map(Arrived::new).collect::<Result<_, _>>()?;
        let batch = Batch { author: &Author::Hq, device: HQ_NUMBER, incarnation: HQ_INCARNATION, ops, now };
        for answer in landing::land(writing, batch).await? {
            if let Outcome::Refused { code, detail } = answer.outcome {
                return Err(Refusal::new(code, detail).into());
            }
        }
        Ok(())
    }
}
