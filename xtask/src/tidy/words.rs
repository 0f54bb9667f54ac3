//! Words that must not stay in sources: leftovers, switched-off lints, and tests that don't run.

use super::{
    Finding,
    tree::{Tree, is_rule, is_source, is_test},
};
use anyhow::Result;

/// Words in any source, and what to do instead.
const EVERYWHERE: &[(&str, &str)] = &[
    ("TODO", "do it, or open an issue and say nothing here"),
    ("FIXME", "fix it, or open an issue and say nothing here"),
    ("XXX", "say what is meant"),
    ("#[allow(", "use #[expect(…, reason = \"…\")], which goes stale loudly"),
    ("#![allow(", "use #![expect(…, reason = \"…\")], which goes stale loudly"),
    ("todo!(", "write it"),
    ("unimplemented!(", "write it"),
    ("#[ignore", "a test runs or goes"),
    ("@ts-ignore", "give it the right type"),
    ("@ts-nocheck", "give it the right type"),
    ("eslint-disable", "there is no ESLint here"),
];
/// Words in tests of the interface.
const IN_SCRIPT_TESTS: &[(&str, &str)] = &[
    (".skip(", "a test runs or goes"),
    (".only(", "one test must not keep the others from running"),
    (".todo(", "write it"),
];

/// Where such a word stands.
pub(super) fn findings(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts(|file| is_source(file) && !is_rule(file))? {
        let in_script = is_test(file) && !file.ends_with(".rs");
        let words = EVERYWHERE.iter().chain(if in_script { IN_SCRIPT_TESTS } else { &[] });
        for (word, instead) in words {
            let lines = text.lines().enumerate().filter(|(_, line)| has_word(line, word));
            findings.extend(lines.map(|(at, _)| Finding::on_line(file, at, format!("`{word}`: {instead}"))));
        }
    }
    Ok(findings)
}

/// Whether a line has a word that is not part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let starts = !word.starts_with(char::is_alphabetic) || !is_letter(line[..at].chars().next_back());
        let ends = !word.ends_with(char::is_alphabetic) || !is_letter(line[at + word.len()..].chars().next());
        starts && ends
    })
}
