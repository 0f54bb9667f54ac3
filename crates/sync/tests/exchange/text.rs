//! SYNC.md names the tests that hold its rules: they have to exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The functions whose line follows a test's attribute, and those that a suite of several databases lists.
fn tests(source: &str) -> Vec<&str> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("#[") && pair[0].contains("test"));
    let alone = pairs.filter_map(|pair| pair[1].split_once("fn ")?.1.split('(').next());
    let listed = lines.iter().skip_while(|line| **line != "conform![").take_while(|line| **line != "];");
    alone.chain(listed.skip(1).map(|line| line.trim_end_matches(','))).collect()
}

/// The names in backticks after each "Held by:"; such a list goes on as long as its lines end with a comma.
fn named(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut goes_on = false;
    for line in text.lines() {
        if goes_on || line.contains("*Held by:*") {
            names.extend(line.split('`').skip(1).step_by(2));
            goes_on = line.trim_end().ends_with(',');
        }
    }
    names
}

#[test]
fn every_test_that_the_text_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    sources(&root.join("crates"), &mut paths);
    sources(&root.join("tests"), &mut paths);
    let sources: Vec<String> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let there: BTreeSet<&str> = sources.iter().flat_map(|source| tests(source)).collect();
    let text = fs::read_to_string(root.join("SYNC.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 80, "{} names: the text is not read as it is written", named.len());
    let missing: Vec<&&str> = named.difference(&there).collect();
    assert!(missing.is_empty(), "SYNC.md names tests that do not exist: {missing:#?}");
}
