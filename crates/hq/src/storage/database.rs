//! Which database HQ keeps its records in.

use std::{fmt, str::FromStr};

/// Where HQ's records are.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in the data folder.
    #[default]
    Sqlite,
    /// PostgreSQL, at an address like `postgres://doorstep:secret@db.example.com/doorstep?sslmode=verify-full`.
    Postgres(String),
}

/// The address may hold a password: it is not shown.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "Sqlite",
            Self::Postgres(_) => "Postgres(…)",
        })
    }
}

/// Not an address of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address of a database: it begins with postgres://")]
pub struct NotAnAddress;

impl FromStr for Database {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        if is_postgres { Ok(Self::Postgres(text.to_owned())) } else { Err(NotAnAddress) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_its_password_never_shown() {
        let database: Database = "postgres://doorstep:secret@db/doorstep".parse().unwrap();
        assert!(matches!(database, Database::Postgres(_)));
        assert!(!format!("{database:?}").contains("secret"));
        for other in ["", "mysql://db", "hq.sqlite"] {
            assert_eq!(other.parse::<Database>(), Err(NotAnAddress));
        }
    }
}
