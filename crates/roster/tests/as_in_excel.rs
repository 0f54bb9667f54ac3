//! Every cell is read as Excel shows it, in whatever form a program wrote it, and what Excel hides is told.

#![cfg(test)]

use std::io::{Cursor, Write};

use doorstep_roster::{Doubted, Format, ReadError, Sheet, read, read_sheet};
use zip::write::SimpleFileOptions;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name)) as &[u8]
    };
}

fn sheet(bytes: &[u8]) -> Sheet {
    read(bytes, "客户").unwrap()
}

fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    sheet(bytes).rows.into_iter().map(|row| row.cells).collect()
}

#[test]
fn a_value_under_any_format_is_what_excel_shows_in_both_formats_and_both_calendars() {
    let files = [
        ("forms.xlsx", fixture!("made/forms.xlsx")),
        ("forms-1904.xlsx", fixture!("made/forms-1904.xlsx")),
        ("forms.xls", fixture!("made/forms.xls")),
        ("forms-1904.xls", fixture!("made/forms-1904.xls")),
    ];
    let mut wrong = Vec::new();
    for (name, bytes) in files {
        let sheet = sheet(bytes);
        assert_eq!(sheet.rows.len(), 48, "{name}");
        // In the calendar of 1904 there is no day zero: the time alone stands behind a day.
        let rows = sheet.rows.iter().filter(|row| !(name.contains("1904") && row.cell(2) == "08:30"));
        for row in rows.filter(|row| row.cell(1) != row.cell(2)) {
            wrong.push(format!("{name} {}: {:?}, not {:?}", row.cell(0), row.cell(1), row.cell(2)));
        }
        let lost: Vec<_> = sheet.doubts.iter().filter(|doubt| doubt.what == Doubted::DigitsLost).collect();
        assert_eq!(lost.len(), 2, "{name}: numbers of more than fifteen digits");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_odd_about_a_file_leaves_its_list_as_it_is() {
    let base = table(fixture!("cases/base.xlsx"));
    assert_eq!(base[0][..5], ["四川甲路桥有限公司", "王五", "13800138000", "A-0001", "2026-12-31"]);
    for (name, bytes) in [
        ("x01", fixture!("cases/x01-base.xls")),
        ("x05", fixture!("cases/x05-biff8-codepage-1252.xls")),
        ("i01", fixture!("cases/i01-dimension-rows-only.xlsx")),
        ("i02", fixture!("cases/i02-hidden-macro-sheet.xlsm")),
        ("i11", fixture!("cases/i11-readme-first.xlsx")),
        ("c05", fixture!("cases/c05-fullwidth-comma.csv")),
    ] {
        assert_eq!(table(bytes)[0][..5], base[0][..5], "{name}");
    }
    assert!(table(fixture!("cases/x03-zero-padding.xls"))[0].iter().any(|cell| cell == "00012345"));
    let guarded = table(fixture!("cases/c01-formula-guard.csv"));
    assert_eq!(guarded[0][2..4], ["13800138000", "00012345"]);
    let month = table(fixture!("cases/i04-month-as-number-2027.10.xlsx"));
    assert_eq!(month[0][4], "2027.10");
}

#[test]
fn hidden_rows_columns_and_sheets_are_named_and_the_list_behind_a_readme_is_proposed() {
    for bytes in [fixture!("made/hidden.xlsx"), fixture!("made/hidden.xls")] {
        let mut sheet = sheet(bytes);
        assert_eq!(sheet.sheet_name.as_deref(), Some("客户"));
        assert_eq!(
            (sheet.other_sheets.as_slice(), sheet.hidden_sheets.as_slice()),
            (&["填表说明".into()][..], &["往年".into()][..])
        );
        assert_eq!(sheet.hidden_lines, [3]);
        assert_eq!(sheet.hidden_columns, [5]);
        let [doubt] = sheet.doubts.as_slice() else { unreachable!("{:?}", sheet.doubts) };
        assert_eq!((doubt.line, doubt.column, doubt.what), (4, 3, Doubted::NotComputed));
        sheet.leave_out_hidden_lines();
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert!(read_sheet(bytes, "x", "往年").unwrap().rows.is_empty(), "a hidden sheet can be read by its name");
    }
    assert_eq!(sheet(fixture!("cases/i05-filtered-row.xlsx")).hidden_lines.len(), 1);
}

/// A workbook of these parts, as any program might write it.
struct Parts<'p> {
    workbook: &'p str,
    sheet: &'p str,
    strings: &'p str,
    styles: &'p str,
}

const PLAIN: Parts<'static> = Parts {
    workbook: r#"<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    sheet: "",
    strings: "<sst/>",
    styles: "<styleSheet/>",
};

