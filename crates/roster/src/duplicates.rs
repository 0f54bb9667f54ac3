//! Rows that may be the same customer as another row or as one already known, by name, telephone and
//! dongle number. For a person to decide; nothing is merged here. Every look-up goes through a hash map,
//! so the work grows with the number of customers, not with its square.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::drafts::Draft;
use crate::path::{self, Level, PathPart};
use crate::phones;

/// Others listed for one row and one reason; who sees five knows enough.
const OTHERS_MAX: usize = 5;

/// A customer there already is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Known {
    /// Its id, given back as it is.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// Its level. A project office or section is the same only within the same unit.
    pub level: Option<Level>,
    /// Name of the unit above, if there is one.
    pub within: Option<String>,
    /// All its numbers, its contacts' too, however they are written.
    pub phones: Vec<String>,
    /// Dongle and licence numbers.
    pub dongles: Vec<String>,
}

/// Who a row may be the same as.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum With {
    /// A customer there already is.
    Known {
        /// Its id.
        id: String,
    },
    /// An earlier line of the same file.
    Line {
        /// That line, from 1.
        line: u32,
    },
}

/// What two customers have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The dongle or licence number.
    Dongle,
    /// The name, but for width, case, blanks and marks.
    Name,
    /// A telephone number.
    Phone,
    /// The name without words such as 有限公司 and 集团.
    SimilarName,
}

impl By {
    const ALL: [Self; 4] = [Self::Dongle, Self::Name, Self::Phone, Self::SimilarName];

    /// How much this reason weighs, of 100.
    #[must_use]
    pub fn score(self) -> u8 {
        match self {
            Self::Dongle => 100,
            Self::Name => 95,
            Self::Phone => 80,
            Self::SimilarName => 70,
        }
    }
}

/// A row that may be the same customer as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// The row's line, from 1.
    pub line: u32,
    /// The other.
    pub with: With,
    /// The strongest thing they have in common.
    pub by: By,
    /// [`By::score`].
    pub score: u8,
}

/// Finds possible duplicates, by line and then by weight. A name that is equal is not listed as similar
/// again; of several reasons for one pair the strongest is given, and at most five others for each reason.
#[must_use]
pub fn possible_duplicates(drafts: &[Draft], known: impl Iterator<Item = Known>) -> Vec<Duplicate> {
    // Only keys that some row has are worth keeping of what is known.
    let keys: Vec<Vec<(By, String)>> = drafts.iter().map(draft_keys).collect();
    let mut others: HashMap<By, HashMap<&str, Vec<With>>> = HashMap::new();
    for (by, key) in keys.iter().flatten() {
        others.entry(*by).or_default().entry(key).or_default();
    }
    for customer in known {
        for (by, key) in known_keys(&customer) {
            let found = others.get_mut(&by).and_then(|keys| keys.get_mut(key.as_str()));
            if let Some(found) = found.filter(|found| found.len() < OTHERS_MAX) {
                let with = With::Known { id: customer.id.clone() };
                if !found.contains(&with) {
                    found.push(with);
                }
            }
        }
    }
    let mut duplicates = Vec::new();
    for (draft, keys) in drafts.iter().zip(&keys) {
        duplicates.append(&mut of_one(draft, keys, &others));
        for (by, key) in keys {
            let found = others.get_mut(by).and_then(|keys| keys.get_mut(key.as_str()));
            if let Some(found) = found.filter(|found| found.len() < OTHERS_MAX) {
                found.push(With::Line { line: draft.line });
            }
        }
    }
    duplicates
}

/// The others that share a key with one row, the strongest reason first, each once.
fn of_one(draft: &Draft, keys: &[(By, String)], others: &HashMap<By, HashMap<&str, Vec<With>>>) -> Vec<Duplicate> {
    let mut found: Vec<Duplicate> = Vec::new();
    for by in By::ALL {
        let keys = keys.iter().filter(|(key_by, _)| *key_by == by);
        let shared = keys.filter_map(|(_, key)| others.get(&by)?.get(key.as_str()));
        for with in shared.flatten() {
            if found.iter().all(|duplicate| duplicate.with != *with) {
                found.push(Duplicate { line: draft.line, with: with.clone(), by, score: by.score() });
            }
        }
    }
    found
}

fn draft_keys(draft: &Draft) -> Vec<(By, String)> {
    let mut keys = Vec::new();
    if let Some((customer, above)) = draft.path.split_last() {
        let within = above.last().map(|part: &PathPart| part.name.as_str());
        name_keys(&mut keys, &customer.name, Some(customer.level), within);
    }
    let mobiles = draft.contact.iter().flat_map(|contact| &contact.mobiles);
    phone_keys(&mut keys, draft.phones.iter().chain(mobiles));
    let dongles = draft.installation.iter().flat_map(|installation| &installation.dongle_numbers);
    dongle_keys(&mut keys, dongles);
    keys
}

fn known_keys(known: &Known) -> Vec<(By, String)> {
    let mut keys = Vec::new();
    name_keys(&mut keys, &known.name, known.level, known.within.as_deref());
    phone_keys(&mut keys, known.phones.iter());
    dongle_keys(&mut keys, known.dongles.iter());
    keys
}

/// 二标段 is the same as another 二标段 only within the same unit.
fn name_keys(keys: &mut Vec<(By, String)>, name: &str, level: Option<Level>, within: Option<&str>) {
    let is_part = matches!(level.unwrap_or_else(|| path::level_of_name(name)), Level::ProjectOffice | Level::Section);
    let before = within.filter(|_| is_part).map(|unit| format!("{}/", similar(unit))).unwrap_or_default();
    let exact = comparable(name);
    if exact.is_empty() {
        return;
    }
    keys.push((By::SimilarName, format!("{before}{}", similar(name))));
    keys.push((By::Name, format!("{before}{exact}")));
}

fn phone_keys<'a>(keys: &mut Vec<(By, String)>, numbers: impl Iterator<Item = &'a String>) {
    for number in numbers {
        for phone in phones::read_phones(number).into_iter().flatten() {
            let digits = phones::comparable(&phone.number);
            // The hotline of a bank is nobody's own.
            if digits.len() > 6 && !keys.contains(&(By::Phone, digits.clone())) {
                keys.push((By::Phone, digits));
            }
        }
    }
}

fn dongle_keys<'a>(keys: &mut Vec<(By, String)>, numbers: impl Iterator<Item = &'a String>) {
    for number in numbers {
        let key = comparable(number);
        if key.chars().count() > 3 && !keys.contains(&(By::Dongle, key.clone())) {
            keys.push((By::Dongle, key));
        }
    }
}

/// Letters, digits and characters alone, in one width and case.
fn comparable(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The name without words that say only what kind of firm it is; the whole where little would be left.
fn similar(name: &str) -> String {
    const FIRM_WORDS: [&str; 9] =
        ["股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "总公司", "集团", "股份", "责任公司"];
    let whole = comparable(name);
    let mut core = whole.clone();
    for word in FIRM_WORDS {
        core = core.replace(word, "");
    }
    if let Some(bare) = core.strip_suffix("公司") {
        // 分公司 and 子公司 are units of their own.
        if !bare.ends_with(['分', '子']) {
            core = bare.to_owned();
        }
    }
    if core.chars().count() < 2 { whole } else { core }
}
