//! Numbers as people type them are understood or refused, never turned into another number.

use doorstep_domain::{
    Code,
    checklist::{AnswerKind, Item, read_number},
};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_number_in_any_way_of_writing_is_the_one_that_was_meant() {
    let cases = [
        ("1,234", json!(1234)),
        ("１，２００", json!(1200)),
        ("1,234.5", json!(1234.5)),
        ("1 234 567", json!(1_234_567)),
        ("1\u{a0}234", json!(1234)),
        ("1'234", json!(1234)),
        ("１２．５", json!(12.5)),
        ("3。5", json!(3.5)),
        (".5", json!(0.5)),
        ("007", json!(7)),
        ("0.50", json!(0.5)),
        ("-3", json!(-3)),
        ("－3", json!(-3)),
        ("−3.25", json!(-3.25)),
        ("负3", json!(-3)),
        ("+3", json!(3)),
        ("-0", json!(0)),
        ("1.5万", json!(15_000)),
        ("2亿", json!(200_000_000)),
        ("1,200万", json!(12_000_000)),
        ("1.23456万", json!(12345.6)),
        ("3台", json!(3)),
        ("999999999999999", json!(999_999_999_999_999_i64)),
    ];
    for (typed, meant) in cases {
        assert_eq!(read_number(typed, "").unwrap(), meant, "{typed}");
    }
    assert_eq!(read_number(" \u{3000}", "").unwrap(), Value::Null);
}

#[test]
fn what_might_be_another_number_is_refused() {
    let cases = [
        "1,23",
        "1.234,5",
        "12,34,567",
        "1..2",
        "1.2.3",
        "1,2345",
        ",5",
        "5.",
        "0,123",
        "01,234",
        "1,234 567",
        "1,,234",
        "1, 234",
        "1 23",
        "--3",
        "3-5",
        "3~5",
        "1/2",
        "50+",
        "约3",
        "≥5",
        "(5)",
        "1e5",
        "0x10",
        "Infinity",
        "NaN",
        "十二",
        "半",
        "12.5%",
        "3 GB",
        "三台",
        "１２３４５６７８９０１２３４５６",
        "0.1234567",
        "1万万",
        "万",
        "-",
        ".",
        "٣",
        "²",
        "1亿亿",
        "5\u{202e}2",
    ];
    for typed in cases {
        let refused = read_number(typed, "").map_err(|refusal| refusal.code);
        assert_eq!(refused, Err(Code::NotANumber), "{typed}");
    }
}

#[test]
fn an_items_own_unit_may_follow_and_no_other() {
    for (typed, unit, meant) in [
        ("12.5%", "%", json!(12.5)),
        ("12.5％", "%", json!(12.5)),
        ("500 GB", "GB", json!(500)),
        ("500g", "GB", json!(500)),
        ("1.5万元", "元", json!(15_000)),
        ("1.5万元", "万元", json!(1.5)),
        ("3台", "台", json!(3)),
        ("20 ℃", "℃", json!(20)),
    ] {
        assert_eq!(read_number(typed, unit).unwrap(), meant, "{typed} {unit}");
    }
    for (typed, unit) in [("1.5万", "万元"), ("2TB", "GB"), ("3个", "台"), ("5mW", "MW"), ("5%", "GB")] {
        assert!(read_number(typed, unit).is_err(), "{typed} {unit}");
    }
}

#[test]
fn an_item_reads_what_is_typed_and_keeps_what_was_a_number_already() {
    let answer = AnswerKind::Number { unit: "GB".into(), min: None, max: None };
    let item = Item { id: "q3".into(), answer, ..Item::default() };
    assert_eq!(item.read_value(json!("1,234")).unwrap(), json!(1234));
    assert_eq!(item.read_value(json!(7.5)).unwrap(), json!(7.5));
    assert_eq!(item.read_value(json!("")).unwrap(), Value::Null);
    let refused = item.read_value(json!("1,23")).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::NotANumber, Some("q3")));
    assert_eq!(item.read_value(json!(["1"])).unwrap_err().code, Code::Invalid);
    let words = Item { answer: AnswerKind::Text, ..item };
    assert_eq!(words.read_value(json!("1,234")).unwrap(), json!("1,234"), "words stay words");
}

proptest! {
    /// Whatever is taken shows the same digits in the same places.
    #[test]
    fn what_is_taken_has_the_digits_that_were_typed(typed in "[-+]?[0-9 ,.']{1,18}") {
        if let Ok(value) = read_number(&typed, "")
            && !value.is_null()
        {
            let digits: String = typed.chars().filter(|c| !" ,'+".contains(*c)).collect();
            let meant: f64 = digits.parse().unwrap();
            prop_assert_eq!(value.as_f64().unwrap(), meant);
        }
    }

    #[test]
    fn nothing_that_is_typed_makes_reading_panic(typed in ".{0,40}", unit in ".{0,4}") {
        read_number(&typed, &unit).ok();
    }
}
