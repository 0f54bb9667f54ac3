//! Shape of files: short enough to hold in the head, and opening with what they own.

use super::{
    Finding,
    tree::{Tree, is_source, is_test},
};
use anyhow::Result;

/// Most lines of a source file, tests at its end not counted.
const LINES_MAX: usize = 500;

/// Files that are too long, and modules that don't say what they are.
pub(super) fn findings(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts(is_source)? {
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        if lines > LINES_MAX && !is_test(file) {
            findings.push(Finding::new(file, format!("{lines} lines; more than {LINES_MAX} is two things: split it")));
        }
        if file.ends_with(".rs") && !opens_with_what_it_owns(&text) {
            findings.push(Finding::new(file, "does not open with `//!`: say what it owns and what it must never do"));
        }
    }
    Ok(findings)
}

fn opens_with_what_it_owns(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim_start().starts_with("//! "))
}