impl Parts<'_> {
    fn packed(&self) -> Vec<u8> {
        let rels = r#"<Relationships><Relationship Id="rId1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/xl/worksheets/Sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="SharedStrings.xml"/><Relationship Id="rId3" Type="x/styles" Target="styles.xml"/></Relationships>"#;
        let root = r#"<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            ("_rels/.rels", root),
            ("xl/workbook.xml", self.workbook),
            ("xl/_rels/workbook.xml.rels", rels),
            ("xl/worksheets/sheet1.xml", self.sheet),
            ("xl\\sharedStrings.xml", self.strings),
            ("xl/styles.xml", self.styles),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }
}

#[test]
fn every_form_in_which_xml_writes_a_cell_is_read() {
    let parts = Parts {
        strings: r#"<x:sst xmlns:x="m" count="4000000000" uniqueCount="4000000000"><x:si><x:r><x:t>客户</x:t></x:r><x:r><x:t xml:space="preserve">名称</x:t></x:r><x:rPh><x:t>kehu</x:t></x:rPh></x:si><x:si><x:t>甲&amp;乙&#x516C;司_x000D_
二行_x005F_x0041_</x:t></x:si><x:si/></x:sst>"#,
        styles: r#"<styleSheet><numFmts count="9"><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs count="99"><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="31"/><xf numFmtId="57"/><xf numFmtId="20"/></cellXfs></styleSheet>"#,
        sheet: r#"<x:worksheet xmlns:x="m"><x:dimension ref="Z99"/><x:cols><x:col min="9" max="16384" hidden="1"/></x:cols><x:sheetData>
<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:r><x:t>联系</x:t></x:r><x:r><x:t>人</x:t></x:r></x:is></x:c><x:c t="str"><x:v>备注</x:v></x:c></x:row>
<x:row r="3" spans="1:4000000000"><x:c r="A3" t="s"><x:v>1</x:v></x:c><x:c r="B3" t="b"><x:v>1</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c><x:c s="1"><x:v>46349</x:v></x:c><x:c s="2"><x:v>46349</x:v></x:c><x:c s="3"><x:v>46349</x:v></x:c><x:c s="4"><x:v>0.3541666</x:v></x:c><x:c t="d"><x:v>2026-11-23T00:00:00Z</x:v></x:c></x:row>
<x:row><x:c><x:f>A1</x:f></x:c><x:c t="str"><x:f>A1</x:f><x:v></x:v></x:c><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c><x:c t="s"><x:v>2</x:v></x:c><x:c t="n"><x:v>1.0E3</x:v></x:c><x:c s="77"><x:v>7</x:v></x:c></x:row>
</x:sheetData><x:mergeCells count="4000000000"><x:mergeCell ref="A3:A3"/></x:mergeCells></x:worksheet>"#,
        ..PLAIN
    };
    let sheet = sheet(&parts.packed());
    assert_eq!(sheet.header[..3], ["客户名称", "联系人", "备注"]);
    assert_eq!(sheet.rows[0].line, 3);
    assert_eq!(
        sheet.rows[0].cells,
        ["甲&乙公司\n二行_x0041_", "TRUE", "#N/A", "2026-11-23", "2026-11-23", "2026年11月", "8:30", "2026-11-23"]
    );
    assert_eq!(sheet.rows[1].cells, ["=A1", "", "2", "", "1000", "7"]);
    let doubts: Vec<_> = sheet.doubts.iter().map(|doubt| (doubt.line, doubt.column, doubt.what)).collect();
    assert_eq!(doubts, [(4, 0, Doubted::NotComputed)]);
}

#[test]
fn a_stray_cell_far_out_is_named_and_the_list_read() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["客户名称", "联系人"].iter().enumerate() {
        sheet.write_string(0, u16::try_from(column).unwrap(), *heading).unwrap();
        sheet.write_string(1, u16::try_from(column).unwrap(), "甲公司").unwrap();
    }
    sheet.write_string(7, 16_383, "x").unwrap();
    let sheet = self::sheet(&book.save_to_buffer().unwrap());
    assert_eq!(sheet.header, ["客户名称", "联系人"]);
    assert_eq!(sheet.rows.len(), 1);
    let far = sheet.far.unwrap();
    assert_eq!((far.count, far.line, far.column), (1, 8, 16_383));
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    record.extend(data);
    record
}

/// A cell's place and style.
fn at(row: u16, column: u16, style: u16) -> Vec<u8> {
    [row.to_le_bytes(), column.to_le_bytes(), style.to_le_bytes()].concat()
}

fn in_bytes(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    let bytes = encoding.encode(text).0;
    [u16::try_from(bytes.len()).unwrap().to_le_bytes().to_vec(), bytes.into_owned()].concat()
}

