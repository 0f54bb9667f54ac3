//! Looks for a text in every file of a folder, in every encoding in which a Chinese Windows or a browser would write it.

use anyhow::Result;
use encoding_rs::GBK;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text as bytes, in one encoding.
#[derive(Debug, Clone)]
struct Needle {
    encoding: &'static str,
    bytes: Vec<u8>,
}

/// A place where a text stands in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The file.
    pub file: PathBuf,
    /// `UTF-8`, `UTF-16LE`, `UTF-16BE` or `GBK`.
    pub encoding: &'static str,
}

/// What a look through a folder found.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts in the clear.
    pub leaks: Vec<Leak>,
    /// How many files were read.
    pub files: usize,
}

fn needles(text: &str) -> Vec<Needle> {
    let little = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut needles = vec![
        Needle { encoding: "UTF-8", bytes: text.as_bytes().to_vec() },
        Needle { encoding: "UTF-16LE", bytes: little },
        Needle { encoding: "UTF-16BE", bytes: big },
    ];
    let (gbk, _, has_gaps) = GBK.encode(text);
    if !has_gaps {
        needles.push(Needle { encoding: "GBK", bytes: gbk.into_owned() });
    }
    needles
}

/// Looks for texts in every file below `folder`, except below `left_out`.
///
/// # Errors
/// When a file that stays cannot be read.
pub fn look(folder: &Path, left_out: &[PathBuf], texts: &[&str]) -> Result<Found> {
    let needles: Vec<Needle> = texts.iter().flat_map(|text| needles(text)).collect();
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !left_out.contains(&path) {
                folders.push(path);
            } else if kind.is_file() {
                // A file may go between the listing and the reading.
                let Ok(bytes) = fs::read(&path) else { continue };
                found.files += 1;
                let in_it = needles.iter().filter(|needle| holds(&bytes, &needle.bytes));
                found.leaks.extend(in_it.map(|needle| Leak { file: path.clone(), encoding: needle.encoding }));
            }
        }
    }
    Ok(found)
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return false };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let from = rest.get(at..).unwrap_or_default();
        if from.starts_with(needle) {
            return true;
        }
        rest = from.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_each_encoding_however_deep_and_wherever_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let name = "雅江桥隧工程有限公司";
        for needle in needles(name) {
            let mut bytes = vec![0x55; 70_001];
            bytes.extend(&needle.bytes);
            bytes.extend([1, 2, 3]);
            fs::write(deep.join(needle.encoding), bytes).unwrap();
        }
        fs::write(folder.path().join("clean"), "雅江桥隧工程").unwrap();
        let found = look(folder.path(), &[], &[name]).unwrap();
        let mut encodings: Vec<_> = found.leaks.iter().map(|leak| leak.encoding).collect();
        encodings.sort_unstable();
        assert_eq!(encodings, ["GBK", "UTF-16BE", "UTF-16LE", "UTF-8"]);
        assert_eq!(found.files, 5);
        assert!(look(folder.path(), &[folder.path().join("a")], &[name]).unwrap().leaks.is_empty());
    }
}
