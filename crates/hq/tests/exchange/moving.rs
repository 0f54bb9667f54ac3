//! An HQ on SQLite moves to PostgreSQL, and its laptops notice nothing.

use super::{
    house::{House, accepted, clock, config, id},
    place::Place,
};
use doorstep_domain::Kind;
use doorstep_hq::{
    Config, Error, Hq,
    accounts::Role,
    moving::migrate,
    rights::By,
    storage::{
        Database,
        moving::{Form, MoveError, TABLES},
        sqlite::Sqlite,
    },
};
use doorstep_wire::{Op, Page, limits::Limits};
use serde_json::Value;
use sqlx::Row;
use std::{collections::BTreeSet, path::Path};

fn address(place: &Place) -> String {
    match place.database() {
        Database::Postgres(address) => address,
        Database::Sqlite => panic!("not on PostgreSQL"),
    }
}

async fn opened(data: &Path, database: Database) -> Result<Hq, Error> {
    Hq::open(Config { database, ..config(data, Limits::default(), &clock()) }).await
}

#[tokio::test]
async fn an_hq_moves_with_everything_and_its_laptops_go_on_where_they_were() {
    let limits = Limits::default();
    let old = House::serve(tempfile::tempdir().unwrap(), Place::bare().await, Database::Sqlite, limits, clock()).await;
    let (mut a, mut b) = (old.laptop("CD", "张伟").await, old.laptop("CD", "李娜").await);
    let (off, shared, photo) = (old.laptop("NJ", "王芳").await, id(), id());
    let ops: Vec<Op> = (0..1_200).map(|n| a.customer(id(), &format!("客户{n} \"引号\" 𠮷"))).collect();
    a.push(&ops).await.unwrap();
    let op = a.customer(shared, "四川路桥");
    let seen = accepted(&a.push_one(&op).await);
    let branch = Value::from(a.enrolled.branch_id.to_string());
    let fields = [("branch_id", branch, 0), ("hash", "ab".repeat(32).into(), 0), ("bytes", 3.into(), 0)];
    let op = a.op(Kind::ATTACHMENT, photo, &fields);
    a.push_one(&op).await;
    for laptop in [&mut a, &mut b] {
        let op = laptop.op(Kind::CUSTOMER, shared, &[("name", laptop.enrolled.device_code.clone().into(), seen)]);
        laptop.push_one(&op).await;
    }
    old.hq.revoke(By::Keeper, &off.enrolled.device_code).await.unwrap();
    old.hq.add_account("王芳", Role::Assistant, None).await.unwrap();
    let code = old.code("CD", "陈明").await;
    let before: Vec<Page> = a.pages(&a.branch()).await;
    let all: Vec<Page> = a.pages("all").await;
    let cursor = before.last().unwrap().next;
    let devices = old.hq.storage().devices().await.unwrap();
    let site = old.hq.storage().site().await.unwrap();
    let (folder, place, _, limits, clock) = old.stop().await;

    let data = folder.path().join("hq");
    let moved = migrate(&data, &address(&place)).await.unwrap();
    let rows = |table: &str| moved.iter().find(|m| m.table == table).unwrap().rows;
    assert_eq!((rows("device"), rows("account"), rows("site")), (4, 1, 1));
    assert!(rows("record") > 1_200 && rows("operation") > 1_200 && rows("audit") >= 1);

    let database = place.database();
    let new = House::serve(folder, place, database, limits, clock).await;
    assert_eq!(new.hq.storage().devices().await.unwrap(), devices);
    let now = new.hq.storage().site().await.unwrap();
    assert_eq!((now.epoch, now.version), (site.epoch, site.version));
    for laptop in [&mut a, &mut b] {
        laptop.base.clone_from(&new.base);
        assert_eq!(laptop.hello().await.unwrap().acked_seq, laptop.seq);
    }
    assert_eq!(a.pages(&a.branch()).await, before);
    assert_eq!(a.pages("all").await, all);
    assert_eq!(new.hq.storage().attachments_named(&"ab".repeat(32)).await.unwrap().len(), 1);
    let op = b.op(Kind::CUSTOMER, shared, &[("phone", "028-1".into(), 0)]);
    assert!(accepted(&b.push_one(&op).await) > site.version);
    let page = a.page(&a.branch(), cursor).await.unwrap();
    assert_eq!(page.entries.iter().map(|e| e.id).collect::<Vec<_>>(), [shared], "a's cursor goes on");
    assert_eq!(a.push(&ops[..3]).await.unwrap().acks.len(), 3, "what HQ had is answered and not taken again");
    let enrolled = super::enrolment::try_enrol(&new, &code).await.unwrap();
    assert!(devices.iter().all(|d| d.id != enrolled.device_id), "a code that was issued before still enrols");
    assert_eq!(enrolled.device_code, "A04");
}

