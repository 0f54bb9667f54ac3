//! The files of a checkout that are ours: tracked, or new and not ignored.

use anyhow::{Context, Result, ensure};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The files, by their places below the top, with `/` on every system.
pub(super) struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    /// The files that git knows or would add.
    ///
    /// # Errors
    /// When the folder is no checkout.
    pub(super) fn of(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("starting git")?;
        ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim());
        let list = String::from_utf8(output.stdout)?;
        let mut files: Vec<String> = list.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        files.sort();
        files.dedup();
        Ok(Self { root: root.to_owned(), files })
    }

    /// The top of the checkout.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The texts among the files whose place is wanted. A file that is gone, or is no text, is passed by.
    ///
    /// # Errors
    /// When a file can't be read.
    pub(super) fn texts(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<(&str, String)>> {
        let mut texts = Vec::new();
        for file in self.files.iter().filter(|file| wanted(file)) {
            match fs::read(self.root.join(file)) {
                Ok(bytes) => texts.extend(String::from_utf8(bytes).ok().map(|text| (file.as_str(), text))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("reading {file}")),
            }
        }
        Ok(texts)
    }
}

/// Whether a file is source that people write.
pub(super) fn is_source(file: &str) -> bool {
    let ends = [".rs", ".ts", ".svelte", ".css", ".mjs", ".js", ".sql", ".sh", ".html"];
    ends.iter().any(|end| file.ends_with(end)) && !file.contains("/generated/") && !file.starts_with("gen/")
}

/// Whether a file only tests.
pub(super) fn is_test(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    parts.contains(&"tests") || name == "tests.rs" || name.contains(".test.") || name.contains(".spec.")
}

/// Whether a file is one of the rules themselves.
pub(super) fn is_rule(file: &str) -> bool {
    file.starts_with("xtask/src/tidy/")
}
