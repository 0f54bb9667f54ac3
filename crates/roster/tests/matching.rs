//! Columns are matched by what people call them, then by what stands below.

#![cfg(test)]

use doorstep_roster::{Basis, Column, Matching, Sheet, read, suggest};

fn sheet(text: &str) -> Sheet {
    read(text.as_bytes(), "x.csv").unwrap()
}

fn matched(matching: &Matching) -> Vec<(usize, Column)> {
    matching.columns.iter().map(|m| (m.index, m.column)).collect()
}

#[test]
fn chinese_and_english_headings_are_known_in_any_width_case_and_dress() {
    let sheet = sheet(
        "＊单位全称（必填）,Project Office,标 段,加密锁号 / 授权号,维护期至：,E-Mail,ＭＯＢＩＬＥ\n甲公司,一,二,3,2026-11-23,a@b.cn,13812345678\n",
    );
    let matching = suggest(&sheet);
    assert_eq!(
        matched(&matching),
        [
            (0, Column::Name),
            (1, Column::ProjectOffice),
            (2, Column::Section),
            (3, Column::DongleNumber),
            (4, Column::MaintenanceUntil),
            (5, Column::ContactEmail),
            (6, Column::ContactMobile),
        ]
    );
    assert!(matching.columns.iter().all(|m| m.basis == Basis::Heading && m.confidence >= 95));
}

#[test]
fn every_heading_we_know_means_one_column_only() {
    for column in Column::ALL {
        for heading in column.headings() {
            let text = format!("{heading},甲乙丙\n1,2\n");
            let matching = suggest(&sheet(&text));
            assert_eq!(matching.index(column), Some(0), "{heading} should mean {column:?}");
        }
    }
}

#[test]
fn a_longer_heading_is_matched_by_its_end_with_less_confidence() {
    let matching = suggest(&sheet("单位名称,经办联系人手机号码,软件维护到期日期\n甲,1,2\n"));
    assert_eq!(matching.index(Column::ContactMobile), Some(1));
    assert_eq!(matching.index(Column::MaintenanceUntil), Some(2));
    let part = matching.columns[1];
    assert_eq!((part.basis, part.confidence), (Basis::PartOfHeading, 70));
}

#[test]
fn values_tell_what_headings_do_not() {
    let matching = suggest(&sheet(
        "甲,乙,丙,丁\n四川路桥有限公司,张三,13812345678,a@b.cn\n中铁二局集团,李四,139 8765 4321,c@d.cn\n",
    ));
    assert_eq!(matched(&matching), [(0, Column::Name), (2, Column::ContactMobile), (3, Column::ContactEmail)]);
    assert!(matching.columns.iter().all(|m| m.basis == Basis::Content && m.confidence <= 60));
    assert_eq!(matching.left_out, [1]);
}

#[test]
fn a_telephone_beside_a_contact_is_his_when_mobiles_stand_below() {
    let his = suggest(&sheet("客户名称,联系人,联系电话\n甲公司,张三,13812345678\n"));
    assert_eq!(his.index(Column::ContactMobile), Some(2));
    let office = suggest(&sheet("客户名称,联系人,联系电话\n甲公司,张三,028-87654321\n"));
    assert_eq!(office.index(Column::Phone), Some(2));
}

#[test]
fn a_column_is_taken_once_and_the_other_is_listed_as_left_out() {
    let matching = suggest(&sheet("客户名称,备注,备注,空\n甲公司,一,二,\n"));
    assert_eq!(matching.index(Column::Notes), Some(1));
    assert_eq!(matching.left_out, [2], "a column without values is not missed");
}

#[test]
fn a_person_can_change_the_matching() {
    let mut matching = suggest(&sheet("客户名称,备注,其它列\n甲公司,一,二\n"));
    matching.set(Column::Notes, Some(2));
    assert_eq!(matching.index(Column::Notes), Some(2));
    assert_eq!(matching.left_out, [1]);
    matching.set(Column::City, Some(0));
    assert_eq!(matching.index(Column::Name), None);
    matching.set(Column::City, None);
    assert_eq!(matching.left_out, [0, 1]);
}
