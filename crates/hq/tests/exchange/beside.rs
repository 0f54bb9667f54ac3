//! What only PostgreSQL does: changes of several branches run beside one another, and HQ's own alone.

use super::{house::id, place::Place};
use doorstep_domain::{Kind, id::RecordId};
use doorstep_hq::storage::{
    Key, Storage, StorageError, Turn,
    postgres::{Postgres, sql},
};
use sqlx::Row;
use std::sync::Arc;
use uuid::Uuid;

#[tokio::test]
async fn changes_of_different_homes_run_beside_one_another_and_hqs_own_alone() {
    let place = Place::fresh().await;
    let storage = Arc::new(place.open().await.unwrap());
    let key = Key::new(Kind::CUSTOMER, id());
    let mut one = storage.begin(Turn::Home("branch:a")).await.unwrap();
    let mut other = storage.begin(Turn::Home("branch:b")).await.unwrap();
    assert_eq!(one.reserve(2).await.unwrap() + 2, other.reserve(2).await.unwrap(), "neither waits, no block twice");
    assert!(one.records(std::slice::from_ref(&key)).await.unwrap().is_empty());
    let waiting = Arc::clone(&storage);
    let alone = tokio::spawn(async move { waiting.begin(Turn::Hq).await.unwrap().reserve(1).await.unwrap() });
    one.commit().await.unwrap();
    assert!(!alone.is_finished(), "HQ's own change began beside a laptop's");
    other.commit().await.unwrap();
    alone.await.unwrap();
}

/// The most rows that a step of a plan, as it was carried out, went through.
fn rows_most(plan: &[sqlx::postgres::PgRow]) -> u64 {
    let number = |text: &str, name: &str| -> Option<u64> {
        let (_, rest) = text.split_once(name)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let of_step = |line: &str| {
        let (_, actual) = line.split_once("actual ")?;
        Some(number(actual, "rows=")? * number(actual, "loops=")?)
    };
    plan.iter().filter_map(|row| of_step(row.get::<&str, _>(0))).max().unwrap()
}

/// A database with five thousand records in one feed, a hundred of them below one record.
async fn long(place: &Place) -> Postgres {
    let storage = place.open().await.unwrap();
    for fill in [
        "INSERT INTO record (kind, id, feed, version, doc, stamps, parent)
         SELECT 'customer', lpad(to_hex(n), 32, '0')::uuid, 'branch:a', n, '{}', '{}',
                lpad(to_hex(n % 50), 32, '0')::uuid::text
         FROM generate_series(1, 5000) n",
        "INSERT INTO entry SELECT feed, version, kind, id, false FROM record WHERE feed = 'branch:a'",
    ] {
        sqlx::query(fill).execute(storage.pool()).await.unwrap();
    }
    storage
}

fn explain(statement: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("EXPLAIN (ANALYZE, TIMING OFF) {statement}"))
}

#[tokio::test]
async fn a_page_of_a_long_feed_reads_that_page_alone() {
    let place = Place::fresh().await;
    let storage = long(&place).await;
    let asked = sqlx::query(explain(sql::STRETCH)).bind("branch:a").bind(10_i64).bind(101_i64);
    let plan = asked.bind(1_000_000_i64).bind(120_i32).bind(0_i64).fetch_all(storage.pool()).await.unwrap();
    assert_eq!(rows_most(&plan), 101);
}

#[tokio::test]
async fn what_hangs_on_a_record_is_found_without_reading_its_kind() {
    let place = Place::fresh().await;
    let storage = long(&place).await;
    let parents = vec![RecordId(Uuid::from_u128(7)).to_string()];
    let asked = sqlx::query(explain(sql::BELOW)).bind(parents).bind(vec!["customer"]);
    let plan = asked.fetch_all(storage.pool()).await.unwrap();
    assert_eq!(rows_most(&plan), 100);
    assert!(!plan.iter().any(|row| row.get::<&str, _>(0).contains("Removed by Filter")));
}

#[tokio::test]
async fn a_page_of_what_is_open_reads_that_page_alone() {
    let place = Place::fresh().await;
    let storage = place.open().await.unwrap();
    let fill = "INSERT INTO record (kind, id, feed, version, doc, stamps, open_for, open_since_ms)
         SELECT 'visit', lpad(to_hex(n), 32, '0')::uuid, 'branch:a', n, '{}', '{}',
                CASE WHEN n % 2 = 0 THEN lpad(to_hex(n % 50), 32, '0')::uuid::text END, CASE WHEN n % 2 = 0 THEN 0 END
         FROM generate_series(1, 5000) n";
    sqlx::query(fill).execute(storage.pool()).await.unwrap();
    let (whose, nobody) = (RecordId(Uuid::from_u128(8)).to_string(), Uuid::nil());
    let asked = sqlx::query(explain(sql::OPEN_OF)).bind("visit").bind(whose);
    let plan = asked.bind(i64::MIN).bind(nobody).bind(10_i64).fetch_all(storage.pool()).await.unwrap();
    assert_eq!(rows_most(&plan), 10);
    let asked = sqlx::query(explain(sql::OPEN_ALL)).bind("visit").bind(i64::MIN).bind(nobody);
    let plan = asked.bind(10_i64).fetch_all(storage.pool()).await.unwrap();
    assert_eq!(rows_most(&plan), 10);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_an_error_in_words() {
    let refused = Postgres::open("postgres://doorstep@localhost/hq?host=/nonexistent").await;
    assert!(matches!(refused, Err(StorageError::Away(_))));
}
