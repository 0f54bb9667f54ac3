//! Lists made by other programs come in as a person sees them there.

#![cfg(test)]

use doorstep_roster::{Encoding, Format, ReadError, Row, Sheet, limits, read, read_sheet};

/// Written with openpyxl: a hidden first sheet, a merged title, numbers where telephones are meant.
const OPENPYXL: &[u8] = include_bytes!("fixtures/openpyxl.xlsx");
/// Written with xlwt.
const XLWT: &[u8] = include_bytes!("fixtures/xlwt.xls");
/// Written with Python in GBK, lines ended as on Windows.
const GBK: &[u8] = include_bytes!("fixtures/notepad-gbk.csv");

fn cells(row: &Row) -> Vec<&str> {
    row.cells.iter().map(String::as_str).collect()
}

fn csv(text: &str) -> Sheet {
    read(text.as_bytes(), "list.csv").unwrap()
}

#[test]
fn an_xlsx_is_read_as_it_looks_in_excel() {
    let sheet = read(OPENPYXL, "客户.xlsx").unwrap();
    assert_eq!(sheet.format, Format::Xlsx);
    assert!(!sheet.name_disagrees);
    assert_eq!(sheet.sheet_name.as_deref(), Some("客户台账"));
    assert_eq!(sheet.other_sheets, ["往年"]);
    assert_eq!(sheet.header_line, Some(4));
    let above: Vec<_> = sheet.above.iter().map(|row| row.cell(0)).collect();
    assert_eq!(above, ["2026年度客户服务台账", "制表：服务中心"]);
    let lines: Vec<u32> = sheet.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [5, 6, 8]);
    assert_eq!(
        cells(&sheet.rows[0]),
        [
            "蜀道投资集团",
            "四川路桥建设有限公司",
            "张三",
            "13812345678",
            "00001234",
            "2026-11-23",
            "2018公路",
            "028-87654321",
            "第一行\n第二行",
            "0.3"
        ]
    );
    assert_eq!(sheet.rows[1].cell(0), "蜀道投资集团", "merged down");
    assert_eq!(sheet.rows[1].cell(9), "1000000000000000000000", "no exponent");
    assert_eq!(sheet.rows[2].cell(2), "王𠮷");
    assert_eq!(sheet.rows[2].cell(8), "=1+1");
}

#[test]
fn an_old_xls_is_read_as_it_looks_in_excel() {
    let sheet = read(XLWT, "客户.xls").unwrap();
    assert_eq!(sheet.format, Format::Xls);
    assert_eq!(sheet.sheet_name.as_deref(), Some("客户"));
    assert_eq!(sheet.header_line, Some(3));
    assert_eq!(
        cells(&sheet.rows[0]),
        ["蜀道投资集团", "四川路桥建设有限公司", "13812345678", "2026-11-23", "46349", "="],
        "the last is a formula nobody worked out"
    );
    assert_eq!(cells(&sheet.rows[1]), ["蜀道投资集团", "四川公路桥梁有限公司", "13987654321", "2027-01-31"]);
    assert_eq!(sheet.rows[2].line, 7);
    assert_eq!(sheet.rows[2].cell(5), "长".repeat(300));
}

#[test]
fn a_gbk_csv_keeps_its_line_breaks_and_says_the_line_of_each_row() {
    let sheet = read(GBK, "客户.csv").unwrap();
    assert_eq!(sheet.encoding, Some(Encoding::Gbk));
    assert_eq!(sheet.delimiter, Some(','));
    assert_eq!(sheet.rows[0].line, 2);
    assert_eq!(sheet.rows[0].cell(3), "第一行\n第二行");
    assert_eq!(sheet.rows[1].line, 5, "the quoted line break and the blank line count");
    assert_eq!(cells(&sheet.rows[1]), ["中铁二局", "李四", "13987654321", "㎡"]);
}

#[test]
fn content_decides_and_the_name_is_only_compared() {
    let sheet = read(OPENPYXL, "客户.csv").unwrap();
    assert_eq!(sheet.format, Format::Xlsx);
    assert!(sheet.name_disagrees);
    assert!(read(GBK, "客户.xls").unwrap().name_disagrees);
    assert!(!read(GBK, "客户").unwrap().name_disagrees);
}

