//! Rows become drafts; what is wrong stands beside them, and nothing is dropped silently.

#![cfg(test)]

use chrono::NaiveDate;
use doorstep_roster::{
    Column, DateFault, Draft, Level, PhoneKind, RowCode, drafts, read, read_date, read_phones, suggest,
};

fn taken(text: &str) -> Vec<Draft> {
    let sheet = read(text.as_bytes(), "x.csv").unwrap();
    drafts(&sheet, &suggest(&sheet))
}

fn path(draft: &Draft) -> Vec<(Level, &str)> {
    draft.path.iter().map(|part| (part.level, part.name.as_str())).collect()
}

fn codes(draft: &Draft) -> Vec<(Column, RowCode)> {
    draft.errors.iter().map(|error| (error.column, error.code)).collect()
}

fn warnings(draft: &Draft) -> Vec<RowCode> {
    draft.warnings.iter().map(|warning| warning.code).collect()
}

#[test]
fn a_full_row_is_taken_whole() {
    let drafts = taken(concat!(
        "客户编号,集团,公司,项目部,标段,区域,省份,城市,地址,邮编,单位电话,联系人,手机,职务,邮箱,产品名称,版本,",
        "加密锁号,定额版本,维护期至,数据库,电脑配置,档案有效期,备注\n",
        "K-001,蜀道集团,四川路桥有限公司,成绵项目部,二标段,西南,四川,成都,高新区1号,610041,028-87654321,张三,",
        "13812345678,造价员,z@s.cn,同望,V10,A0012、B 0013,2018公路,2026年11月23日,SQL Server,Win7,2027/1/1,好\n",
    ));
    let draft = &drafts[0];
    assert_eq!(draft.errors, []);
    assert_eq!(draft.warnings, []);
    assert_eq!(
        path(draft),
        [
            (Level::Group, "蜀道集团"),
            (Level::Company, "四川路桥有限公司"),
            (Level::ProjectOffice, "成绵项目部"),
            (Level::Section, "二标段")
        ]
    );
    assert_eq!(draft.customer().unwrap().name, "二标段");
    assert_eq!(draft.number.as_deref(), Some("K-001"));
    assert_eq!(draft.postcode.as_deref(), Some("610041"));
    assert_eq!(draft.phones, ["028-87654321"]);
    let contact = draft.contact.as_ref().unwrap();
    assert_eq!(contact.mobiles, ["13812345678"]);
    assert_eq!(contact.position.as_deref(), Some("造价员"));
    assert_eq!(contact.emails, ["z@s.cn"]);
    let installation = draft.installation.as_ref().unwrap();
    assert_eq!(installation.dongle_numbers, ["A0012", "B 0013"]);
    assert_eq!(installation.maintenance_until, NaiveDate::from_ymd_opt(2026, 11, 23));
    assert_eq!(installation.machine_notes.as_deref(), Some("Win7"));
    assert_eq!(draft.file_valid_until, NaiveDate::from_ymd_opt(2027, 1, 1));
    assert_eq!(draft.notes.as_deref(), Some("好"));
}

fn refused(draft: &Draft) -> Vec<(Column, RowCode)> {
    draft.refused.iter().map(|cell| (cell.column, cell.code)).collect()
}

