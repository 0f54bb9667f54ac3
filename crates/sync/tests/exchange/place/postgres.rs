//! Where HQ's records are: a PostgreSQL database of the test's own. A machine without PostgreSQL fails these tests.

use doorstep_cluster::Cluster;
use doorstep_hq::storage::Database;

pub struct Place(doorstep_cluster::Database<'static>);

impl Place {
    pub async fn fresh() -> Self {
        Self(Cluster::shared().unwrap().database(None).await.unwrap())
    }

    pub fn database(&self) -> Database {
        self.0.address().parse().unwrap()
    }
}
