//! Receipts read back with the tools that others use: pdftotext, pdffonts and qpdf.

#![cfg(test)]

mod cases;

use std::path::Path;
use std::process::Command;

use doorstep_paper::receipt::{self, Amendment, Clause, ItemState, Photo, Receipt, Signature};
use doorstep_paper::{Error, Fonts, Language, Paper};

fn render(receipt: &Receipt) -> Vec<u8> {
    receipt::render(receipt, Fonts::embedded().unwrap(), Language::Chinese, Paper::A4).unwrap()
}

/// Runs a tool over the paper and returns what it says; fails when the tool does.
fn read_with(program: &str, options: &[&str], pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paper.pdf");
    std::fs::write(&file, pdf).unwrap();
    let tail: &[&Path] = if program == "pdftotext" { &[&file, Path::new("-")] } else { &[&file] };
    let output = Command::new(program).args(options).args(tail).output();
    let output = output.unwrap_or_else(|error| panic!("{program} (poppler-utils, qpdf) is needed: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn dense(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// The text of each page in the order in which it was drawn, without white space.
fn pages(pdf: &[u8]) -> Vec<String> {
    let text = read_with("pdftotext", &["-raw"], pdf);
    text.split_terminator('\u{C}').map(dense).collect()
}

/// The text of the body, with what every page repeats taken away.
fn body(pages: &[String], receipt: &Receipt) -> String {
    let slim = dense(&format!("{}服务确认单(回执){}", receipt.vendor.legal_name, receipt.number));
    let cut = |(index, page): (usize, &String)| {
        let page = if index == 0 { page.as_str() } else { page.strip_prefix(&slim).unwrap() };
        let foot = page.rfind("支持热线").unwrap();
        page[..foot].to_owned()
    };
    pages.iter().enumerate().map(cut).collect()
}

/// Every text of the receipt, whatever field it is in.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        serde_json::Value::Object(fields) => {
            let said = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "mode" | "state"));
            said.for_each(|(_, value)| texts(value, found));
        }
        _ => {}
    }
}

fn assert_reads_back(receipt: &Receipt) {
    let pdf = render(receipt);
    let pages = pages(&pdf);
    let everything = format!("{}{}", pages.concat(), body(&pages, receipt));
    let mut expected = Vec::new();
    texts(&serde_json::to_value(receipt).unwrap(), &mut expected);
    assert!(expected.len() > 30);
    for text in expected {
        assert!(everything.contains(&dense(&text)), "{text:?} is not in {everything}");
    }
}

#[test]
fn every_character_reads_back_with_0_1_20_and_200_items() {
    for items in [0, 1, 20, 200] {
        assert_reads_back(&cases::receipt(items));
    }
}

#[test]
fn rare_names_units_ticks_and_emoji_read_back_wherever_they_stand() {
    let mut receipt = cases::receipt(4);
    let rare = format!("{}😀葛\u{E0100}豈一⼀", cases::RARE);
    receipt.customer.contact = Some(rare.clone());
    receipt.problems[0].symptom = rare.clone();
    receipt.checklists[0].sections[0].items[0].remark = Some(rare.clone());
    receipt.clauses.push(Clause { text: rare, bold: true });
    assert_reads_back(&receipt);
}