#[test]
fn a_value_nobody_can_read_is_named_with_its_column_line_and_value_and_refuses_that_cell() {
    let drafts = taken(concat!(
        "客户名称,级别,手机,邮箱,维护期至,备注\n",
        ",,13812345678,,,\n",
        "甲公司,什么,1381234567,a.b.cn,2026-02-30,\n",
        "乙公司,,,,03/04/2026,\n",
        "丙公司,,,,1899-01-01,\n",
        "丁公司,,,,#N/A,好\n",
        "戊公司,,\"13812345678、1381234567\",z@s.cn?attach=x,2027.1,\n",
    ));
    assert_eq!(codes(&drafts[0]), [(Column::Name, RowCode::NameMissing)]);
    assert!(drafts[1..].iter().all(Draft::is_good), "the rest of the row is taken");
    assert_eq!(
        refused(&drafts[1]),
        [
            (Column::Level, RowCode::LevelUnknown),
            (Column::ContactMobile, RowCode::PhoneInvalid),
            (Column::ContactEmail, RowCode::EmailInvalid),
            (Column::MaintenanceUntil, RowCode::DateInvalid),
        ]
    );
    assert_eq!(drafts[1].line, 3);
    assert_eq!(drafts[1].refused[1].value, "1381234567");
    assert_eq!(refused(&drafts[2]), [(Column::MaintenanceUntil, RowCode::DateAmbiguous)]);
    assert_eq!(refused(&drafts[3]), [(Column::MaintenanceUntil, RowCode::DateOutOfRange)]);
    assert_eq!(refused(&drafts[4]), [(Column::MaintenanceUntil, RowCode::SpreadsheetError)]);
    assert_eq!(drafts[4].notes.as_deref(), Some("好"));
    assert_eq!(drafts[5].phones, ["13812345678"], "the number that can be read");
    assert_eq!(
        refused(&drafts[5]),
        [
            (Column::ContactMobile, RowCode::PhoneInvalid),
            (Column::ContactEmail, RowCode::EmailInvalid),
            (Column::MaintenanceUntil, RowCode::DateAmbiguous)
        ]
    );
    let marks = taken("客户名称,备注\n//,x\n");
    assert_eq!(codes(&marks[0]), [(Column::Name, RowCode::NameMissing)]);
    let long = taken(&format!("客户名称,备注\n{},x\n", "长".repeat(201)));
    assert_eq!(codes(&long[0]), [(Column::Name, RowCode::TooLong)]);
    let office = taken("公司,项目部,手机\n甲公司,#N/A,13812345678\n");
    assert_eq!(codes(&office[0]), [(Column::ProjectOffice, RowCode::SpreadsheetError)], "else it would be the company");
}

#[test]
fn numbers_that_lost_digits_in_excel_are_named() {
    let drafts = taken(concat!(
        "客户名称,手机,加密锁号,备注\n",
        "甲公司,1.38E+10,1.23457E+11,1.5E+10\n",
        "乙公司,,110101199001011000,\n",
        "丙公司,,110101199001011001,\n",
    ));
    assert_eq!(
        refused(&drafts[0]),
        [(Column::ContactMobile, RowCode::DigitsLost), (Column::DongleNumber, RowCode::DigitsLost)]
    );
    assert_eq!(warnings(&drafts[0]), [RowCode::DigitsLost]);
    assert_eq!(warnings(&drafts[1]), [RowCode::DigitsLost]);
    assert_eq!(warnings(&drafts[2]), []);
}

#[test]
fn totals_signatures_and_remarks_are_no_customers_unless_wanted() {
    let none = [
        "合计,,",
        "合　计：,29家,",
        "总计29家,,",
        "共29家,,",
        "以上共 29 户,,",
        ",合计,29",
        "填表人：张三,,",
        "制表：李四  审核：王五,,",
        ",,审核人：王五",
        "日期：2026-11-23,,",
        "备注：红色为重点客户,,",
        "注1：电话以本表为准,,",
        "第 3 页，共 5 页,,",
        "以下空白,,",
        "名单由服务中心整理。如有遗漏请补充。,,",
        "Total,29,",
        "Prepared by: Zhang,,",
    ];
    for line in none {
        let drafts = taken(&format!("客户名称,联系人,备注\n甲公司,张三,好\n{line}\n"));
        assert!(drafts[1].no_customer, "{line}");
    }
    let customers = [
        "共青城建设有限公司,张三,",
        "审核软件开发有限公司,,",
        "合计一公司,,",
        "日期科技公司,李四,",
        "总计量院,,",
        "四川路桥有限公司,,",
        "说明书印刷厂,,",
        "负责人培训中心,,",
        "甲公司,备注：内部,合计",
        "29中学,张三,",
    ];
    for line in customers {
        let drafts = taken(&format!("客户名称,联系人,备注\n甲公司,张三,好\n{line}\n"));
        assert!(!drafts[1].no_customer, "{line}");
    }
    let numbered = taken("序号,客户名称,手机\n1,甲公司,13812345678\n2,,\n3,,13812345678\n");
    assert!(numbered[1].no_customer && !numbered[2].no_customer, "a line numbered beforehand");
}

