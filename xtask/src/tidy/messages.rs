//! One catalogue of messages in two languages: both complete, in order, and used.

use super::{
    Finding,
    tree::{Tree, is_source, is_test},
};
use anyhow::{Context, Result};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use std::{collections::BTreeSet, fmt};

const CHINESE: &str = "messages/zh-CN.json";
const ENGLISH: &str = "messages/en.json";
/// Where the codes of failures are listed; each has a message `error.<code>`.
const TYPES: &str = "ui/generated/commands.ts";

/// A catalogue as written: in its order, doubles included.
struct Catalogue(Vec<(String, String)>);

/// What sources say of messages.
#[derive(Default)]
struct Used {
    keys: BTreeSet<String>,
    /// Beginnings of keys that are made from a value.
    prefixes: BTreeSet<String>,
    /// Keys that are certainly meant as keys, with the place.
    asked: Vec<(String, String)>,
}

/// What is wrong with the catalogue. A tree without one has nothing to say.
pub(super) fn findings(tree: &Tree) -> Result<Vec<Finding>> {
    let texts = tree.texts(|file| file == CHINESE || file == ENGLISH)?;
    let mut catalogues = Vec::new();
    for (file, text) in &texts {
        let catalogue: Catalogue = serde_json::from_str(text).with_context(|| format!("reading {file}"))?;
        catalogues.push((*file, catalogue));
    }
    let mut findings: Vec<Finding> = catalogues.iter().flat_map(|(file, each)| order(file, each)).collect();
    if let [(english, en), (chinese, zh)] = &catalogues[..] {
        findings.extend(gaps((english, en), (chinese, zh)));
        findings.extend(gaps((chinese, zh), (english, en)));
        findings.extend(placeholders(english, en, zh));
        findings.extend(usage(tree, zh)?);
    }
    Ok(findings)
}

fn order(file: &str, catalogue: &Catalogue) -> Vec<Finding> {
    let pairs = catalogue.0.iter().zip(catalogue.0.iter().skip(1));
    let disorder = pairs.filter(|((a, _), (b, _))| a >= b).map(|((a, _), (b, _))| {
        Finding::new(file, if a == b { format!("`{a}` twice") } else { format!("`{b}` belongs before `{a}`") })
    });
    let empty = catalogue.0.iter().filter(|(_, message)| message.trim().is_empty());
    disorder.chain(empty.map(|(key, _)| Finding::new(file, format!("`{key}` is empty")))).collect()
}

fn gaps((here, a): (&str, &Catalogue), (there, b): (&str, &Catalogue)) -> Vec<Finding> {
    let keys: BTreeSet<&str> = a.keys().collect();
    let missing = b.keys().filter(|key| !keys.contains(key));
    missing.map(|key| Finding::new(here, format!("lacks `{key}`, which {there} has"))).collect()
}

fn placeholders(file: &str, en: &Catalogue, zh: &Catalogue) -> Vec<Finding> {
    let both = en.0.iter().filter_map(|(key, english)| Some((key, english, zh.message(key)?)));
    both.map(|(key, english, chinese)| (key, names_in(english), names_in(chinese)))
        .filter(|(_, english, chinese)| english != chinese)
        .map(|(key, english, chinese)| {
            Finding::new(file, format!("`{key}` fills in {english:?}, the Chinese message {chinese:?}"))
        })
        .collect()
}

/// `{n}` and `{n|visit|visits}` name `n`.
fn names_in(message: &str) -> BTreeSet<&str> {
    let parts = message.split('{').skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(inside, _)| inside.split('|').next().unwrap_or(inside)).collect()
}

fn usage(tree: &Tree, catalogue: &Catalogue) -> Result<Vec<Finding>> {
    let mut used = Used::default();
    for (file, text) in tree.texts(|file| is_source(file) && !is_test(file) && speaks(file))? {
        used.read(file, &text);
    }
    for (_, text) in tree.texts(|file| file == TYPES)? {
        used.asked.extend(codes(&text).map(|code| (format!("error.{code}"), TYPES.to_owned())));
    }
    let keys: BTreeSet<&str> = catalogue.keys().collect();
    let missing = used.asked.iter().filter(|(key, _)| !keys.contains(key.as_str()));
    let missing = missing.map(|(key, place)| Finding::new(place.clone(), format!("`{key}` is in no catalogue")));
    let unused = catalogue.keys().filter(|key| !used.covers(key));
    let unused = unused.map(|key| Finding::new(CHINESE, format!("`{key}` is used nowhere")));
    Ok(missing.chain(unused).collect())
}

/// Whether a source may ask for messages: the interface's, and the papers'.
fn speaks(file: &str) -> bool {
    ["ui/", "crates/paper/src/", "crates/app/src/", "crates/hq/src/", "src-tauri/"]
        .iter()
        .any(|folder| file.starts_with(folder))
}

impl Used {
    fn read(&mut self, file: &str, text: &str) {
        let of_papers = file.starts_with("crates/paper/");
        for (line_number, line) in text.lines().enumerate() {
            for (at, quote) in line.char_indices().filter(|(_, c)| matches!(c, '\'' | '"' | '`')) {
                let rest = &line[at + 1..];
                let (key, end) = rest.split_at(rest.find(|c| !is_key(c)).unwrap_or(rest.len()));
                if key.is_empty() {
                    continue;
                }
                if end.starts_with(quote) && !key.ends_with('.') {
                    if asks(&line[..at]) || (of_papers && key.starts_with("paper.")) {
                        self.asked.push((key.to_owned(), format!("{file}:{}", line_number + 1)));
                    }
                    self.keys.insert(key.to_owned());
                } else if key.contains('.') && (end.starts_with(quote) || opens_value(quote, end)) {
                    self.prefixes.insert(key.to_owned());
                }
            }
        }
    }

    fn covers(&self, key: &str) -> bool {
        self.keys.contains(key) || self.prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }
}

/// A value begins here: `${` in a template, `{` in a format of Rust's.
fn opens_value(quote: char, end: &str) -> bool {
    (quote == '`' && end.starts_with("${")) || (quote == '"' && end.starts_with('{'))
}

/// Whether what stands before a quote is a call of `t`.
fn asks(before: &str) -> bool {
    let Some(before) = before.strip_suffix("t(") else { return false };
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_')
}

/// The values of the type `Code`.
fn codes(types: &str) -> impl Iterator<Item = &str> {
    let declared = types.split_once("export type Code =").map_or("", |(_, rest)| rest);
    let declared = declared.split_once(';').map_or("", |(declared, _)| declared);
    declared.split('\'').skip(1).step_by(2)
}

impl Catalogue {
    fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    fn message(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, message)| message.as_str())
    }
}

impl<'de> Deserialize<'de> for Catalogue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Catalogue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("messages by their keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Catalogue, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Catalogue(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