#[test]
fn every_encoding_people_save_in_gives_the_same_table() {
    let text = "客户名称,电话\r\n四川路桥,028-87654321\r\n";
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let le: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let be: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let files = [
        (Encoding::Utf8, text.as_bytes().to_vec()),
        (Encoding::Utf8Bom, [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        (Encoding::Utf16Le, [b"\xff\xfe".to_vec(), le].concat()),
        (Encoding::Utf16Be, [b"\xfe\xff".to_vec(), be].concat()),
        (Encoding::Gbk, encoding_rs::GBK.encode(text).0.into_owned()),
        (Encoding::Gb18030, encoding_rs::GB18030.encode(&text.replace("路桥", "𠮷桥")).0.into_owned()),
    ];
    for (encoding, bytes) in files {
        let sheet = read(&bytes, "x.csv").unwrap();
        assert_eq!(sheet.encoding, Some(encoding));
        assert_eq!(sheet.header, ["客户名称", "电话"], "{encoding:?}");
        let rare = encoding == Encoding::Gb18030;
        let name = if rare { "四川𠮷桥" } else { "四川路桥" };
        assert_eq!(cells(&sheet.rows[0]), [name, "028-87654321"], "{encoding:?}");
    }
}

#[test]
fn the_delimiter_is_found_although_cells_hold_the_others() {
    assert_eq!(csv("客户名称;备注\n甲公司;a,b,c\n乙公司;d,e\n").delimiter, Some(';'));
    assert_eq!(csv("客户名称\t备注\n甲公司\ta,b\n").delimiter, Some('\t'));
    assert_eq!(csv("客户名称,备注\n甲公司,\"a;b;c\"\n乙公司,d;e\n").delimiter, Some(','));
    let declared = csv("sep=;\n客户名称;备注\n甲,乙;丙\n");
    assert_eq!(declared.delimiter, Some(';'));
    assert_eq!(declared.header_line, Some(2));
    assert_eq!(cells(&declared.rows[0]), ["甲,乙", "丙"]);
    assert_eq!(csv("客户名称\n甲公司\n").rows[0].cells, ["甲公司"]);
}

#[test]
fn columns_parted_by_marks_of_sentences_are_columns_where_the_whole_list_agrees() {
    for mark in ["，", "|", "；", "｜"] {
        let sheet = csv(&format!("客户名称{mark}联系人{mark}备注\n甲公司{mark}张三{mark}\"a{mark}b\"\n"));
        assert_eq!(sheet.header, ["客户名称", "联系人", "备注"], "{mark}");
        assert_eq!(cells(&sheet.rows[0]), ["甲公司", "张三", &format!("a{mark}b")]);
    }
    let notes = csv("客户名称,备注\n甲公司,急，请先打电话，再上门\n乙公司,好，可以\n");
    assert_eq!(notes.delimiter, Some(','));
    let paths = csv("客户名称\n蜀道集团|四川路桥\n中铁二局\n蜀道集团|川高\n");
    assert_eq!(paths.header, ["客户名称"], "a unit's name may hold the mark");
}

#[test]
fn what_marks_digits_as_text_is_no_part_of_them() {
    let sheet =
        csv("客户名称,手机,加密锁号\n甲公司,=\"13812345678\",\"=\"\"00012345\"\"\"\n乙公司,'13812345678,'00012345\n");
    for row in &sheet.rows {
        assert_eq!(row.cells[1..], ["13812345678", "00012345"]);
    }
}

#[test]
fn titles_above_the_header_are_kept_apart() {
    let sheet = csv("2026年客户,,\n,,\n序号,客户名称,手机\n1,甲公司,13812345678\n");
    assert_eq!(sheet.header, ["序号", "客户名称", "手机"]);
    assert_eq!(sheet.header_line, Some(3));
    assert_eq!(sheet.above[0].cells, ["2026年客户"]);
}

#[test]
fn a_list_without_a_header_loses_no_customer() {
    let sheet = csv("四川路桥有限公司,张三,13812345678\n中铁二局,李四,13987654321\n");
    assert_eq!(sheet.header_line, None);
    assert_eq!(sheet.header, ["A", "B", "C"]);
    assert_eq!(sheet.rows.len(), 2);
    assert_eq!(sheet.rows[0].line, 1);
}

#[test]
fn unknown_headings_are_headings_still() {
    let sheet = csv("甲,乙,丙\nx,y,z\n");
    assert_eq!(sheet.header, ["甲", "乙", "丙"]);
    assert_eq!(sheet.rows.len(), 1);
}

#[test]
fn another_sheet_is_read_by_its_name() {
    let sheet = read_sheet(OPENPYXL, "x.xlsx", "往年").unwrap();
    assert_eq!(sheet.header, ["旧"]);
    for (bytes, name) in [(OPENPYXL, "没有"), (XLWT, "没有"), (GBK, "Sheet1")] {
        let missing = read_sheet(bytes, "x", name).unwrap_err();
        assert!(matches!(missing, ReadError::NoSuchSheet));
    }
}

#[test]
fn a_full_list_is_read_and_one_row_more_is_refused() {
    let mut text = String::from("客户名称,手机\n");
    for number in 0..limits::ROWS_MAX {
        text.push_str(&format!("客户{number},1\n"));
    }
    assert_eq!(csv(&text).rows.len(), limits::ROWS_MAX);
    text.push_str("多,1\n");
    let refused = read(text.as_bytes(), "x.csv").unwrap_err();
    assert_eq!(refused.code(), "roster_too_many_rows");
}

#[test]
fn what_is_too_wide_or_too_long_is_named_by_its_place() {
    let wide = "x,".repeat(limits::COLUMNS_MAX) + "x\n";
    let refused = read(wide.as_bytes(), "x.csv").unwrap_err();
    assert!(matches!(refused, ReadError::TooManyColumns { line: 1, .. }));
    let trailing = "x".to_owned() + &",".repeat(300) + "\n";
    assert!(read(trailing.as_bytes(), "x.csv").is_ok(), "blank cells are no columns");
    let long = format!("客户名称,备注\n甲,{}\n", "长".repeat(limits::CELL_CHARS_MAX + 1));
    let refused = read(long.as_bytes(), "x.csv").unwrap_err();
    assert!(matches!(refused, ReadError::CellTooLong { line: 2, column: 2, .. }));
}
