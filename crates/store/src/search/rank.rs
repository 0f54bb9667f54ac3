//! How well a record matches, told by the record itself.
//!
//! Pure. Asking the index tells the same of many records, and costs more where there are few.

use super::{card::Card, grams::normalised, query::Query, sound};

/// How a record matches, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It is called just that.
    Exact,
    /// What it is called begins with that.
    Beginning,
    /// What was typed stands in what it is called, or somewhere else on it.
    Within,
    /// It stands in its running text.
    Noted,
}

impl Rank {
    /// How a record matches that is found by its names and numbers.
    pub(crate) fn of(query: &Query, card: &Card) -> Self {
        let typed = query.joined();
        let rank = |value: &str| match () {
            () if value == typed => Self::Exact,
            () if value.starts_with(typed) => Self::Beginning,
            () => Self::Within,
        };
        let called = card.called.iter().map(|value| rank(&normalised(value)));
        let spellings = card.spoken.iter().filter(|_| typed.is_ascii());
        let spelled = spellings.flat_map(|name| sound::spellings(&normalised(name))).map(|value| rank(&value));
        called.chain(spelled).min().unwrap_or(Self::Within)
    }
}
