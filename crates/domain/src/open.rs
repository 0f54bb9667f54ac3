//! What somebody still has to do something about: conflicts that nobody has settled, visits that are not over.
//!
//! Lists of what is open read by this, so that no list decides for itself what "open" means.

use crate::{Doc, Kind, conflict::Conflict, id::RecordId, record, visit::Visit};
use chrono::{DateTime, Utc};

/// A record that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Whose it is: a conflict is its branch's, a visit its engineer's. Absent where nobody is named.
    pub whose: Option<RecordId>,
    /// Since when, where that is told.
    pub since: Option<DateTime<Utc>>,
}

/// Whether a record is open. One that does not read is: a newer version wrote it, and to overlook it would be worse.
#[must_use]
pub fn open(kind: &Kind, doc: &Doc) -> Option<Open> {
    let whose = |field: &str| doc.get(field)?.as_str()?.parse().ok();
    if record::is_deleted(doc) {
        return None;
    }
    match kind.as_str() {
        "conflict" => {
            let conflict = record::read::<Conflict>(doc).ok();
            let since = conflict.as_ref().and_then(|conflict| conflict.raised_at);
            let open = conflict.is_none_or(|conflict| conflict.is_open());
            open.then(|| Open { whose: whose("branch_id"), since })
        }
        "visit" => {
            let open = record::read::<Visit>(doc).map_or(true, |visit| visit.is_open());
            open.then(|| Open { whose: whose("engineer_id"), since: None })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn doc(value: Value) -> Doc {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_conflict_is_open_until_it_is_settled_and_a_visit_until_it_is_over() {
        let (branch, engineer) = (RecordId(uuid::Uuid::from_u128(1)), RecordId(uuid::Uuid::from_u128(2)));
        let raised = json!({"branch_id": branch, "raised_at": "2026-11-23T09:00:00Z"});
        let found = open(&Kind::CONFLICT, &doc(raised.clone())).unwrap();
        assert_eq!((found.whose, found.since), (Some(branch), "2026-11-23T09:00:00Z".parse().ok()));
        let mut settled = doc(raised);
        settled.insert(
            "settled".to_owned(),
            json!({"engineer_id": null, "reason": "x", "at": "2026-11-23T09:00:00Z", "value": 1}),
        );
        assert_eq!(open(&Kind::CONFLICT, &settled), None);
        let visit = |state: &str| doc(json!({"engineer_id": engineer, "progress": {"state": state}}));
        assert_eq!(open(&Kind::VISIT, &visit("working")).unwrap().whose, Some(engineer));
        assert_eq!(open(&Kind::VISIT, &visit("sealed")), None);
        assert_eq!(open(&Kind::VISIT, &visit("cancelled")), None);
        assert!(open(&Kind::VISIT, &visit("a state of a newer version")).is_some());
        let mut deleted = visit("working");
        deleted.insert("deleted".to_owned(), true.into());
        assert_eq!(open(&Kind::VISIT, &deleted), None);
        assert_eq!(open(&Kind::CUSTOMER, &doc(json!({}))), None);
    }
}
