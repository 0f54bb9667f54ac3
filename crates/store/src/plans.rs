//! How SQLite goes about statements that name what they are about: by its key, however many others there are.

use crate::{
    CustomerFilter, Folder, Store, StoreKey, Validity, VisitFilter,
    blob::records::SWEEP,
    customer::{Way, conditions, order, summary_sql},
    exchange::{
        apply::{CONFIRM_LEFT, KEEP_IN_SIGHT, KEEP_ONCE, STILL_PENDING, UNCOVER},
        digest::SET_HASHES,
        outbox::{ACCEPT, ANSWER, REST, SETTLE},
    },
    record::MERGED_INTO,
    visit,
};
use doorstep_domain::{
    customer::Level,
    id::{CustomerId, RecordId},
    visit::State,
};
use sqlx::{AssertSqlSafe, QueryBuilder, Row};

/// Indexes under whose keys stand as many rows as wait. Read once for each row of a batch, they make a push cost the square
/// of what waits.
const SHARED: [&str; 2] = ["outbox_by_state", "record_pending"];

async fn store(folder: &tempfile::TempDir) -> Store {
    let data = Folder::lock(&folder.path().join("data")).unwrap();
    Store::open(data, StoreKey::from_bytes([7; 32])).await.unwrap()
}

async fn plan(store: &Store, sql: &str) -> Vec<String> {
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = sqlx::query(explained).fetch_all(store.pool()).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_batch_or_a_page_names_is_looked_up_by_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for sql in [
        ACCEPT,
        ANSWER,
        SETTLE,
        REST,
        KEEP_IN_SIGHT,
        CONFIRM_LEFT,
        UNCOVER,
        KEEP_ONCE,
        STILL_PENDING,
        SET_HASHES,
        order::SET,
    ] {
        let plan = plan(&store, sql).await;
        assert!(plan.iter().any(|step| step.starts_with("SCAN")), "the names are read through: {plan:?}");
        let shared = |step: &String| SHARED.iter().any(|index| step.contains(index));
        let whole = |step: &String| step.starts_with("SCAN record") || step.starts_with("SCAN outbox");
        // A kind has as many rows as there are customers.
        let kind = |step: &String| step.starts_with("SEARCH record") && !step.contains("kind=? AND id=?");
        assert!(!plan.iter().any(|step| shared(step) || whole(step) || kind(step)), "{sql}\n{plan:#?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_file_or_belongs_to_a_customer_is_looked_up_by_what_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let parent = Some(CustomerId(RecordId(uuid::Uuid::nil())));
    let mut below = QueryBuilder::new("SELECT count(*)");
    conditions(&mut below, &CustomerFilter { parent, ..CustomerFilter::default() }, Way::Below);
    for (sql, index) in
        [(SWEEP, "attachment_by_hash"), (MERGED_INTO, "customer_merged"), (below.sql().as_str(), "customer_below")]
    {
        let plan = plan(&store, sql).await;
        assert!(plan.iter().any(|step| step.contains(&format!("{index} ("))), "{sql}\n{plan:#?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_put_in_order_from_its_index_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut customers = QueryBuilder::new("SELECT c.id");
    let levels = vec![Level::Group];
    let filter = CustomerFilter { levels, validity: Validity::Expired, ..CustomerFilter::default() };
    conditions(&mut customers, &filter, Way::Listed);
    let mut visits = QueryBuilder::new("SELECT v.id FROM record v");
    visit::conditions(&mut visits, &VisitFilter { states: vec![State::Sealed], ..VisitFilter::default() });
    for (sql, order, index) in [
        (customers.sql().as_str(), "c.place, c.id".to_owned(), "customer_listed"),
        (visits.sql().as_str(), format!("{} DESC, v.id DESC", visit::DUE), "visit_listed"),
    ] {
        let plan = plan(&store, &format!("{sql} ORDER BY {order}")).await;
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY")), "sorted: {plan:#?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_list_says_of_a_customer_is_looked_up_and_no_other_customer_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let plan = plan(&store, &summary_sql()).await;
    let passes = |step: &&String| step.starts_with("SCAN m") || step.contains("_listed") || step.ends_with("(kind=?)");
    let passing: Vec<_> = plan.iter().filter(passes).collect();
    assert!(passing.is_empty(), "{passing:#?} of {plan:#?}");
    store.close().await;
}