#[test]
fn an_excel_5_workbook_is_read_in_its_code_page_with_and_without_a_container() {
    let begin = |kind: u8| record(0x0809, &[0, 5, kind, 0, 0, 0, 0, 0]);
    let end = record(0x000a, &[]);
    let label = |row, column, text| record(0x0204, &[at(row, column, 0), in_bytes(text, encoding_rs::GBK)].concat());
    let cells = [
        label(0, 0, "客户名称"),
        label(0, 1, "维护期至"),
        label(1, 0, "四川甲路桥有限公司"),
        record(0x0203, &[at(1, 1, 1), 46349_f64.to_le_bytes().to_vec()].concat()),
    ]
    .concat();
    for page in [Some(936_u16), None] {
        let page = page.map(|page| record(0x0042, &page.to_le_bytes())).unwrap_or_default();
        let format = record(0x041e, &[&[164, 0, 10][..], b"yyyy-mm-dd"].concat());
        let styles = [record(0x00e0, &[0; 16]), record(0x00e0, &[&[0, 0, 164, 0][..], &[0; 12]].concat())].concat();
        let globals = [begin(5), page, format, styles].concat();
        let name = encoding_rs::GBK.encode("客户").0;
        let start = u32::try_from(globals.len() + 4 + 7 + name.len() + end.len()).unwrap();
        let bound = [&start.to_le_bytes()[..], &[0, 0], &[u8::try_from(name.len()).unwrap()], &name].concat();
        let stream = [globals, record(0x0085, &bound), end.clone(), begin(0x10), cells.clone(), end.clone()].concat();
        let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        container.create_stream("/Book").unwrap().write_all(&stream).unwrap();
        container.flush().unwrap();
        for bytes in [container.into_inner().into_inner(), stream] {
            let sheet = sheet(&bytes);
            assert_eq!((sheet.format, sheet.sheet_name.as_deref()), (Format::Xls, Some("客户")));
            assert_eq!(sheet.rows[0].cells, ["四川甲路桥有限公司", "2026-11-23"]);
        }
    }
    let small = [begin(0x10), label(0, 0, "客户名称"), label(1, 0, "甲公司"), end].concat();
    assert_eq!(table(&small), [["甲公司"]], "as small writers make it: one sheet and nothing around it");
    let old = read(&record(0x0409, &[0; 6]), "x.xls").unwrap_err();
    assert!(matches!(old, ReadError::OtherTable { .. }), "{old}");
}

#[test]
fn every_record_in_which_an_old_xls_writes_a_cell_is_read() {
    let begin = |kind: u8| record(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let end = record(0x000a, &[]);
    // One text cut within its characters, narrow first and wide behind.
    let mut shared = vec![9, 0, 0, 0, 9, 0, 0, 0];
    shared.extend([6, 0, 0x08, 1, 0]);
    shared.extend(b"A-1");
    let wide: Vec<u8> = "号锁啊".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let behind = [&[1][..], &wide, &[0, 0, 5, 0]].concat();
    let globals =
        [begin(5), record(0x0042, &1252_u16.to_le_bytes()), record(0x00fc, &shared), record(0x003c, &behind)].concat();
    let start = u32::try_from(globals.len() + 4 + 9 + end.len()).unwrap();
    let bound = [&start.to_le_bytes()[..], &[0, 0, 1, 0], b"S"].concat();
    let text = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [u16::try_from(units.len() / 2).unwrap().to_le_bytes().to_vec(), vec![1], units].concat()
    };
    let cells = [
        record(0x00d6, &[at(0, 0, 0), text("客户名称"), vec![0, 0]].concat()),
        record(0x0204, &[at(0, 1, 0), text("备注")].concat()),
        record(0x00fd, &[at(1, 0, 0), vec![0, 0, 0, 0]].concat()),
        // 13812345678 as a whole number does not fit; 1234 does, and 12.34 as its hundredth.
        record(
            0x00bd,
            &[
                vec![1, 0, 1, 0],
                vec![0, 0],
                (1234_u32 << 2 | 2).to_le_bytes().to_vec(),
                vec![0, 0],
                (1234_u32 << 2 | 3).to_le_bytes().to_vec(),
                vec![2, 0],
            ]
            .concat(),
        ),
        record(
            0x027e,
            &[at(1, 3, 0), (u32::try_from(1.5_f64.to_bits() >> 32).unwrap()).to_le_bytes().to_vec()].concat(),
        ),
        record(0x0205, &[at(1, 4, 0), vec![1, 0]].concat()),
        record(0x0205, &[at(1, 5, 0), vec![0x2a, 1]].concat()),
        record(0x0006, &[at(1, 6, 0), 7_f64.to_le_bytes().to_vec(), vec![0; 8]].concat()),
        record(0x0006, &[at(1, 7, 0), vec![0, 0, 0, 0, 0, 0, 255, 255], vec![0; 8]].concat()),
        record(0x04bc, &[0; 10]),
        record(0x0207, &text("结果")),
        record(0x0006, &[at(1, 8, 0), vec![1, 0, 1, 0, 0, 0, 255, 255], vec![0; 8]].concat()),
    ]
    .concat();
    let stream = [globals, record(0x0085, &bound), end.clone(), begin(0x10), cells, end].concat();
    let sheet = sheet(&stream);
    assert_eq!(sheet.header[..2], ["客户名称", "备注"]);
    assert_eq!(sheet.rows[0].cells, ["A-1号锁啊", "1234", "12.34", "1.5", "TRUE", "#N/A", "7", "结果", "TRUE"]);
}
