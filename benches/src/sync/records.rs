//! Records as a visit leaves them: problems, each with what was done, of about 600 bytes.

use crate::search::seed;
use chrono::{DateTime, TimeDelta};
use doorstep_domain::{
    Doc,
    id::{BranchId, RecordId},
};
use fastrand::Rng;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// Problems that a visit has.
const A_VISIT: usize = 3;

/// New problems with ids of their own.
pub fn problems(rng: &mut Rng, count: usize, branch: &BranchId) -> Vec<(RecordId, Doc)> {
    let mut visit = id(rng);
    (0..count)
        .map(|n| {
            if n % A_VISIT == 0 {
                visit = id(rng);
            }
            let note = seed::note(rng);
            let half = note.char_indices().nth(note.chars().count() / 2).map_or(note.len(), |(at, _)| at);
            let (symptom, done) = note.split_at(half);
            let doc = json!({
                "branch_id": branch, "visit_id": visit, "symptom": symptom, "cause": seed::subject(rng),
                "explanation": seed::subject(rng), "action": done, "guidance": seed::subject(rng), "solved": "solved",
            });
            (id(rng), object(doc))
        })
        .collect()
}

/// An id as a laptop gives it: by the time, which goes on by a minute with each.
pub fn id(rng: &mut Rng) -> RecordId {
    static MINUTES: AtomicI64 = AtomicI64::new(0);
    let now =
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(MINUTES.fetch_add(1, Ordering::Relaxed));
    let mut random = [0; 10];
    rng.fill(&mut random);
    RecordId::new(now, random)
}

/// The fields of an object.
pub fn object(value: Value) -> Doc {
    if let Value::Object(doc) = value { doc } else { Doc::new() }
}
