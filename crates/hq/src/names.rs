//! Names of branches and engineers, for lists that people read.

use crate::{error::Error, hq::Hq, storage::Key};
use doorstep_domain::{
    Kind,
    id::{BranchId, EngineerId, RecordId},
    parked,
    staff::{Branch, Engineer},
};
use std::collections::{BTreeMap, BTreeSet};

/// Names that were looked up.
#[derive(Debug, Default)]
pub struct Names {
    branches: BTreeMap<RecordId, String>,
    engineers: BTreeMap<RecordId, String>,
}

impl Names {
    /// The codes of all branches, and the names of these engineers.
    pub(crate) async fn of(hq: &Hq, engineers: BTreeSet<EngineerId>) -> Result<Self, Error> {
        let mut names = Self::default();
        for stored in hq.inner.storage.records_of(&Kind::BRANCH).await? {
            names.branches.insert(stored.key.id, parked::known::<Branch>(&stored.doc).code);
        }
        let keys: Vec<Key> = engineers.into_iter().map(|id| Key::new(Kind::ENGINEER, id.into())).collect();
        for stored in hq.inner.storage.records(&keys).await? {
            names.engineers.insert(stored.key.id, parked::known::<Engineer>(&stored.doc).name);
        }
        Ok(names)
    }

    /// Code of a branch.
    #[must_use]
    pub fn branch(&self, id: BranchId) -> Option<String> {
        self.branches.get(&id.into()).cloned()
    }

    /// Name of an engineer.
    #[must_use]
    pub fn engineer(&self, id: EngineerId) -> Option<String> {
        self.engineers.get(&id.into()).cloned()
    }
}
