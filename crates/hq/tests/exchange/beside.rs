//! What only PostgreSQL does: changes of several branches run beside one another, and HQ's own alone.

use super::{house::id, place::Place};
use doorstep_domain::Kind;
use doorstep_hq::storage::{Key, Storage, Turn};
use std::sync::Arc;

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

#[tokio::test]
async fn an_address_that_leads_nowhere_is_an_error_in_words() {
    use doorstep_hq::storage::{StorageError, postgres::Postgres};
    let refused = Postgres::open("postgres://doorstep@localhost/hq?host=/nonexistent").await;
    assert!(matches!(refused, Err(StorageError::Database(_))));
}
