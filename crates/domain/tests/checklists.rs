//! Checklists (R1): what is shown, what fails, what is missing.
#![cfg(test)]

use doorstep_domain::{
    Code, Noun,
    checklist::{
        Answer, AnswerKind, Choice, Item, ItemOutcome, Section, ShownWhen, Template, WhenFailed, as_expected, review,
    },
    id::RecordId,
    staff::Text,
};
use serde_json::{Value, json};
use std::collections::HashMap;

fn item(id: &str, answer: AnswerKind) -> Item {
    Item { id: id.into(), answer, required: true, ..Item::default() }
}

fn template(items: Vec<Item>) -> Template {
    let title = Text { zh: "检查".into(), en: "Check".into() };
    let section = Section { id: "s".into(), title: title.clone(), items };
    Template { code: "t".into(), version: 1, title, sections: vec![section], ..Template::default() }
}

fn answered(answers: &[(&'static str, Value, &str)]) -> HashMap<&'static str, Answer> {
    let answer =
        |value: &Value, remark: &str| Answer { value: value.clone(), remark: remark.into(), ..Answer::default() };
    answers.iter().map(|(item, value, remark)| (*item, answer(value, remark))).collect()
}

fn reviewed(
    template: &Template,
    answers: &[(&'static str, Value, &str)],
    photos: &[(&'static str, usize)],
) -> doorstep_domain::checklist::Review {
    let answers = answered(answers);
    let by_item = answers.iter().map(|(item, answer)| (*item, answer)).collect();
    review(template, &by_item, &photos.iter().copied().collect())
}

#[test]
fn a_failed_item_asks_for_what_its_template_says() {
    let cases = [
        (WhenFailed::RemarkOrPhoto, "", 0, true),
        (WhenFailed::RemarkOrPhoto, "说明", 0, false),
        (WhenFailed::RemarkOrPhoto, "", 1, false),
        (WhenFailed::Remark, "", 1, true),
        (WhenFailed::Remark, "说明", 0, false),
        (WhenFailed::Photo, "说明", 0, true),
        (WhenFailed::Photo, "", 1, false),
        (WhenFailed::Nothing, "", 0, false),
    ];
    for (when_failed, remark, photos, missing) in cases {
        let template = template(vec![Item { when_failed, ..item("a", AnswerKind::YesNo) }]);
        let review = reviewed(&template, &[("a", json!("no"), remark)], &[("a", photos)]);
        assert_eq!(review.items[0].missing, missing, "{when_failed:?} with {remark:?} and {photos} photos");
        assert_eq!((review.failed, review.answered), (1, 1));
    }
}

#[test]
fn an_item_shows_only_when_an_earlier_answer_that_is_itself_shown_says_so() {
    let when = |item: &str, is: &str| Some(ShownWhen { item: item.into(), is: vec![is.into()] });
    let template = template(vec![
        item("a", AnswerKind::YesNo),
        Item { shown_when: when("a", "no"), ..item("b", AnswerKind::YesNo) },
        Item { shown_when: when("b", "no"), ..item("c", AnswerKind::Text) },
    ]);
    let shown = |answers: &[(&'static str, Value, &str)]| -> Vec<String> {
        reviewed(&template, answers, &[]).items.into_iter().map(|i| i.item).collect()
    };
    assert_eq!(shown(&[]), ["a"]);
    assert_eq!(shown(&[("a", json!("no"), ""), ("b", json!("no"), "")]), ["a", "b", "c"]);
    // What was answered while it was shown says nothing once it is hidden.
    assert_eq!(shown(&[("a", json!("yes"), ""), ("b", json!("no"), "")]), ["a"]);
}

#[test]
fn a_number_fails_outside_its_range_and_passes_on_its_edges() {
    let number = item("n", AnswerKind::Number { unit: "GB".into(), min: Some(10.0), max: Some(20.0) });
    for (value, fails) in [(9.9, true), (10.0, false), (20.0, false), (20.1, true)] {
        assert_eq!(number.fails(&json!(value)), fails, "{value}");
    }
}

#[test]
fn an_answer_of_another_shape_is_refused_and_null_takes_one_back() {
    let options = vec![Choice { id: "x".into(), ..Choice::default() }];
    let cases: [(AnswerKind, Value, Value); 6] = [
        (AnswerKind::YesNo, json!("yes"), json!("maybe")),
        (AnswerKind::Choice { options: options.clone(), expected: None }, json!("x"), json!("y")),
        (AnswerKind::Choices { options }, json!(["x"]), json!(["x", "y"])),
        (AnswerKind::Number { unit: String::new(), min: None, max: None }, json!(1.5), json!("1.5")),
        (AnswerKind::Date, json!("2026-02-28"), json!("2026-02-30")),
        (AnswerKind::Text, json!("好"), json!(7)),
    ];
    for (kind, good, bad) in cases {
        let item = item("i", kind);
        assert!(item.check_value(&good).is_ok() && item.check_value(&Value::Null).is_ok(), "{good}");
        assert_eq!(item.check_value(&bad).unwrap_err().code, Code::Invalid, "{bad}");
    }
}

#[test]
fn as_expected_fills_only_what_has_an_expected_answer() {
    assert_eq!(as_expected(&item("a", AnswerKind::YesNo)), Some(json!("yes")));
    assert_eq!(
        as_expected(&item("a", AnswerKind::Choice { options: vec![], expected: Some("ok".into()) })),
        Some(json!("ok"))
    );
    assert_eq!(as_expected(&item("a", AnswerKind::Choice { options: vec![], expected: None })), None);
    assert_eq!(as_expected(&item("a", AnswerKind::Text)), None);
}

#[test]
fn a_template_with_doubled_items_or_a_condition_on_a_later_item_is_refused() {
    assert!(template(vec![item("a", AnswerKind::YesNo)]).check().is_ok());
    let doubled = template(vec![item("a", AnswerKind::YesNo), item("a", AnswerKind::Text)]);
    assert_eq!(doubled.check().unwrap_err().field.as_deref(), Some("a"));
    let early = Item {
        shown_when: Some(ShownWhen { item: "b".into(), is: vec!["yes".into()] }),
        ..item("a", AnswerKind::YesNo)
    };
    assert_eq!(template(vec![early, item("b", AnswerKind::YesNo)]).check().unwrap_err().code, Code::Invalid);
}

#[test]
fn two_laptops_that_answer_the_same_item_meet_in_one_record() {
    let id = |byte: u8| RecordId(uuid::Uuid::from_bytes([byte; 16]));
    let answer = |visit: u8, item: &str| Answer::id(id(visit).into(), id(9).into(), item);
    assert_eq!(answer(1, "a"), answer(1, "a"));
    assert_ne!(answer(1, "a"), answer(1, "b"));
    assert_ne!(answer(1, "a"), answer(2, "a"));
    let photo = template(vec![item("p", AnswerKind::Photo)]);
    assert_eq!(reviewed(&photo, &[], &[("p", 1)]).items[0].outcome, ItemOutcome::Passed);
}
