//! What is exported comes back as it was, and no value becomes a formula.

#![cfg(test)]

use doorstep_roster::{Encoding, Export, ExportFormat, WriteError, drafts, errors_file, read, suggest, write};
use proptest::prelude::*;

const FORMATS: [ExportFormat; 3] = [ExportFormat::Xlsx, ExportFormat::CsvUtf8, ExportFormat::CsvGbk];

fn table(rows: &[&[&str]]) -> Export {
    let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    Export {
        header: owned(&["客户名称", "联系人", "手机", "备注"]),
        rows: rows.iter().map(|cells| owned(cells)).collect(),
    }
}

fn without_trailing_blanks(mut cells: Vec<String>) -> Vec<String> {
    while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells
}

fn comes_back(table: &Export, format: ExportFormat) {
    let written = write(table, format).unwrap();
    let sheet = read(&written.bytes, "x").unwrap();
    assert_eq!(sheet.encoding, written.encoding);
    assert_eq!(sheet.header, table.header);
    assert_eq!(sheet.rows.len(), table.rows.len(), "{format:?}");
    for (back, row) in sheet.rows.iter().zip(&table.rows) {
        assert_eq!(without_trailing_blanks(back.cells.clone()), without_trailing_blanks(row.clone()), "{format:?}");
    }
}

#[test]
fn awkward_values_come_back_from_every_format() {
    let awkward = table(&[
        &["四川路桥", "张\"三\"", "13812345678", "a,b;c\td\ne"],
        &["=1+1", "+8613812345678", "-5", "@SUM(A1)"],
        &["'=1+1", "''", "'x", " =1"],
        &["乙公司", "'1", "''007", "'"],
        &["＝1", "\tx", "007", "1e5"],
        &["_x0041_", "&lt;", " 空 格 ", "王𠮷㎡〇"],
        &["x", "", "", ""],
    ]);
    for format in FORMATS {
        comes_back(&awkward, format);
    }
}

#[test]
fn a_csv_cell_that_a_spreadsheet_would_run_is_guarded() {
    let written =
        write(&table(&[&["=cmd", "+86", "-1", "@x"], &["a=b", "1+1", "", " =1"]]), ExportFormat::CsvUtf8).unwrap();
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.starts_with('\u{feff}'));
    assert!(text.contains("'=cmd,'+86,'-1,'@x"));
    assert!(text.contains("a=b,1+1,,' =1"));
}

#[test]
fn an_xlsx_holds_text_only_and_a_frozen_bold_header() {
    use calamine::{Data, Reader, Xlsx};
    let written = write(&table(&[&["=1+1", "+86", "007", "46349"]]), ExportFormat::Xlsx).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(&written.bytes)).unwrap();
    let range = book.worksheet_range("Sheet1").unwrap();
    assert!(range.used_cells().all(|(_, _, value)| matches!(value, Data::String(_))));
    assert!(book.worksheet_formula("Sheet1").unwrap().is_empty());
    assert!(book.worksheet_style("Sheet1").unwrap().get((0, 0)).unwrap().font.as_ref().unwrap().is_bold());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&written.bytes)).unwrap();
    let part = std::io::read_to_string(archive.by_name("xl/worksheets/sheet1.xml").unwrap()).unwrap();
    assert!(part.contains("state=\"frozen\"") && part.contains("<cols>"));
}

#[test]
fn equal_tables_make_equal_files() {
    let table = table(&[&["甲", "乙", "丙", "丁"]]);
    let first = write(&table, ExportFormat::Xlsx).unwrap();
    let made = |bytes: &[u8]| {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        std::io::read_to_string(archive.by_name("docProps/core.xml").unwrap()).unwrap()
    };
    assert!(made(&first.bytes).contains("2000-01-01T00:00:00Z"), "no clock was asked");
    assert_eq!(first, write(&table, ExportFormat::Xlsx).unwrap());
}

#[test]
fn characters_gbk_lacks_are_written_in_gb18030_and_named() {
    let plain = write(&table(&[&["四川路桥", "㎡", "", ""]]), ExportFormat::CsvGbk).unwrap();
    assert_eq!(plain.encoding, Some(Encoding::Gbk));
    let rare = write(&table(&[&["王𠮷", "𠮷", "😀", ""]]), ExportFormat::CsvGbk).unwrap();
    assert_eq!(rare.encoding, Some(Encoding::Gb18030));
    assert_eq!(rare.beyond_gbk, ['😀', '𠮷']);
}

#[test]
fn what_cannot_be_written_is_said_and_not_replaced() {
    let long = table(&[&["长".repeat(32_768).as_str()]]);
    for format in FORMATS {
        let refused = write(&long, format).unwrap_err();
        assert!(matches!(refused, WriteError::CellTooLong { row: 2, column: 1 }));
    }
    let odd = write(&table(&[&["\u{e5e5}"]]), ExportFormat::CsvGbk).unwrap_err();
    assert_eq!(odd.code(), "roster_unencodable");
    comes_back(&table(&[&["\u{e5e5}"]]), ExportFormat::CsvUtf8);
}

#[test]
fn rows_that_could_not_be_taken_go_out_with_the_reason_and_come_in_again() {
    let text = "列表,,\n客户名称,手机,合同额\n甲公司,13812345678,1\n,13987654321,2\n乙公司,12,3\n";
    let sheet = read(text.as_bytes(), "x.csv").unwrap();
    let drafts = drafts(&sheet, &suggest(&sheet));
    let written = errors_file(&sheet, &drafts, ExportFormat::CsvUtf8, "问题", |error| {
        format!("{:?}: {}", error.code, error.value)
    })
    .unwrap();
    let back = read(&written.bytes, "x.csv").unwrap();
    assert_eq!(back.header, ["客户名称", "手机", "合同额", "问题"]);
    assert_eq!(back.rows[0].cells, ["", "13987654321", "2", "NameMissing: "]);
    assert_eq!(back.rows[1].cells, ["乙公司", "12", "3", "PhoneInvalid: 12"]);
    assert_eq!(back.rows.len(), 2);
    assert!(suggest(&back).left_out.contains(&3), "the reason is no field of a customer");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_table_comes_back_from_every_format(
        rows in prop::collection::vec(
            ("[一-龥a-z=+@'-]{1,8}", prop::collection::vec("([ -~]|[一-龥]|[\t\n'=+@-]|𠮷|_x00){0,12}", 3)),
            1..12,
        )
    ) {
        let table = Export {
            header: ["客户名称", "联系人", "手机", "备注"].map(str::to_owned).to_vec(),
            rows: rows.into_iter().map(|(name, rest)| {
                // A cell of nothing but blanks is a blank cell.
                let rest = rest.into_iter().map(|cell| if cell.trim().is_empty() { String::new() } else { cell });
                std::iter::once(name).chain(rest).collect()
            }).collect(),
        };
        for format in FORMATS {
            comes_back(&table, format);
        }
    }
}
