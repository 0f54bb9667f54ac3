//! XLSX: the parts of a workbook that its sheets share, and which sheets there are. Cells are `worksheet`'s.

use std::collections::HashMap;
use std::panic::{UnwindSafe, catch_unwind};
use std::sync::Arc;

use ssfmt::DateSystem;

use crate::book::{Book, SHEETS_MAX, SheetName};
use crate::fault::ReadError;
use crate::grid::Grid;
use crate::limits;
use crate::number_format::{Formats, Shape};
use crate::package::{Package, Part};
use crate::sheet::{Format, Sheet};
use crate::strings::Strings;
use crate::worksheet::{self, Shared};
use crate::xml::Node;

/// Styles of cells; Excel takes 65,490.
const STYLES_MAX: usize = 65_536;

/// Reads an XLSX; which sheet, says [`crate::book::read`].
pub(crate) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    contained(|| crate::book::read(Workbook::open(bytes)?, wanted))
}

/// Runs a third-party reader; should it panic on a damaged file, the file is what is at fault.
pub(crate) fn contained<T>(work: impl FnOnce() -> Result<T, ReadError> + UnwindSafe) -> Result<T, ReadError> {
    catch_unwind(work).unwrap_or(Err(ReadError::BrokenWorkbook(None)))
}

struct Workbook<'a> {
    package: Package<'a>,
    sheets: Vec<Listed>,
    shared: Shared,
}

/// A sheet and the part it is in.
struct Listed {
    name: SheetName,
    path: String,
}

impl Book for Workbook<'_> {
    const FORMAT: Format = Format::Xlsx;

    fn names(&self) -> Vec<SheetName> {
        self.sheets.iter().map(|sheet| sheet.name.clone()).collect()
    }

    fn grid(&mut self, at: usize) -> Result<Grid, ReadError> {
        let path = self.sheets.get(at).map(|sheet| sheet.path.as_str()).ok_or(ReadError::NoSuchSheet)?;
        let Some(mut part) = self.package.part(path)? else {
            return Err(ReadError::BrokenWorkbook(None));
        };
        worksheet::grid(&mut part, &self.shared)
    }
}

impl<'a> Workbook<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let mut package = Package::open(bytes)?;
        let root = package.relations("")?.into_iter().find(|relation| relation.kind == "officeDocument");
        let root = root.map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        let relations = package.relations(&root)?;
        let target = |kind: &str| relations.iter().find(|relation| relation.kind == kind).map(|r| r.target.clone());
        let sheet_parts = relations.iter().filter(|relation| relation.kind == "worksheet");
        let sheet_parts = sheet_parts.map(|relation| (relation.id.clone(), relation.target.clone())).collect();
        let mut part = package.part(&root)?.ok_or(ReadError::BrokenWorkbook(None))?;
        let (sheets, mut shared) = contents(&mut part, &sheet_parts)?;
        drop(part);
        if let Some(path) = target("sharedStrings")
            && let Some(mut part) = package.part(&path)?
        {
            shared.strings = strings(&mut part)?;
        }
        if let Some(path) = target("styles")
            && let Some(mut part) = package.part(&path)?
        {
            shared.shapes = shapes(&mut part)?;
        }
        Ok(Self { package, sheets, shared })
    }
}

/// The sheets of cells, and how the workbook counts days and recalculates.
fn contents(
    part: &mut Part<'_, '_>,
    sheet_parts: &HashMap<String, String>,
) -> Result<(Vec<Listed>, Shared), ReadError> {
    let (mut sheets, mut shared) = (Vec::new(), Shared::default());
    loop {
        match part.next()? {
            Node::Open(tag) => match tag.name() {
                "sheet" if sheets.len() < SHEETS_MAX => {
                    // Charts, macros and dialogues have sheets too, and lead elsewhere.
                    let path = tag.attribute("id").and_then(|id| sheet_parts.get(&id));
                    let (Some(path), Some(name)) = (path, tag.attribute("name")) else { continue };
                    let is_hidden = tag.attribute("state").is_some_and(|state| state != "visible");
                    sheets.push(Listed { name: SheetName { name, is_hidden }, path: path.clone() });
                }
                "workbookPr" if tag.says_yes("date1904") => shared.system = DateSystem::Date1904,
                "calcPr" => shared.recalculates = tag.says_yes("fullCalcOnLoad"),
                _ => {}
            },
            Node::End => return Ok((sheets, shared)),
            _ => {}
        }
    }
}

/// The texts that cells name by number. How many there are is counted, not believed.
fn strings(part: &mut Part<'_, '_>) -> Result<Strings, ReadError> {
    let mut strings = Strings::default();
    loop {
        match part.next()? {
            Node::Open(tag) if tag.name() == "si" => strings.push(&rich_text(part, "si")?)?,
            Node::End => return Ok(strings),
            _ => {}
        }
    }
}

/// The text up to where `until` closes, its pieces joined; how it is to be pronounced is left out.
pub(crate) fn rich_text(part: &mut Part<'_, '_>, until: &str) -> Result<String, ReadError> {
    let mut text = String::new();
    let (mut in_text, mut in_reading) = (false, false);
    loop {
        match part.next()? {
            Node::Open(tag) => match tag.name() {
                "t" => in_text = true,
                "rPh" => in_reading = true,
                _ => {}
            },
            Node::Close(tag) => match tag.name() {
                "t" => in_text = false,
                "rPh" => in_reading = false,
                name if name == until => return Ok(unescaped(text)),
                _ => {}
            },
            Node::Text(piece) if in_text && !in_reading => {
                text.push_str(&piece);
                if text.len() > limits::TEXT_BYTES_MAX {
                    return Err(ReadError::unpacked_too_large(text.len() as u64));
                }
            }
            Node::Text(_) => {}
            Node::End => return Err(ReadError::BrokenWorkbook(None)),
        }
    }
}

/// Characters that XML cannot hold are written `_x000D_` (ECMA-376 part 1, 22.9.2.19).
pub(crate) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some((before, from)) = rest.find("_x").and_then(|at| rest.split_at_checked(at)) {
        plain.push_str(before);
        let digits = from.get(2..6).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.filter(|_| from.get(6..7) == Some("_")).and_then(|d| u32::from_str_radix(d, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => {
                rest = from.get(7..).unwrap_or("");
                match character {
                    '\r' if rest.starts_with('\n') => {}
                    '\r' => plain.push('\n'),
                    character => plain.push(character),
                }
            }
            None => {
                plain.push_str("_x");
                rest = from.get(2..).unwrap_or("");
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// How cells of each style show what is in them.
fn shapes(part: &mut Part<'_, '_>) -> Result<Vec<Arc<Shape>>, ReadError> {
    let (mut formats, mut shapes) = (Formats::default(), Vec::new());
    let mut in_styles = false;
    loop {
        match part.next()? {
            Node::Open(tag) => match tag.name() {
                "numFmt" if !in_styles => {
                    if let (Some(id), Some(code)) = (tag.number("numFmtId"), tag.attribute("formatCode")) {
                        formats.define(id, &code);
                    }
                }
                "cellXfs" => in_styles = true,
                "xf" if in_styles && shapes.len() < STYLES_MAX => {
                    shapes.push(formats.shape(tag.number("numFmtId").unwrap_or(0)));
                }
                _ => {}
            },
            Node::Close(tag) if tag.name() == "cellXfs" => return Ok(shapes),
            Node::End => return Ok(shapes),
            _ => {}
        }
    }
}
