//! Rows on their way: read from either database into the same values, summed, and bound as columns.

use super::tables::{Column, Form};
use crate::storage::StorageError;
use sqlx::{
    Postgres, Row, Sqlite,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A count.
    Count(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// A UUID.
    Id(Option<Uuid>),
    /// Yes or no.
    Yes(Option<bool>),
}

impl Cell {
    /// The value of a column that SQLite gives.
    pub fn of_sqlite(row: &SqliteRow, at: usize, form: Form) -> Result<Self, StorageError> {
        Ok(match form {
            Form::Count => Self::Count(row.try_get(at)?),
            // PostgreSQL keeps no NUL in a text.
            Form::Text => Self::Text(row.try_get::<Option<String>, _>(at)?.map(|text| text.replace('\0', ""))),
            Form::Bytes => Self::Bytes(row.try_get(at)?),
            Form::Id => Self::Id(row.try_get::<Option<&str>, _>(at)?.map(id).transpose()?),
            Form::Yes => Self::Yes(row.try_get::<Option<i64>, _>(at)?.map(|kept| kept != 0)),
        })
    }

    /// The value of a column that PostgreSQL gives.
    pub fn of_postgres(row: &PgRow, at: usize, form: Form) -> Result<Self, StorageError> {
        Ok(match form {
            Form::Count => Self::Count(row.try_get(at)?),
            Form::Text => Self::Text(row.try_get(at)?),
            Form::Bytes => Self::Bytes(row.try_get(at)?),
            Form::Id => Self::Id(row.try_get(at)?),
            Form::Yes => Self::Yes(row.try_get(at)?),
        })
    }

    /// Binds it as a column of SQLite.
    pub fn bind_sqlite<'q>(self, query: Query<'q, Sqlite, SqliteArguments>) -> Query<'q, Sqlite, SqliteArguments> {
        match self {
            Self::Count(count) => query.bind(count),
            Self::Text(text) => query.bind(text),
            Self::Bytes(bytes) => query.bind(bytes),
            Self::Id(id) => query.bind(id.map(|id| id.to_string())),
            Self::Yes(yes) => query.bind(yes.map(i64::from)),
        }
    }

    /// Bytes it takes, about.
    fn size(&self) -> usize {
        match self {
            Self::Text(Some(text)) => text.len(),
            Self::Bytes(Some(bytes)) => bytes.len(),
            _ => 16,
        }
    }

    fn hash(&self, into: &mut blake3::Hasher) {
        let mut part = |tag: u8, bytes: &[u8]| {
            into.update(&[tag]);
            into.update(&(bytes.len() as u64).to_le_bytes());
            into.update(bytes);
        };
        match self {
            Self::Count(Some(count)) => part(1, &count.to_le_bytes()),
            Self::Text(Some(text)) => part(2, text.as_bytes()),
            Self::Bytes(Some(bytes)) => part(3, bytes),
            Self::Id(Some(id)) => part(4, id.as_bytes()),
            Self::Yes(Some(yes)) => part(5, &[u8::from(*yes)]),
            Self::Count(None) | Self::Text(None) | Self::Bytes(None) | Self::Id(None) | Self::Yes(None) => part(0, &[]),
        }
    }
}

fn id(text: &str) -> Result<Uuid, StorageError> {
    text.parse().map_err(|_| StorageError::Damaged(format!("id {text}")))
}

/// Rows that are moved at once.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl Rows {
    /// Adds a row.
    pub fn push(&mut self, row: Vec<Cell>) {
        self.bytes += row.iter().map(Cell::size).sum::<usize>();
        self.rows.push(row);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes they take, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Binds them, a column an array.
    pub fn bind<'q>(
        self,
        mut query: Query<'q, Postgres, PgArguments>,
        columns: &[Column],
    ) -> Query<'q, Postgres, PgArguments> {
        let mut rows: Vec<std::vec::IntoIter<Cell>> = self.rows.into_iter().map(Vec::into_iter).collect();
        for column in columns {
            let cells = rows.iter_mut().filter_map(Iterator::next);
            query = match column.form {
                Form::Count => {
                    query.bind(cells.map(|c| if let Cell::Count(v) = c { v } else { None }).collect::<Vec<_>>())
                }
                Form::Text => {
                    query.bind(cells.map(|c| if let Cell::Text(v) = c { v } else { None }).collect::<Vec<_>>())
                }
                Form::Bytes => {
                    query.bind(cells.map(|c| if let Cell::Bytes(v) = c { v } else { None }).collect::<Vec<_>>())
                }
                Form::Id => query.bind(cells.map(|c| if let Cell::Id(v) = c { v } else { None }).collect::<Vec<_>>()),
                Form::Yes => query.bind(cells.map(|c| if let Cell::Yes(v) = c { v } else { None }).collect::<Vec<_>>()),
            };
        }
        query
    }
}

/// What a table comes to, in whatever order its rows are read: how many, and the exclusive or of their hashes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    hashes: [u8; 32],
}

impl Sum {
    /// Takes a row in.
    pub fn add(&mut self, row: &[Cell]) {
        let mut hasher = blake3::Hasher::new();
        row.iter().for_each(|cell| cell.hash(&mut hasher));
        self.rows += 1;
        self.hashes.iter_mut().zip(hasher.finalize().as_bytes()).for_each(|(sum, byte)| *sum ^= byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    #[test]
    fn a_sum_tells_any_two_sets_of_rows_apart_and_not_their_order() {
        let sum = |rows: &[Vec<Cell>]| {
            let mut sum = Sum::default();
            rows.iter().for_each(|row| sum.add(row));
            sum
        };
        let text = |text: &str| Cell::Text(Some(text.to_owned()));
        let (a, b) = (vec![text("ab"), text("c")], vec![text("a"), text("bc")]);
        assert_eq!(sum(&[a.clone(), b.clone()]), sum(&[b.clone(), a.clone()]));
        assert_ne!(sum(from_ref(&a)), sum(from_ref(&b)));
        assert_ne!(sum(from_ref(&a)), sum(&[a.clone(), b]));
        assert_ne!(sum(&[vec![text("")]]), sum(&[vec![Cell::Text(None)]]));
    }
}