#[test]
fn a_group_never_becomes_a_company_without_a_word() {
    let below = taken("客户名称,上级单位\n蜀道集团,中国路桥总公司\n");
    assert_eq!(path(&below[0]), [(Level::Group, "中国路桥总公司"), (Level::Company, "蜀道集团")]);
    assert_eq!(warnings(&below[0]), [RowCode::GroupAsCompany]);
    let column = taken("公司名称,备注\n蜀道投资集团,x\n");
    assert_eq!(warnings(&column[0]), [RowCode::GroupAsCompany]);
    let both = taken("集团,公司\n蜀道集团,四川路桥集团有限公司\n");
    assert_eq!(warnings(&both[0]), [], "the list itself says which is which");
}

#[test]
fn what_only_wants_a_look_does_not_stop_a_row() {
    let drafts = taken(concat!(
        "客户名称,邮编,电话,联系人,手机,维护期至\n",
        "甲公司,61004,87654321,张三,028-87654321,2026年11月\n",
        "乙公司,,,,13812345678,长期\n",
        "合计,,,,,\n",
    ));
    assert!(drafts.iter().all(Draft::is_good));
    assert_eq!(
        warnings(&drafts[0]),
        [RowCode::NotAMobile, RowCode::PhoneWithoutAreaCode, RowCode::PostcodeOdd, RowCode::DayAssumed]
    );
    let until = drafts[0].installation.as_ref().unwrap().maintenance_until;
    assert_eq!(until, NaiveDate::from_ymd_opt(2026, 11, 30));
    assert_eq!(warnings(&drafts[1]), [RowCode::ContactWithoutName, RowCode::OpenEnded]);
    assert_eq!(drafts[1].phones, ["13812345678"], "the number is not lost");
    assert_eq!(drafts[1].installation, None);
    assert_eq!(warnings(&drafts[2]), [RowCode::LooksLikeTotal]);
    assert!(drafts[2].no_customer);
}

#[test]
fn dashes_and_words_for_nothing_are_nothing() {
    let drafts = taken("客户名称,电话,维护期至,联系人,地址\n甲公司,无,-,/,暂无\n");
    assert_eq!(drafts[0].errors, []);
    assert_eq!(drafts[0].contact, None);
    assert_eq!(drafts[0].address, None);
}

#[test]
fn the_way_down_is_read_from_columns_words_and_single_names() {
    let one = |name: &str| {
        path(&taken(&format!("客户名称,备注\n{name},x\n"))[0])
            .into_iter()
            .map(|(l, n)| (l, n.to_owned()))
            .collect::<Vec<_>>()
    };
    let owned = |parts: &[(Level, &str)]| parts.iter().map(|(l, n)| (*l, (*n).to_owned())).collect::<Vec<_>>();
    assert_eq!(one("四川路桥有限公司"), owned(&[(Level::Company, "四川路桥有限公司")]));
    assert_eq!(one("成绵高速项目部"), owned(&[(Level::ProjectOffice, "成绵高速项目部")]));
    assert_eq!(one("LJ3合同段"), owned(&[(Level::Section, "LJ3合同段")]));
    assert_eq!(
        one("蜀道集团/四川路桥/成绵项目部/二标段"),
        owned(&[
            (Level::Group, "蜀道集团"),
            (Level::Company, "四川路桥"),
            (Level::ProjectOffice, "成绵项目部"),
            (Level::Section, "二标段")
        ])
    );
    assert_eq!(
        one("四川路桥有限公司成绵高速项目部二标段"),
        owned(&[
            (Level::Company, "四川路桥有限公司"),
            (Level::ProjectOffice, "成绵高速项目部"),
            (Level::Section, "二标段")
        ])
    );
    assert_eq!(
        one("中铁二局公司→成都分公司"),
        owned(&[(Level::Group, "中铁二局公司"), (Level::Company, "成都分公司")])
    );
    assert_eq!(one("四川路桥有限公司项目部"), owned(&[(Level::ProjectOffice, "四川路桥有限公司项目部")]));
    let cut = taken("客户名称,备注\n蜀道集团/四川路桥,x\n");
    assert_eq!(warnings(&cut[0]), [RowCode::SplitFromName]);
}

