//! Possible duplicates are found by name, telephone and dongle number, in time that grows with the list.

#![cfg(test)]

use std::time::Instant;

use doorstep_roster::{By, Draft, Duplicate, Known, Level, With, drafts, possible_duplicates, read, suggest};

fn taken(text: &str) -> Vec<Draft> {
    let sheet = read(text.as_bytes(), "x.csv").unwrap();
    drafts(&sheet, &suggest(&sheet))
}

fn known(id: &str, name: &str) -> Known {
    Known { id: id.to_owned(), name: name.to_owned(), ..Known::default() }
}

fn found(duplicates: &[Duplicate]) -> Vec<(u32, String, By)> {
    duplicates
        .iter()
        .map(|duplicate| {
            let with = match &duplicate.with {
                With::Known { id } => id.clone(),
                With::Line { line } => format!("line {line}"),
            };
            (duplicate.line, with, duplicate.by)
        })
        .collect()
}

#[test]
fn names_are_equal_but_for_width_case_blanks_and_marks() {
    let drafts = taken("客户名称,备注\n四川路桥（集团）ＡＢＣ 有限公司,x\n");
    let duplicates = possible_duplicates(&drafts, [known("1", "四川路桥(集团)abc有限公司")].into_iter());
    assert_eq!(found(&duplicates), [(2, "1".to_owned(), By::Name)]);
    assert_eq!(duplicates[0].score, By::Name.score());
}

#[test]
fn names_are_similar_without_the_words_for_the_kind_of_firm() {
    let drafts = taken("客户名称,备注\n四川路桥建设集团股份有限公司,x\n中国公路有限公司成都分公司,x\n");
    let others =
        [known("1", "四川路桥建设有限责任公司"), known("2", "四川路桥桥梁有限公司"), known("3", "中国公路成都")];
    let duplicates = possible_duplicates(&drafts, others.into_iter());
    assert_eq!(found(&duplicates), [(2, "1".to_owned(), By::SimilarName)]);
}

#[test]
fn telephones_and_dongles_compare_however_they_are_written() {
    let drafts = taken(
        "客户名称,电话,联系人,手机,加密锁号\n甲公司,02887654321转8,张三,+86 13812345678,a-0012\n乙公司,95533,,,1\n",
    );
    let others = [
        Known { phones: vec!["(028) 8765-4321".to_owned()], ..known("1", "别的一") },
        Known { phones: vec!["138-1234-5678".to_owned()], ..known("2", "别的二") },
        Known {
            dongles: vec!["Ａ0012".to_owned()], phones: vec!["13812345678".to_owned()], ..known("3", "别的三")
        },
        Known { phones: vec!["95533".to_owned()], dongles: vec!["1".to_owned()], ..known("4", "别的四") },
    ];
    let duplicates = possible_duplicates(&drafts, others.into_iter());
    assert_eq!(
        found(&duplicates),
        [(2, "3".to_owned(), By::Dongle), (2, "1".to_owned(), By::Phone), (2, "2".to_owned(), By::Phone),]
    );
}

#[test]
fn lines_of_one_file_are_compared_with_those_before_them() {
    let drafts = taken("客户名称,备注\n甲乙公司,x\n丙丁公司,x\n甲乙公司,y\n甲乙有限公司,z\n");
    assert_eq!(
        found(&possible_duplicates(&drafts, std::iter::empty())),
        [
            (4, "line 2".to_owned(), By::Name),
            (5, "line 2".to_owned(), By::SimilarName),
            (5, "line 4".to_owned(), By::SimilarName),
        ]
    );
}

#[test]
fn a_section_is_the_same_only_within_the_same_unit() {
    let drafts = taken("公司,标段\n四川路桥有限公司,二标段\n中铁二局,二标段\n");
    let section = |id: &str, within: &str| Known {
        level: Some(Level::Section),
        within: Some(within.to_owned()),
        ..known(id, "二标段")
    };
    let others = [section("1", "四川路桥有限责任公司"), section("2", "别的公司")];
    assert_eq!(found(&possible_duplicates(&drafts, others.into_iter())), [(2, "1".to_owned(), By::Name)]);
}

#[test]
fn twenty_thousand_rows_against_a_hundred_thousand_customers_take_no_quadratic_time() {
    let row =
        |number: u32| format!("公路{number}工程有限公司,1{:010},A{number:06}\n", 3_000_000_000_u64 + u64::from(number));
    let text: String = std::iter::once("客户名称,手机,加密锁号\n".to_owned()).chain((0..20_000).map(row)).collect();
    // All alike: the worst for lists that are scanned.
    let alike: String =
        std::iter::once("客户名称,手机,加密锁号\n".to_owned()).chain((0..20_000).map(|_| row(7))).collect();
    let others = || (0..100_000_u32).map(|number| known(&number.to_string(), &format!("公路{number}工程有限公司")));
    let drafts = taken(&text);
    let start = Instant::now();
    assert_eq!(possible_duplicates(&drafts, others()).len(), 20_000);
    let alike = taken(&alike);
    assert!(possible_duplicates(&alike, others()).len() <= 20_000 * 15);
    // Pairwise this is two thousand million comparisons, minutes in a debug build.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
