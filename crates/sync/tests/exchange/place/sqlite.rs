//! Where HQ's records are: SQLite in HQ's data folder.

use doorstep_hq::storage::Database;

pub struct Place;

impl Place {
    pub async fn fresh() -> Self {
        Self
    }

    pub fn database(&self) -> Database {
        Database::Sqlite
    }
}
