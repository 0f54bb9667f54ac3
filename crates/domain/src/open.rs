//! What somebody still has to do something about: conflicts that nobody has settled, visits that are not over.
//!
//! Lists of what is open read by this, so that no list decides for itself what "open" means.

use crate::{Doc, Kind, id::RecordId, noun::describe, record};
use chrono::{DateTime, Utc};

/// A record that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Whose it is: a conflict is its branch's, a visit its engineer's. Absent where nobody is named.
    pub whose: Option<RecordId>,
    /// Since when, where that is told.
    pub since: Option<DateTime<Utc>>,
}

/// Whether a record is open, and whose it is.
#[must_use]
pub fn open(kind: &Kind, doc: &Doc) -> Option<Open> {
    describe(kind).open.filter(|_| !record::is_deleted(doc))?(doc)
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
