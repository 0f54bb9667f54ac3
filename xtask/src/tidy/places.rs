//! Places that mean something on one machine only: its folders, and the registries it happens to use.

use super::{
    Finding,
    tree::{Tree, is_rule},
};
use anyhow::Result;
use std::env;

/// Folders of machines that this project was made on.
const FOLDERS: &[&str] = &["/work/", "/root/", "/tmp/s/", "C:\\Users\\"];
/// Hosts of package registries. Which of them a machine asks is its own setting.
const REGISTRIES: &[&str] = &["crates.io", "npmjs.org", "npmjs.com", "npmmirror.com", "pypi.org", "deb.debian.org"];
/// The name that cargo gives its default registry in a lock file, whatever it is replaced with.
const CARGO_DEFAULT: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Where such a place is named.
pub(super) fn findings(tree: &Tree) -> Result<Vec<Finding>> {
    let here = [Some(tree.root().to_string_lossy().into_owned()), env::var("HOME").ok()];
    let here: Vec<String> = here.into_iter().flatten().filter(|folder| folder.len() > 1).collect();
    let mut findings = Vec::new();
    for (file, text) in tree.texts(|file| !is_rule(file))? {
        for (at, line) in text.lines().enumerate() {
            let line = line.replace(CARGO_DEFAULT, "");
            let folder =
                FOLDERS.iter().copied().chain(here.iter().map(String::as_str)).find(|place| names(&line, place));
            if let Some(folder) = folder {
                findings.push(Finding::on_line(file, at, format!("names {folder}, a folder of one machine")));
            }
            if let Some(host) = REGISTRIES.iter().find(|host| line.contains(**host)) {
                findings.push(Finding::on_line(
                    file,
                    at,
                    format!("names the registry {host}; leave it to each machine"),
                ));
            }
        }
    }
    Ok(findings)
}

/// Whether a line names a folder from the top, not as a part of a longer path.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '}' | '~' | '/'))
    })
}
