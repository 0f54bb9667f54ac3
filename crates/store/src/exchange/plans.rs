//! How SQLite goes about the statements of an exchange.

use super::{
    apply::{CONFIRM_LEFT, KEEP_IN_SIGHT, STILL_PENDING, UNCOVER},
    digest::SET_HASHES,
    outbox::{ANSWER, REST, SETTLE},
};
use crate::{Folder, Store, StoreKey, customer::order};
use sqlx::{AssertSqlSafe, Row};

/// Indexes under whose keys stand as many rows as wait. Read once for each row of a batch, they make a push cost the square
/// of what waits.
const SHARED: [&str; 2] = ["outbox_by_state", "record_pending"];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_batch_or_a_page_names_is_looked_up_by_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Folder::lock(&folder.path().join("data")).unwrap(), StoreKey::from_bytes([7; 32])).await;
    let store = store.unwrap();
    for sql in [ANSWER, SETTLE, REST, KEEP_IN_SIGHT, CONFIRM_LEFT, UNCOVER, STILL_PENDING, SET_HASHES, order::SET] {
        let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explained).fetch_all(store.pool()).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().any(|step| step.starts_with("SCAN")), "the names are read through: {plan:?}");
        let shared = |step: &String| SHARED.iter().any(|index| step.contains(index));
        let whole = |step: &String| step.starts_with("SCAN record") || step.starts_with("SCAN outbox");
        // A kind has as many rows as there are customers.
        let kind = |step: &String| step.starts_with("SEARCH record") && !step.contains("kind=? AND id=?");
        assert!(!plan.iter().any(|step| shared(step) || whole(step) || kind(step)), "{sql}\n{plan:#?}");
    }
    store.close().await;
}
