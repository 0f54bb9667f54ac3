//! Pages of PostgreSQL that are not what was written: its checksums find them, and HQ says so.

use super::{
    house::{House, clock, config, id},
    place::Place,
};
use doorstep_cluster::Cluster;
use doorstep_domain::{Code, Kind};
use doorstep_hq::{Config, Hq, serve::fault::Fault, storage::Database};
use doorstep_wire::limits::Limits;
use sqlx::{Connection, Executor, PgConnection, Row};
use std::{fs, path::Path};

async fn asked(address: &str, question: &'static str) -> String {
    let mut connection = PgConnection::connect(address).await.unwrap();
    let row = connection.fetch_one(question).await.unwrap();
    let answer = row.try_get(0).unwrap_or_default();
    connection.close().await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_page_on_postgresql_is_said_as_damage_and_named() {
    let cluster = Cluster::start(Path::new("/tmp"), &[]).unwrap();
    let address = cluster.address("postgres");
    let (folder, place, clock) = (tempfile::tempdir().unwrap(), Place::fresh().await, clock());
    let database: Database = address.parse().unwrap();
    let config = Config { database, ..config(&folder.path().join("hq"), Limits::default(), &clock) };
    let house = House::serve_config(folder, place, config, clock).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let ops: Vec<_> = (0..50).map(|_| laptop.customer(id(), "四川路桥")).collect();
    laptop.push(&ops).await.unwrap();
    assert_eq!(house.hq.check().await.unwrap().damage, [], "what is sound is not said to be damaged");
    let (folder, place, database, limits, clock) = house.stop().await;

    let file = asked(&address, "SELECT pg_relation_filepath('record')").await;
    let mut connection = PgConnection::connect(&address).await.unwrap();
    connection.execute("CHECKPOINT").await.unwrap();
    connection.close().await.unwrap();
    let file = cluster.data().join(file);
    let mut content = fs::read(&file).unwrap();
    for page in content.chunks_mut(8192) {
        let last = page.len() - 100;
        page[last] ^= 1;
    }
    fs::write(&file, content).unwrap();
    cluster.crash().unwrap();

    let data = folder.path().join("hq");
    let hq = Hq::find(Config { database, ..super::house::config(&data, limits, &clock) }).await.unwrap();
    let checked = hq.check().await.unwrap();
    assert!(checked.damage.iter().any(|damage| damage.place == "table record"), "{:?}", checked.damage);
    let error = hq.storage().records_of(&Kind::CUSTOMER).await.unwrap_err();
    let said = Fault::from(error);
    assert_eq!(said.code, Code::HqDamaged);
    hq.close().await.unwrap();
    drop(place);
}