#[tokio::test]
async fn an_hq_is_not_moved_over_another_and_does_not_begin_anew_where_it_was() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::bare().await);
    let nothing = migrate(folder.path(), &address(&place)).await;
    assert!(matches!(nothing, Err(Error::NothingToMove(_))));
    opened(folder.path(), Database::Sqlite).await.unwrap().close().await.unwrap();

    let taken = Place::fresh().await;
    let other = tempfile::tempdir().unwrap();
    opened(other.path(), taken.database()).await.unwrap().close().await.unwrap();
    let refused = migrate(folder.path(), &address(&taken)).await;
    assert!(matches!(refused, Err(Error::Moving(MoveError::NotEmpty(_)))));

    migrate(folder.path(), &address(&place)).await.unwrap();
    assert!(matches!(migrate(folder.path(), &address(&place)).await, Err(Error::MovedAway(_))));
    assert!(matches!(opened(folder.path(), Database::Sqlite).await, Err(Error::MovedAway(_))));
    opened(folder.path(), place.database()).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn an_hq_that_is_served_is_not_moved() {
    let house =
        House::serve(tempfile::tempdir().unwrap(), Place::bare().await, Database::Sqlite, Limits::default(), clock())
            .await;
    house.laptop("CD", "张伟").await.hello().await.unwrap();
    let refused = migrate(&house.folder.path().join("hq"), &address(&house.place)).await;
    assert!(matches!(refused, Err(Error::InUse(_))));
    house.laptop("CD", "李娜").await.hello().await.unwrap();
}

/// Whoever adds a table or a column to HQ adds it to what is moved.
#[tokio::test]
async fn every_table_and_column_of_both_databases_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Sqlite::open(&folder.path().join("hq.sqlite")).await.unwrap();
    let place = Place::fresh().await;
    let postgres = place.open().await.unwrap();
    let ours = "SELECT m.name AS t, c.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'";
    let theirs = "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns \
                  WHERE table_schema = 'public' AND table_name NOT LIKE '_sqlx%'";
    let mut on_sqlite = BTreeSet::new();
    for row in sqlx::query(ours).fetch_all(sqlite.pool()).await.unwrap() {
        on_sqlite.insert((row.get::<String, _>("t"), row.get::<String, _>("c")));
    }
    let mut on_postgres = BTreeSet::new();
    for row in sqlx::query(theirs).fetch_all(postgres.pool()).await.unwrap() {
        on_postgres.insert((row.get::<String, _>("t"), row.get::<String, _>("c")));
    }
    // What only one of them has: the single row's mark, and the count that is a sequence on the other.
    on_sqlite.retain(|(table, column)| table != "site" || !["only", "version"].contains(&column.as_str()));
    on_postgres.retain(|(table, column)| table != "site" || column != "single");
    let columns = |derived: bool| -> BTreeSet<(String, String)> {
        let each = TABLES.iter().flat_map(|t| t.columns.iter().map(move |c| (t, c)));
        each.filter(|(_, c)| derived || c.source == c.name)
            .map(|(t, c)| (t.name.to_owned(), c.name.to_owned()))
            .collect()
    };
    assert_eq!(on_sqlite, columns(false));
    assert_eq!(on_postgres, columns(true));
    assert!(TABLES.iter().any(|table| table.columns.iter().any(|column| column.form == Form::Yes)));
}
