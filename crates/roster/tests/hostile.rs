//! Files made to take memory are read, or refused, within bounds: each in a process that may have no more.

#![cfg(test)]

use std::io::{Cursor, Write};
use std::process::Command;

use doorstep_roster::{drafts, read, suggest};
use zip::write::SimpleFileOptions;

/// Names the file to the process that is to read it.
const WHICH: &str = "DOORSTEP_HOSTILE_FILE";
/// Memory the process may have, in KiB: the program itself and what a list of the largest size may take.
const MEMORY_KIB_MAX: u64 = 768 * 1024;

fn package(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn workbook(sheet: &str, strings: &str, styles: &str) -> Vec<u8> {
    let rels = r#"<R><Relationship Id="a" Type="x/worksheet" Target="s.xml"/><Relationship Id="b" Type="x/sharedStrings" Target="t.xml"/><Relationship Id="c" Type="x/styles" Target="y.xml"/></R>"#;
    package(&[
        ("xl/workbook.xml", br#"<w><sheets><sheet name="S" id="a"/></sheets></w>"#.to_vec()),
        ("xl/_rels/workbook.xml.rels", rels.into()),
        ("xl/s.xml", sheet.into()),
        ("xl/t.xml", strings.into()),
        ("xl/y.xml", styles.into()),
    ])
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    record.extend(data);
    record
}

/// The records of a sheet alone, as small writers make them.
fn records(cells: &[Vec<u8>]) -> Vec<u8> {
    let begin = record(0x0809, &[0, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    [begin, cells.concat(), record(0x000a, &[])].concat()
}

const ONE: &str = r#"<w><sheetData><row><c t="s"><v>0</v></c></row></sheetData></w>"#;

/// What each hostile file is, and whether anything can be read of it.
fn hostile() -> Vec<(&'static str, Vec<u8>, bool)> {
    let row = "<row><c><v>1</v></c></row>";
    let end_of_archive = [&b"PK\x05\x06\0\0\0\0"[..], &[255; 4], &[255; 8], &[0, 0]].concat();
    let far = format!(
        "<w>{}</w>",
        (1..=100_000).map(|r| format!(r#"<row r="{r}"><c r="CV{r}"><v>1</v></c></row>"#)).collect::<String>()
    );
    vec![
        (
            "strings declared",
            workbook(ONE, r#"<sst count="4000000000" uniqueCount="4000000000"><si><t>客户名称</t></si></sst>"#, "<s/>"),
            true,
        ),
        (
            "styles declared",
            workbook(
                ONE,
                "<sst><si><t>x</t></si></sst>",
                r#"<s><numFmts count="4000000000"/><cellXfs count="4000000000"><xf/></cellXfs></s>"#,
            ),
            true,
        ),
        (
            "size declared",
            workbook(
                &ONE.replace(
                    "<w>",
                    r#"<w><dimension ref="A1:XFD1048576"/><cols><col min="1" max="4000000000" hidden="1"/></cols>"#,
                ),
                "<sst><si><t>x</t></si></sst>",
                "<s/>",
            ),
            true,
        ),
        (
            "merged areas",
            workbook(
                &ONE.replace("</w>", &r#"<mergeCell ref="A1:XFD1048576"/>"#.repeat(50_000)),
                "<sst><si><t>x</t></si></sst>",
                "<s/>",
            ),
            true,
        ),
        ("blank strings", workbook(ONE, &format!("<sst>{}</sst>", "<si/>".repeat(1_000_000)), "<s/>"), false),
        (
            "one endless text",
            workbook(ONE, &format!("<sst><si><t>{}</t></si></sst>", "x".repeat(20_000_000)), "<s/>"),
            false,
        ),
        (
            "one endless cell",
            workbook(&format!("<w><row><c><v>{}</v></c></row></w>", "&amp;".repeat(300_000)), "<sst/>", "<s/>"),
            false,
        ),
        (
            "one endless tag",
            workbook(&format!("<w><row {}></row></w>", "a=\"1\" ".repeat(2_000_000)), "<sst/>", "<s/>"),
            false,
        ),
        (
            "endless styles",
            workbook(
                ONE,
                "<sst><si><t>x</t></si></sst>",
                &format!(
                    "<s><numFmts>{}</numFmts><cellXfs>{}</cellXfs></s>",
                    (0..70_000)
                        .map(|n| format!(r#"<numFmt numFmtId="{n}" formatCode="{}"/>"#, "0".repeat(300)))
                        .collect::<String>(),
                    r#"<xf numFmtId="9"/>"#.repeat(200_000)
                ),
            ),
            true,
        ),
        ("endless rows", workbook(&format!("<w>{}</w>", row.repeat(200_000)), "<sst/>", "<s/>"), false),
        (
            "one cell again and again",
            workbook(&format!("<w>{}</w>", r#"<c r="A1"><f>1</f></c>"#.repeat(200_000)), "<sst/>", "<s/>"),
            true,
        ),
        ("rows with one cell far to the right", workbook(&far, "<sst/>", "<s/>"), true),
        ("deeply nested", workbook(&"<a>".repeat(1_000_000), "<sst/>", "<s/>"), false),
        ("parts declared", [&b"PK\x03\x04"[..], &end_of_archive].concat(), false),
        (
            "XLS strings declared",
            records(&[record(0x00fc, &[255; 8]), record(0x0204, &[0, 0, 0, 0, 0, 0, 1, 0, 0, b'x'])]),
            true,
        ),
        (
            "XLS size declared",
            records(&[
                record(0x0200, &[0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 0, 0]),
                record(0x0204, &[0, 0, 0, 0, 0, 0, 1, 0, 0, b'x']),
            ]),
            true,
        ),
        (
            "XLS many numbers from column 65,535",
            records(&[record(0x00bd, &[&[0, 0, 255, 255][..], &[0; 600], &[255, 255]].concat())]),
            false,
        ),
        ("XLS text longer than its record", records(&[record(0x0204, &[0, 0, 0, 0, 0, 0, 255, 255, 1, b'x'])]), false),
        (
            "XLS columns hidden",
            records(&vec![record(0x007d, &[0, 0, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0]); 100_000]),
            false,
        ),
        (
            "XLS merged areas",
            records(&vec![
                record(0x00e5, &[&[255, 3][..], &[0, 0, 255, 255, 0, 0, 255, 0].repeat(1_000)].concat());
                3_000
            ]),
            false,
        ),
    ]
}

#[test]
fn the_process_that_reads_one_hostile_file() {
    let Ok(path) = std::env::var(WHICH) else { return };
    let sheet = read(&std::fs::read(&path).unwrap(), "x.xlsx");
    let is_readable = path.ends_with("readable");
    assert_eq!(sheet.is_ok(), is_readable, "{:?}", sheet.err());
    if let Ok(sheet) = sheet {
        let _drafts = drafts(&sheet, &suggest(&sheet));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_hostile_file_takes_no_more_memory_than_a_list_may() {
    let folder = tempfile::tempdir().unwrap();
    let limited = format!("ulimit -v {MEMORY_KIB_MAX} && exec \"$0\" --exact the_process_that_reads_one_hostile_file");
    for (name, bytes, is_readable) in hostile() {
        let path = folder.path().join(if is_readable { "readable" } else { "refused" });
        std::fs::write(&path, &bytes).unwrap();
        let read =
            Command::new("sh").args(["-c", &limited]).arg(std::env::current_exe().unwrap()).env(WHICH, &path).output();
        let read = read.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
        assert!(read.status.success(), "{name} ({} bytes): {said}", bytes.len());
    }
}
