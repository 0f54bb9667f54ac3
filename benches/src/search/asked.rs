//! What is searched for: parts of the texts themselves, drawn by seed, sorted by how often they stand in them.

use super::data::Texts;
use fastrand::Rng;

/// Queries of one kind and frequency.
pub const QUERIES: usize = 5;
/// Fewest hits of a frequent query, among a thousand customers or notes.
const FREQUENT_PER_MILLE: usize = 5;
/// Most hits of a rare query.
const RARE_MAX: usize = 20;
/// Parts drawn before a kind is given up.
const TRIES_MAX: usize = 4_000;

/// How often a query is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// In many records.
    Frequent,
    /// In one to twenty.
    Rare,
    /// In none.
    Never,
}

/// What kind of thing is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// So many Chinese characters.
    Characters(usize),
    /// Syllables joined.
    Pinyin,
    /// First letters of syllables.
    Initials,
    /// Digits of a telephone number.
    Phone,
}

impl Typed {
    /// Its name in the results.
    pub fn name(self) -> String {
        match self {
            Self::Characters(count) => format!("{count} characters"),
            Self::Pinyin => "pinyin".into(),
            Self::Initials => "initials".into(),
            Self::Phone => "phone".into(),
        }
    }

    /// A part of some text, as somebody might type it.
    fn draw(self, rng: &mut Rng, texts: &Texts, often: Often) -> Option<String> {
        let customer = &texts.customers[rng.usize(..texts.customers.len())];
        match self {
            Self::Characters(count) => {
                let notes = rng.bool();
                let text = if notes { &texts.notes[rng.usize(..texts.notes.len())] } else { &customer.name };
                part(rng, &text.chars().collect::<Vec<_>>(), count, count).filter(|p| p.chars().all(is_chinese))
            }
            Self::Pinyin => {
                let syllables: Vec<&str> = customer.syllables.iter().map(String::as_str).collect();
                let (from, to) = if often == Often::Frequent { (1, 3) } else { (3, 5) };
                part(rng, &syllables, from, to)
            }
            Self::Initials => {
                let letters: Vec<char> = customer.initials.chars().collect();
                let (from, to) = if often == Often::Frequent { (2, 3) } else { (5, 8) };
                part(rng, &letters, from, to)
            }
            Self::Phone => {
                let digits: Vec<char> = customer.phone.chars().collect();
                let (from, to) = if often == Often::Frequent { (3, 3) } else { (7, 11) };
                part(rng, &digits, from, to)
            }
        }
    }
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn part<T: std::fmt::Display>(rng: &mut Rng, pieces: &[T], from: usize, to: usize) -> Option<String> {
    let count = rng.usize(from..=to);
    let start = rng.usize(..=pieces.len().checked_sub(count)?);
    Some(pieces.get(start..start + count)?.iter().map(ToString::to_string).collect())
}

/// Queries of a kind and frequency. What is found nowhere is a rare part with its pieces in another order, so that
/// its pieces are as frequent as ever.
pub fn queries(rng: &mut Rng, texts: &Texts, typed: Typed, often: Often) -> Vec<String> {
    let frequent = (texts.customers.len() * FREQUENT_PER_MILLE / 1000).max(RARE_MAX + 1);
    let mut found: Vec<String> = Vec::new();
    for _ in 0..TRIES_MAX {
        if found.len() == QUERIES {
            break;
        }
        let Some(mut query) = typed.draw(rng, texts, often) else { continue };
        if often == Often::Never {
            let mut letters: Vec<char> = query.chars().collect();
            rng.shuffle(&mut letters);
            query = letters.into_iter().collect();
        }
        let hits = texts.count(&query, frequent);
        let fits = match often {
            Often::Frequent => hits >= frequent,
            Often::Rare => (1..=RARE_MAX).contains(&hits),
            Often::Never => hits == 0,
        };
        if fits && !found.contains(&query) {
            found.push(query);
        }
    }
    found
}
