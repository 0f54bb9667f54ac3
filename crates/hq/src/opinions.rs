//! What customers said (M43), for HQ and the manager: laptops seal it to HQ's key, and only here it opens.

use crate::{error::Error, hq::Hq, staff};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_domain::{
    Kind,
    id::{BranchId, EngineerId, VisitId},
    parked,
    visit::{Opinion, Satisfaction},
};
use serde::Serialize;

/// What a customer said, with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// The engineer.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// What was said; absent when it does not open, being sealed to another key.
    pub opinion: Option<Opinion>,
}

impl Hq {
    /// What customers said, of one branch (by code) or of all, oldest first.
    ///
    /// # Errors
    /// [`Error::NoBranch`], [`Error::Storage`].
    pub async fn opinions(&self, branch: Option<&str>) -> Result<Vec<Heard>, Error> {
        let only = match branch {
            Some(code) => Some(staff::branch(self, code).await?),
            None => None,
        };
        self.inner.storage.audit(self.inner.surroundings.now(), None, "opinions", branch.unwrap_or("all")).await?;
        let mut heard = Vec::new();
        for stored in self.inner.storage.records_of(&Kind::SATISFACTION).await? {
            let said: Satisfaction = parked::known(&stored.doc);
            if only.is_some() && said.branch_id != only {
                continue;
            }
            let sealed = STANDARD.decode(&said.sealed).unwrap_or_default();
            let opened = self.inner.recovery.open_box(&sealed);
            let opinion = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let Satisfaction { branch_id, engineer_id, visit_id, .. } = said;
            heard.push(Heard { branch_id, engineer_id, visit_id, opinion });
        }
        Ok(heard)
    }
}
