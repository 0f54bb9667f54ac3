//! `cargo xtask tidy`: the house rules that a compiler does not know.
//!
//! A rule reads files and gives findings; it changes nothing. This folder names what it looks for, so the rules about
//! words and places pass it by.

mod arrows;
mod features;
mod messages;
mod places;
mod shape;
#[cfg(test)]
mod tests;
mod tree;
mod words;

use crate::{
    bindings,
    house::{House, UNIFYING},
    tell::tell,
};
use anyhow::Result;
use serde_json::Value;
use std::fmt;
use tree::Tree;

/// Something against a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// File, with a line where there is one.
    place: String,
    /// What is wrong and what to do.
    what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    /// With the number of a line counted from 0.
    fn on_line(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self::new(format!("{file}:{}", line + 1), what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks everything, bindings included.
///
/// # Errors
/// When files can't be read, or the app does not build.
pub(crate) fn run(house: &House) -> Result<bool> {
    let files = files_are_tidy(house)?;
    let bindings = bindings::check(house)?;
    Ok(files && bindings)
}

/// Checks everything that needs nothing built, and tells what it finds.
///
/// # Errors
/// When files can't be read.
pub(crate) fn files_are_tidy(house: &House) -> Result<bool> {
    let mut findings = findings(&Tree::of(house.root())?, house.metadata())?;
    findings.extend(features::findings(house.root(), &UNIFYING)?);
    findings.iter().for_each(|finding| tell(&finding.to_string()));
    tell(&match findings.len() {
        0 => "the files are tidy".to_owned(),
        count => format!("{count} against the house rules"),
    });
    Ok(findings.is_empty())
}

fn findings(tree: &Tree, metadata: &Value) -> Result<Vec<Finding>> {
    let mut findings = arrows::findings(metadata);
    findings.extend(messages::findings(tree)?);
    findings.extend(places::findings(tree)?);
    findings.extend(shape::findings(tree)?);
    findings.extend(words::findings(tree)?);
    findings.sort();
    findings.dedup();
    Ok(findings)
}
