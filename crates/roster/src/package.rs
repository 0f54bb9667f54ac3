//! The ZIP around an XLSX: measured before anything in it is read, its parts found by their relationships.
//! Never trusts a size the file declares.

use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::content::FileKind;
use crate::fault::ReadError;
use crate::limits;
use crate::xml::{Node, Xml};

/// Parts in one package; a workbook of many sheets and pictures has hundreds.
const PARTS_MAX: usize = 10_000;
/// Relationships of one part that are looked at.
const RELATIONS_MAX: usize = 10_000;
/// How far from the end of the file the archive's own end may begin: its 22 bytes and a comment.
const END_BYTES_MAX: usize = 22 + 65_535;

/// A part, unpacked while it is read.
pub(crate) type Part<'a, 'b> = Xml<BufReader<ZipFile<'b, Cursor<&'a [u8]>>>>;

/// A package whose parts fit the limits once unpacked.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Parts by their path as `plain` writes it.
    places: HashMap<String, usize>,
}

/// Where a part leads to.
pub(crate) struct Relation {
    pub id: String,
    /// The last word of its kind: `worksheet`, `sharedStrings`.
    pub kind: String,
    /// Path of the part it leads to.
    pub target: String,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        if parts_declared(bytes).is_some_and(|parts| parts > PARTS_MAX) {
            return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(ReadError::broken)?;
        if archive.len() > PARTS_MAX {
            return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
        }
        let mut places = HashMap::new();
        for (place, name) in archive.file_names().enumerate() {
            places.insert(plain(&name.map_err(ReadError::broken)?), place);
        }
        if let Some(kind) = other_package(&places) {
            return Err(if kind.may_hold_a_table() {
                ReadError::OtherTable { kind }
            } else {
                ReadError::NotATable { kind }
            });
        }
        measure(&mut archive)?;
        Ok(Self { archive, places })
    }

    /// The part at a path, if there is one.
    pub fn part(&mut self, path: &str) -> Result<Option<Part<'a, '_>>, ReadError> {
        let Some(place) = self.places.get(&plain(path)) else {
            return Ok(None);
        };
        let part = self.archive.by_index(*place).map_err(ReadError::broken)?;
        Ok(Some(Xml::new(BufReader::with_capacity(32 * 1024, part))))
    }

    /// Where the part at a path leads to; the package's own when the path is empty.
    pub fn relations(&mut self, of: &str) -> Result<Vec<Relation>, ReadError> {
        let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
        let Some(mut part) = self.part(&format!("{folder}/_rels/{name}.rels"))? else {
            return Ok(Vec::new());
        };
        let mut relations = Vec::new();
        loop {
            match part.next()? {
                Node::Open(tag) if tag.name() == "Relationship" => {
                    let (Some(id), Some(kind), Some(target)) =
                        (tag.attribute("Id"), tag.attribute("Type"), tag.attribute("Target"))
                    else {
                        continue;
                    };
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    relations.push(Relation { id, kind, target: beside(folder, &target) });
                    if relations.len() > RELATIONS_MAX {
                        return Err(ReadError::BrokenWorkbook(None));
                    }
                }
                Node::End => return Ok(relations),
                _ => {}
            }
        }
    }
}

/// A path in one way of writing: programs differ in case, slashes and the slash before it.
fn plain(path: &str) -> String {
    path.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

/// The path a target means, seen from a folder.
fn beside(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut steps: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// How many parts the archive says it has, read before its reader makes room for them.
fn parts_declared(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.get(bytes.len().saturating_sub(END_BYTES_MAX)..)?;
    let at = tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let parts = tail.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes(parts.try_into().ok()?)))
}

/// Unpacks every part into nothing, counting.
fn measure(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), ReadError> {
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(ReadError::broken)?;
        if part.encrypted() {
            return Err(ReadError::Encrypted);
        }
        let left = limits::UNPACKED_BYTES_MAX.saturating_sub(total);
        let read =
            std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink()).map_err(ReadError::broken)?;
        total = total.saturating_add(read);
        if total > limits::UNPACKED_BYTES_MAX {
            return Err(ReadError::unpacked_too_large(total));
        }
    }
    Ok(())
}

/// What a ZIP is when it is no XLSX.
fn other_package(places: &HashMap<String, usize>) -> Option<FileKind> {
    let has = |start: &str| places.keys().any(|name| name.starts_with(start));
    if has("xl/workbook.bin") {
        Some(FileKind::BinaryWorkbook)
    } else if has("xl/") {
        None
    } else if has("word/") {
        Some(FileKind::Word)
    } else if has("ppt/") {
        Some(FileKind::PowerPoint)
    } else if has("content.xml") && has("mimetype") {
        Some(FileKind::OpenDocument)
    } else if has("[content_types].xml") {
        // A workbook may keep its parts under any name; the relationships lead to them.
        None
    } else {
        Some(FileKind::Archive)
    }
}
