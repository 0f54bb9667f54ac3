//! Databases of an HQ that kept no sums yet. Those on PostgreSQL have had them from the beginning.

use super::{
    house::id,
    storage::{changes, counted, enrolled, put, record},
};
use doorstep_hq::storage::{Storage, sqlite::Sqlite};

#[tokio::test]
async fn a_database_from_before_there_were_sums_gets_them_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hq.sqlite");
    let storage = Sqlite::open(&path).await.unwrap();
    let number = enrolled(&storage).await;
    let records = (0..30).map(|_| record(id(), "branch:a", 1, &[("name", "甲".into())])).collect();
    put(&storage, changes(number, records)).await;
    let before = storage.tops(&["branch:a".to_owned()]).await.unwrap();
    for forget in [
        "UPDATE record SET hash_high = NULL, hash_low = NULL",
        "DELETE FROM digest",
        "UPDATE feed SET root_high = 0, root_low = 0",
    ] {
        sqlx::query(forget).execute(storage.pool()).await.unwrap();
    }
    storage.close().await.unwrap();
    let storage = Sqlite::open(&path).await.unwrap();
    assert_eq!(storage.tops(&["branch:a".to_owned()]).await.unwrap(), before);
    assert_eq!(storage.sums("branch:a").await.unwrap(), counted(&storage, "branch:a").await.1);
    storage.close().await.unwrap();
}
