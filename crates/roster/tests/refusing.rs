//! A file that is not what it says is refused with its own code, and nothing is taken from it.

#![cfg(test)]

use std::io::{Cursor, Write};

use doorstep_roster::{FileKind, ReadError, limits, read};
use zip::write::SimpleFileOptions;

fn refusal(bytes: &[u8]) -> ReadError {
    read(bytes, "客户.xlsx").unwrap_err()
}

fn kind(bytes: &[u8]) -> FileKind {
    match refusal(bytes) {
        ReadError::NotATable { kind } | ReadError::OtherTable { kind } => kind,
        other => unreachable!("{other}"),
    }
}

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, content) in streams {
        container.create_stream(name).unwrap().write_all(content).unwrap();
    }
    container.flush().unwrap();
    container.into_inner().into_inner()
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    record.extend(data);
    record
}

/// A workbook stream of one sheet with these records in it.
fn xls(globals: &[Vec<u8>], cells: &[Vec<u8>]) -> Vec<u8> {
    let bof = record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let end = record(0x000a, &[]);
    let before: usize = bof.len() + 13 + globals.concat().len() + end.len();
    let mut bound = u32::try_from(before).unwrap().to_le_bytes().to_vec();
    bound.extend([0, 0, 1, 0, b'S']);
    let stream =
        [bof.clone(), record(0x0085, &bound), globals.concat(), end.clone(), bof, cells.concat(), end].concat();
    compound(&[("/Workbook", &stream)])
}

#[test]
fn other_files_under_a_tables_name_are_told_apart() {
    let files: [(&[u8], FileKind); 12] = [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", FileKind::Pdf),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileKind::Picture),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", FileKind::Picture),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0", FileKind::Program),
        (b"\x7fELF\x02\x01\x01\0", FileKind::Program),
        (b"SQLite format 3\0\x10\0", FileKind::Database),
        (b"\0\x01\0\0Standard Jet DB\0", FileKind::Database),
        (b"Rar!\x1a\x07\x01\0", FileKind::Archive),
        (b"<html><body><table><tr><td>x", FileKind::WebPage),
        (b"\xef\xbb\xbf\r\n<?xml version=\"1.0\"?><Workbook>", FileKind::Xml),
        (b"{\\rtf1\\ansi", FileKind::RichText),
        (b"a\0\x01\x02\x03\x04,b", FileKind::Binary),
    ];
    for (bytes, expected) in files {
        assert_eq!(kind(bytes), expected, "{}", refusal(bytes));
    }
    assert_eq!(kind(&package(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")])), FileKind::Word);
    assert_eq!(kind(&package(&[("photo.jpg", b"x")])), FileKind::Archive);
    assert_eq!(kind(&package(&[("xl/workbook.bin", b"x")])), FileKind::BinaryWorkbook);
    assert_eq!(
        kind(&package(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")])),
        FileKind::OpenDocument
    );
    assert_eq!(kind(&compound(&[("/WordDocument", b"x")])), FileKind::Word);
    assert_eq!(kind(&compound(&[("/Other", b"x")])), FileKind::CompoundFile);
}

#[test]
fn nothing_in_it_is_said_so() {
    for bytes in [&b""[..], b"\xef\xbb\xbf", b" \r\n,,,\r\n", b"\xff\xfe"] {
        assert_eq!(refusal(bytes).code(), "roster_empty");
    }
    let blank = rust_xlsxwriter::Workbook::new().save_to_buffer().unwrap();
    assert_eq!(refusal(&blank).code(), "roster_empty");
}

#[test]
fn a_locked_workbook_is_said_to_be_locked() {
    let new = compound(&[("/EncryptedPackage", &[7; 5000]), ("/EncryptionInfo", b"x")]);
    assert_eq!(refusal(&new).code(), "roster_encrypted");
    let old = xls(&[record(0x002f, &[1, 0, 1, 0])], &[]);
    assert_eq!(refusal(&old).code(), "roster_encrypted");
}

#[test]
fn a_damaged_workbook_is_said_to_be_damaged() {
    let good: &[u8] = include_bytes!("fixtures/openpyxl.xlsx");
    let old: &[u8] = include_bytes!("fixtures/xlwt.xls");
    for bytes in [
        &good[..good.len() / 2],
        &old[..old.len() / 2],
        &package(&[("xl/workbook.xml", b"<workbook")]),
        &package(&[("[Content_Types].xml", b"<x/>")]),
    ] {
        assert_eq!(refusal(bytes).code(), "roster_broken_workbook");
    }
}

#[test]
fn text_in_no_encoding_we_read_is_named_by_its_line() {
    let damaged = [("客户名称,备注\n四川路桥有限公司,一切正常\n".repeat(3)).as_bytes(), b"\xe5\x9b,x\n"].concat();
    match refusal(&damaged) {
        ReadError::UnreadableText { line, .. } => assert_eq!(line, 7),
        other => unreachable!("{other}"),
    }
    let western = encoding_rs::WINDOWS_1252.encode("Name;Stra\u{df}e\nM\u{fc}ller;K\u{f6}nigsallee\n").0;
    assert_eq!(refusal(&western).code(), "roster_unreadable_text");
    let traditional = encoding_rs::BIG5.encode("客戶名稱,聯絡人\n臺灣營造股份有限公司,張先生的電話號碼\n").0;
    assert_eq!(refusal(&traditional).code(), "roster_unreadable_text");
}

#[test]
fn a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest() {
    let text = "客户名称,备注\n甲公司,\"没有结束\n乙公司,好\n丙公司,好\n";
    assert!(matches!(refusal(text.as_bytes()), ReadError::UnclosedQuote { line: 2 }));
    let closed = "客户名称,备注\n甲公司,\"结束\n了\"\n";
    assert_eq!(read(closed.as_bytes(), "x.csv").unwrap().rows[0].cell(1), "结束\n了");
}

#[test]
fn too_many_bytes_are_refused_packed_and_unpacked() {
    let large = vec![b'a'; limits::FILE_BYTES_MAX + 1];
    assert_eq!(refusal(&large).code(), "roster_too_large");
    let part = vec![b' '; usize::try_from(limits::UNPACKED_BYTES_MAX / 4).unwrap() + 1];
    let bomb = package(&[
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/a.xml", &part),
        ("xl/b.xml", &part),
        ("xl/c.xml", &part),
        ("xl/d.xml", &part),
    ]);
    assert!(bomb.len() < limits::FILE_BYTES_MAX);
    assert_eq!(refusal(&bomb).code(), "roster_too_large");
}

#[test]
fn an_xlsx_that_says_one_long_text_in_every_cell_is_refused() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let text = "长".repeat(limits::CELL_CHARS_MAX);
    for row in 0..150 {
        for column in 0..100 {
            sheet.write_string(row, column, &text).unwrap();
        }
    }
    assert_eq!(refusal(&book.save_to_buffer().unwrap()).code(), "roster_too_large");
}

#[test]
fn an_xlsx_cell_far_away_is_no_reason_to_take_memory() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "客户名称").unwrap();
    sheet.write_string(1_048_575, 0, "甲公司").unwrap();
    let sheet = read(&book.save_to_buffer().unwrap(), "x.xlsx").unwrap();
    assert_eq!(sheet.rows[0].line, 1_048_576);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_string(0, 16_383, "x").unwrap();
    assert_eq!(refusal(&book.save_to_buffer().unwrap()).code(), "roster_too_many_columns");
}

/// A shared string of this many characters, cut into records as Excel cuts them.
fn shared_string(chars: u16) -> Vec<u8> {
    let mut data = vec![1, 0, 0, 0, 1, 0, 0, 0];
    data.extend(chars.to_le_bytes());
    data.push(0);
    data.extend(vec![b'x'; 8000]);
    let mut records = record(0x00fc, &data);
    let mut left = usize::from(chars) - 8000;
    while left > 0 {
        let here = left.min(8000);
        records.extend(record(0x003c, &[vec![0], vec![b'x'; here]].concat()));
        left -= here;
    }
    records
}

fn shared_cell(row: u16, column: u16) -> Vec<u8> {
    let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0], [0, 0], [0, 0]].concat();
    record(0x00fd, &place)
}