#[test]
fn level_and_parent_columns_say_where_a_customer_stands() {
    let drafts = taken(concat!(
        "客户名称,级别,上级单位\n",
        "成绵,项目部,四川路桥有限公司\n",
        "四川路桥有限公司,公司,蜀道集团\n",
        "蜀道集团,,\n",
    ));
    assert_eq!(path(&drafts[0]), [(Level::Company, "四川路桥有限公司"), (Level::ProjectOffice, "成绵")]);
    assert_eq!(path(&drafts[1]), [(Level::Group, "蜀道集团"), (Level::Company, "四川路桥有限公司")]);
    assert_eq!(path(&drafts[2]), [(Level::Group, "蜀道集团")]);
    let below = taken("公司,标段,客户名称\n甲公司,一标段,乙公司\n");
    assert_eq!(codes(&below[0]), [(Column::Name, RowCode::LevelConflict)]);
    let same = taken("公司,客户名称\n甲公司,甲公司\n");
    assert_eq!(path(&same[0]), [(Level::Company, "甲公司")]);
}

#[test]
fn dates_are_read_in_the_ways_people_write_them() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    for text in [
        "2026-11-23",
        "2026/11/23",
        "2026.11.23",
        "2026年11月23日",
        "2026 年 11 月 23 日",
        "20261123",
        "46349",
        "46349.5",
        "2026-11-23 00:00:00",
        "2026-11-23T08:30:00",
        "2026年11月23日14:30",
        "２０２６－１１－２３",
        "Nov 23, 2026",
        "23 November 2026",
        "23/11/2026",
        "11/23/2026",
        "2026年11月23号",
    ] {
        let read = read_date(text).unwrap();
        assert_eq!((read.date, read.day_assumed), (day, false), "{text}");
    }
    for (text, last) in [
        ("2026年11月", "2026-11-30"),
        ("2026-02", "2026-02-28"),
        ("202612", "2026-12-31"),
        ("2026年", "2026-12-31"),
        ("2026.11", "2026-11-30"),
    ] {
        let read = read_date(text).unwrap();
        assert_eq!((read.date.to_string().as_str(), read.day_assumed), (last, true), "{text}");
    }
    for text in ["", "明年", "2026-13-01", "2026-02-29", "13812345678", "2026年11月23日到期", "1.5", "Foo 3, 2026"]
    {
        assert_eq!(read_date(text), Err(DateFault::Invalid), "{text}");
    }
    assert_eq!(read_date("26-11-23"), Err(DateFault::Ambiguous));
    assert_eq!(read_date("03/04/2026"), Err(DateFault::Ambiguous));
    assert_eq!(read_date("9999-12-31"), Err(DateFault::OutOfRange));
    assert_eq!(read_date("2027.1"), Err(DateFault::Ambiguous), "January, or October without its zero");
    assert_eq!(read_date("2027.10").unwrap().date.to_string(), "2027-10-31");
    assert_eq!(read_date("2027.2").unwrap().date.to_string(), "2027-02-28");
    assert_eq!(read_date("长期"), Err(DateFault::OpenEnded));
}