#[test]
fn names_in_yi_tibetan_and_uyghur_are_printed_and_read_back_letter_by_letter() {
    let mut receipt = cases::receipt(1);
    receipt.customer.unit = "ꆈꌠ路桥 བོད་ལྗོངས་ 公司".to_owned();
    receipt.customer.project_office = Some("姓名：ئادىل قۇربان 138".to_owned());
    let pdf = render(&receipt);
    let text = read_with("pdftotext", &["-raw"], &pdf);
    assert!(!text.contains("[U+"), "{text}");
    for word in ["ꆈꌠ路桥", "138"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let dense: String = dense(&text);
    for letter in "བོདལྗངསئادىلقۇربن".chars() {
        assert!(dense.contains(letter), "{letter}: {text}");
    }
    if let Some(place) = std::env::var_os("DOORSTEP_LOOK") {
        std::fs::write(place, pdf).unwrap();
    }
}

#[test]
fn fonts_are_embedded_and_subset_and_readable() {
    for items in [0, 1, 20, 200] {
        let said = read_with("pdffonts", &[], &render(&cases::receipt(items)));
        let fonts: Vec<&str> = said.lines().skip(2).collect();
        assert!(!fonts.is_empty());
        for font in fonts {
            let columns: Vec<&str> = font.split_whitespace().rev().take(5).collect();
            assert_eq!(columns[2..], ["yes", "yes", "yes"], "embedded, subset, Unicode: {font}");
            assert!(font.contains("+NotoSans"), "{font}");
        }
    }
}

#[test]
fn qpdf_finds_nothing_wrong() {
    for receipt in [cases::receipt(0), cases::receipt(1), cases::receipt(20), cases::receipt(200), with_everything()] {
        let said = read_with("qpdf", &["--check"], &render(&receipt));
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
        assert!(!said.contains("WARNING"), "{said}");
    }
}

/// Refused, amended, replaced, reprinted, with photos.
fn with_everything() -> Receipt {
    let photo =
        |width, height| Photo { caption: format!("照片 {width}×{height}"), bytes: cases::photo(width, height) };
    Receipt {
        amendment: Some(Amendment { revision: 2, reason: "完成时间写错".to_owned() }),
        reprint: true,
        replaced: true,
        photos: vec![photo(640, 480), photo(480, 640), photo(800, 300)],
        signature: Signature::Refused {
            reason: "要求解决打印问题后再签".to_owned(),
            witness: Some("陈䶮".to_owned()),
            date: Some("2026年11月23日".to_owned()),
        },
        ..cases::receipt(3)
    }
}

#[test]
fn amendment_replacement_reprint_refusal_and_captions_are_printed() {
    let receipt = with_everything();
    assert_reads_back(&receipt);
    let text = pages(&render(&receipt)).concat();
    for mark in ["更正(第2版)", "已被新版替代", "补打", "拒签原因", "见证人"] {
        assert!(text.contains(mark), "{mark} is not in {text}");
    }
    assert!(!text.contains("(盖章)"), "a refusal has no place for a stamp");
}

#[test]
fn a_signed_receipt_keeps_a_place_for_the_stamp_and_states_what_it_is_not() {
    let text = pages(&render(&cases::receipt(1))).concat();
    assert!(text.contains("(盖章)"));
    assert!(text.contains("本单不是对工程或软件的验收"));
}

#[test]
fn the_table_head_and_the_page_number_are_on_every_page() {
    let receipt = cases::receipt(200);
    let pages = pages(&render(&receipt));
    assert!(pages.len() > 5);
    for (index, page) in pages.iter().enumerate() {
        assert!(page.ends_with(&format!("第{}页/共{}页", index + 1, pages.len())), "{page}");
        if page.contains("（项") {
            assert_eq!(page.matches("检查项目").count(), 1, "page {} has rows but no head: {page}", index + 1);
        }
        assert!(page.contains(receipt.content_hash.as_deref().unwrap()));
        assert!(page.contains(&receipt.number));
    }
}

#[test]
fn no_row_is_broken_across_pages() {
    let pages = pages(&render(&cases::receipt(200)));
    for item in (2..200).step_by(5) {
        let row =
            format!("项目文件完整备份已做，并在另一块硬盘上核对总造价、清单条数和工料机汇总与原文件一致（项{item}）");
        let remark = "移动硬盘空间不足（剩余1.2GB），客户明天购买后由驻地人员补做，见遗留问题";
        let page = pages.iter().find(|page| page.contains(&row)).unwrap_or_else(|| panic!("{row} is broken"));
        let after = page.find(&row).unwrap() + row.len();
        assert!(page[after..].starts_with(&format!("否{remark}")), "{}", &page[after..]);
    }
}

#[test]
fn the_same_receipt_gives_the_same_bytes_and_another_another_identifier() {
    let receipt = with_everything();
    assert_eq!(render(&receipt), render(&receipt));
    let other = Receipt { number: "DS-CD-20261123-000000".to_owned(), ..receipt.clone() };
    assert_ne!(render(&receipt), render(&other));
}

#[test]
fn a_receipt_without_photos_stays_small() {
    let full = cases::receipt(20);
    let bytes = render(&full).len();
    assert!(bytes < 60 * 1024, "with problems, questions and all: {bytes} bytes");
    let items = Receipt { problems: Vec::new(), questions: Vec::new(), open_points: Vec::new(), ..full };
    let bytes = render(&items).len();
    assert!(bytes < 50 * 1024, "twenty items: {bytes} bytes");
}

#[test]
fn english_and_a5_read_back_too() {
    let receipt = Receipt { clauses: receipt::default_clauses(Language::English).unwrap(), ..cases::receipt(20) };
    let fonts = Fonts::embedded().unwrap();
    for paper in [Paper::A4, Paper::A5, Paper::Roll80] {
        let pdf = receipt::render(&receipt, fonts, Language::English, paper).unwrap();
        let text = pages(&pdf).concat();
        for words in ["Servicereceipt", "Project office", "Page1of", "no acceptance of works", &receipt.customer.unit] {
            assert!(text.contains(&dense(words)), "{words} is not in {text}");
        }
    }
}

#[test]
fn the_file_says_its_title_language_and_date_and_not_the_time_it_was_made() {
    let info = read_with("pdfinfo", &[], &render(&cases::receipt(1)));
    assert!(info.contains("服务确认单(回执) DS-CD-20261123-7F3A9C"), "{info}");
    assert!(info.contains("成都路桥造价软件科技有限公司"), "{info}");
    assert!(info.contains("Nov 23"), "{info}");
    assert!(info.contains("pts (A4)"), "{info}");
    assert!(!info.contains("PDF/X"), "{info}");
}

#[test]
fn a_picture_that_is_none_is_refused_by_name_and_nothing_is_printed() {
    let broken = |bytes: &[u8]| Receipt {
        photos: vec![Photo { caption: "机房".to_owned(), bytes: bytes.to_vec() }],
        ..cases::receipt(1)
    };
    let jpeg = cases::photo(64, 64);
    for bytes in [b"not a picture".as_slice(), b"", &jpeg[..40]] {
        let made = receipt::render(&broken(bytes), Fonts::embedded().unwrap(), Language::Chinese, Paper::A4);
        assert!(matches!(&made, Err(Error::Picture { place, .. }) if place == "机房"), "{made:?}");
    }
}

#[test]
fn more_than_a_paper_can_carry_is_refused() {
    let receipt = cases::receipt(6_000);
    let made = receipt::render(&receipt, Fonts::embedded().unwrap(), Language::Chinese, Paper::A4);
    assert!(matches!(made, Err(Error::TooMuch { what: "checklist items", count: 6_000, .. })));
}

#[test]
fn a_remark_longer_than_a_page_is_printed_to_its_end() {
    let mut receipt = cases::receipt(3);
    let remark: String = (0..400).map(|line| format!("第{line}句备注。")).collect();
    receipt.checklists[0].sections[0].items[1].remark = Some(remark.clone());
    receipt.checklists[0].sections[0].items[1].state = ItemState::Failed;
    let pages = pages(&render(&receipt));
    let text = body(&pages, &receipt).replace("#检查项目结果备注", "");
    assert!(text.contains(&remark), "{text}");
}

#[test]
fn the_signature_shares_its_page_with_the_clauses_wherever_the_page_ends() {
    for items in 0..24 {
        let pages = pages(&render(&cases::receipt(items)));
        let signed = pages.iter().find(|page| page.contains("客户签字姓名") || page.contains("职务计划")).unwrap();
        assert!(signed.contains("本单不是对工程或软件的验收"), "with {items} items: {signed}");
    }
}