#[test]
fn an_old_xls_cannot_make_its_reader_take_memory_without_bound() {
    // Sizes declared for a sheet that has one cell.
    let huge = record(0x0200, &[0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 0, 0]);
    let mut label = vec![0, 0, 0, 0, 0, 0, 4, 0, 0];
    label.extend(b"name");
    let sheet = read(&xls(&[], &[huge, record(0x0204, &label)]), "x.xls").unwrap();
    assert_eq!(sheet.header, ["name"]);
    // Two cells in opposite corners: the far one is named, and makes no room between them.
    let far = [vec![255, 255, 255, 255, 0, 0, 1, 0, 0], vec![b'x']].concat();
    let corners = read(&xls(&[], &[record(0x0204, &label), record(0x0204, &far)]), "x.xls").unwrap();
    assert_eq!(corners.far.unwrap().line, 65_536);
    // One long text named by many cells.
    let cells: Vec<_> = (0..3000).map(|row| shared_cell(row, 0)).collect();
    let repeated = xls(&[shared_string(32_000)], &cells);
    assert_eq!(refusal(&repeated).code(), "roster_cell_too_long");
}

#[test]
fn every_refusal_says_in_plain_words_what_to_do() {
    for error in
        [refusal(b""), refusal(b"%PDF-1.4"), refusal(b"<html>"), refusal(&compound(&[("/EncryptedPackage", b"x")]))]
    {
        let words = error.to_string();
        assert!(words.contains("Choose") || words.contains("choose") || words.contains("save it"), "{words}");
    }
}
