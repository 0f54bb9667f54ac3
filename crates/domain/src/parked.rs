//! What of a record this version cannot read: a newer one wrote it. It is kept as it came (invariant 6), shown as not
//! readable here, and never taken for something else.

use crate::{Doc, Noun};
use serde_json::Value;

/// The document as far as this version reads it. A field that does not read is as if it had never been set, so whoever
/// shows the noun says which those are ([`fields`]), and whoever changes or signs it reads it whole ([`crate::record::read`]).
#[must_use]
pub fn known<T: Noun>(doc: &Doc) -> T {
    T::deserialize(doc).unwrap_or_else(|_| {
        let mut known = doc.clone();
        known.retain(|field, value| reads::<T>(field, value));
        T::deserialize(&known).unwrap_or_default()
    })
}

/// The fields that do not read as those of `T`.
#[must_use]
pub fn fields<T: Noun>(doc: &Doc) -> Vec<String> {
    if T::deserialize(doc).is_ok() {
        return Vec::new();
    }
    doc.iter().filter(|(field, value)| !reads::<T>(field, value)).map(|(field, _)| field.clone()).collect()
}

/// Every field of a noun has a default, so each can be read alone.
fn reads<T: Noun>(field: &str, value: &Value) -> bool {
    T::deserialize(&Doc::from_iter([(field.to_owned(), value.clone())])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        customer::{Customer, Level},
        visit::{State, Visit, VisitKind},
    };
    use serde_json::json;

    fn doc(value: Value) -> Doc {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_a_newer_version_wrote_is_named_and_the_rest_is_read() {
        let newer = doc(json!({"name": "四川甲路桥", "level": "district", "phone": 5, "wechat": "x"}));
        assert_eq!(fields::<Customer>(&newer), ["level", "phone"]);
        let customer: Customer = known(&newer);
        assert_eq!(
            (customer.name.as_str(), customer.level, customer.phone.as_str()),
            ("四川甲路桥", Level::Company, "")
        );
        let newer = doc(json!({"kind": "remote", "subject": "远程", "progress": {"state": "travelling"}}));
        assert_eq!(fields::<Visit>(&newer), ["kind", "progress"]);
        let visit: Visit = known(&newer);
        assert_eq!(
            (visit.kind, visit.progress.state, visit.subject.as_str()),
            (VisitKind::Fault, State::Planned, "远程")
        );
    }

    #[test]
    fn a_field_that_this_version_does_not_know_is_no_hindrance() {
        let newer = doc(json!({"name": "四川甲路桥", "wechat": {"id": 1}}));
        assert_eq!(fields::<Customer>(&newer), Vec::<String>::new());
    }
}