#[test]
fn telephones_are_read_in_the_ways_people_write_them() {
    let numbers = |cell: &str| -> Vec<String> {
        read_phones(cell).into_iter().map(|phone| phone.map_or_else(|bad| format!("?{bad}"), |p| p.number)).collect()
    };
    for (cell, expected) in [
        ("13812345678", &["13812345678"][..]),
        ("138 1234 5678", &["13812345678"]),
        ("138-1234-5678", &["13812345678"]),
        ("+86 138 1234 5678", &["13812345678"]),
        ("008613812345678", &["13812345678"]),
        ("013812345678", &["13812345678"]),
        ("１３８１２３４５６７８", &["13812345678"]),
        ("手机：13812345678", &["13812345678"]),
        ("028-87654321", &["028-87654321"]),
        ("(028)87654321", &["028-87654321"]),
        ("02887654321", &["028-87654321"]),
        ("+86-28-87654321", &["028-87654321"]),
        ("0813-1234567", &["?0813-1234567"]),
        ("0813-8234567", &["0813-8234567"]),
        ("028-87654321-801", &["028-87654321-801"]),
        ("028-87654321转801", &["028-87654321-801"]),
        ("028-87654321 ext. 801", &["028-87654321-801"]),
        ("87654321", &["87654321"]),
        ("400-800-1234", &["4008001234"]),
        ("95533", &["95533"]),
        ("+852 2345 6789", &["+85223456789"]),
        (
            "13812345678、028-87654321；13987654321/13700000001",
            &["13812345678", "028-87654321", "13987654321", "13700000001"],
        ),
        ("13812345678 13987654321", &["13812345678", "13987654321"]),
        ("13812345678,张三", &["13812345678", "?张三"]),
        ("张三13812345678", &["13812345678"]),
        ("张三：13812345678 李四：13987654321", &["13812345678", "13987654321"]),
        ("13812345678（微信同号）", &["13812345678"]),
        ("手机/微信：13812345678", &["13812345678"]),
        ("\u{202d}138 1234 5678\u{202c}", &["13812345678"]),
        ("\u{feff}138\u{a0}1234\u{2009}5678\u{200b}", &["13812345678"]),
        ("138‑1234–5678", &["13812345678"]),
        ("138—1234－5678", &["13812345678"]),
        ("'13812345678", &["13812345678"]),
        ("=\"13812345678\"", &["13812345678"]),
        ("13812345678.0", &["13812345678"]),
        ("13,812,345,678", &["13812345678"]),
        ("8613812345678", &["13812345678"]),
        ("(+86)13812345678", &["13812345678"]),
        ("+86-138-1234-5678", &["13812345678"]),
        ("086 13812345678", &["13812345678"]),
        ("tel:+86-138-1234-5678", &["13812345678"]),
        ("tel:13812345678;ext=801", &["13812345678"]),
        ("<13812345678>", &["13812345678"]),
        ("☎13812345678", &["13812345678"]),
        ("①13812345678②13987654321", &["13812345678", "13987654321"]),
        ("1795113812345678", &["13812345678"]),
        ("13812345678或13987654321", &["13812345678", "13987654321"]),
        ("(028)8765 4321 转 801", &["028-87654321-801"]),
        ("028－87654321（801）", &["028-87654321-801"]),
        ("QQ：87654321", &["?QQ:87654321"]),
        ("1381234567", &["?1381234567"]),
        ("12812345678", &["?12812345678"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|e| (*e).to_owned()).collect();
        assert_eq!(numbers(cell), expected, "{cell}");
    }
    assert_eq!(read_phones("87654321")[0].as_ref().unwrap().kind, PhoneKind::WithoutAreaCode);
    assert_eq!(read_phones("028-87654321")[0].as_ref().unwrap().kind, PhoneKind::LandLine);
}

#[test]
fn a_header_repeated_further_down_is_no_customer() {
    let drafts = taken("客户名称,手机\n甲公司,13812345678\n客户名称,手机\n乙公司,13987654321\n");
    assert_eq!(drafts.iter().map(|draft| draft.line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn drafts_cross_to_the_interface_in_stable_words() {
    let drafts = taken("客户名称,手机\n甲公司,1\n");
    let json = serde_json::to_value(&drafts[0]).unwrap();
    assert_eq!(json["path"][0]["level"], "company");
    assert_eq!(json["refused"][0]["column"], "contact_mobile");
    assert_eq!(json["refused"][0]["code"], "phone_invalid");
}
