//! A database of a test's own, copied from one that is made once.

use crate::{Cluster, Error};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::{
    PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// A fresh database; it may be taken away once this is dropped.
#[derive(Debug)]
pub struct Database<'c> {
    cluster: &'c Cluster,
    name: String,
}

impl Database<'_> {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        self.cluster.address(&self.name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        self.cluster.spent.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
}

impl Cluster {
    /// Makes a database: an empty one, or a copy of `template`, to which nobody may be connected.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn database(&self, template: Option<&str>) -> Result<Database<'_>, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("hq_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.address("postgres")).await?;
        let spent = std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner));
        for old in spent {
            connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {old} WITH (FORCE)"))).await?;
        }
        let template = template.unwrap_or("template0");
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"))).await?;
        connection.close().await?;
        Ok(Database { cluster: self, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_asker_has_a_database_alone_and_a_copy_holds_what_its_template_does() {
        let cluster = Cluster::shared().unwrap();
        let first = cluster.database(None).await.unwrap();
        let mut connection = PgConnection::connect(&first.address()).await.unwrap();
        connection.execute("CREATE TABLE here (x integer)").await.unwrap();
        connection.close().await.unwrap();
        for (template, expected) in [(None, false), (Some(first.name()), true)] {
            let other = cluster.database(template).await.unwrap();
            let mut connection = PgConnection::connect(&other.address()).await.unwrap();
            assert_eq!(connection.execute("SELECT x FROM here").await.is_ok(), expected);
            connection.close().await.unwrap();
        }
    }
}
