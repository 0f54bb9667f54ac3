//! Records, customers and seals.
#![cfg(test)]

use chrono::NaiveDate;
use doorstep_domain::{
    Code, Doc, Feed, Kind, Noun,
    attachment::Attachment,
    customer::{Contact, Customer, Level, TreeNode, check_parent},
    id::{CustomerId, RecordId},
    record::{self, changes, patched, read},
    seal::{self, Document, Seal},
    visit::{Outcome, Signing, Visit},
};
use serde_json::{Value, json};

fn id(byte: u8) -> RecordId {
    RecordId(uuid::Uuid::from_bytes([byte; 16]))
}

fn doc(value: Value) -> Doc {
    serde_json::from_value(value).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_field_of_a_newer_version_survives_a_patch_and_the_wrong_shape_is_refused() {
    let newer = doc(json!({"name": "甲", "carbon_class": {"of": "a newer version"}}));
    assert!(record::check(&Kind::CUSTOMER, &newer).is_ok());
    assert_eq!(patched(&newer, &doc(json!({"name": "乙"})))["carbon_class"], newer["carbon_class"]);
    assert_eq!(record::check(&Kind::CUSTOMER, &doc(json!({"name": 7}))).unwrap_err().code, Code::Invalid);
    assert_eq!(record::check(&Kind::CUSTOMER, &doc(json!({"name": " "}))).unwrap_err().code, Code::Missing);
    let unknown = Kind::parse("never_a_kind").unwrap();
    assert!(record::check(&unknown, &doc(json!({"any": 1}))).is_ok());
}

#[test]
fn a_field_over_its_limit_is_refused_with_its_name() {
    let long = doc(json!({"name": "长".repeat(201)}));
    let refusal = record::check(&Kind::CUSTOMER, &long).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), (Code::TooLarge, Some("name")));
    let huge = doc(json!({"name": "甲", "of_a_newer_version": "x".repeat(300 * 1024)}));
    assert_eq!(record::check(&Kind::CUSTOMER, &huge).unwrap_err().code, Code::TooLarge);
}

#[test]
fn a_field_that_nests_deeper_than_readers_go_is_refused_with_its_name() {
    let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
    let kept = doc(json!({"name": "甲", "of_a_newer_version": nested(64)}));
    assert!(record::check(&Kind::CUSTOMER, &kept).is_ok());
    for depth in [65, 120] {
        let deep = doc(json!({"name": "甲", "of_a_newer_version": nested(depth)}));
        let refusal = record::check(&Kind::CUSTOMER, &deep).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::TooLarge, Some("of_a_newer_version")));
    }
}

#[test]
fn a_seal_may_be_as_large_as_its_document_and_a_refusal_quotes_no_value() {
    let document = format!("\"{}\"", "长".repeat(500_000));
    let seal = Seal { hash: seal::hash(document.as_bytes()), document, ..Seal::default() };
    let large = changes(&Seal::default(), &seal).unwrap();
    assert!(record::check(&Kind::SEAL, &large).is_ok());
    let refusal = record::check(&Kind::CUSTOMER, &doc(json!({"level": "四川路桥"}))).unwrap_err();
    assert!(!refusal.detail.contains("四川路桥"));
}

#[test]
fn a_change_lists_only_what_differs_and_clears_with_null() {
    let old = Customer { name: "甲".into(), parent_id: Some(id(1).into()), ..Customer::default() };
    let new = Customer { name: "乙".into(), parent_id: None, ..Customer::default() };
    assert_eq!(Value::Object(changes(&old, &new).unwrap()), json!({"name": "乙", "parent_id": null}));
}

#[test]
fn each_level_lies_below_the_one_above_and_nobody_below_themselves() {
    let node = |byte: u8, level| TreeNode { id: id(byte).into(), level };
    let group = [node(1, Level::Group)];
    assert!(check_parent(id(2).into(), Level::Section, &group).is_ok());
    assert_eq!(check_parent(id(2).into(), Level::Group, &group).unwrap_err().code, Code::BadTree);
    let looped = [node(3, Level::Company), node(2, Level::Group)];
    assert_eq!(check_parent(id(2).into(), Level::Section, &looped).unwrap_err().code, Code::BadTree);
}

#[test]
fn a_contact_who_moves_keeps_where_they_were_and_until_when() {
    let contact = Contact { customer_id: Some(id(1).into()), position: "计量员".into(), ..Contact::default() };
    let posts = contact.moved(CustomerId(id(2)), "合同部长", day("2026-05-01")).unwrap();
    assert_eq!((posts.len(), posts[0].to, posts[1].from), (2, Some(day("2026-05-01")), Some(day("2026-05-01"))));
    let there = Contact { posts, customer_id: Some(id(2).into()), ..contact };
    assert_eq!(there.moved(CustomerId(id(3)), "", day("2026-04-01")).unwrap_err().code, Code::TimeOrder);
}

#[test]
fn what_hq_owns_goes_to_all_and_the_rest_to_its_branch() {
    assert_eq!(Feed::of(&Kind::TEMPLATE, &Doc::new()), Some(Feed::All));
    let visit = doc(json!({"branch_id": id(5)}));
    assert_eq!(Feed::of(&Kind::VISIT, &visit), Some(Feed::Branch(id(5))));
    assert_eq!(Feed::of(&Kind::VISIT, &Doc::new()), None);
}

#[test]
fn the_text_hash_changes_with_the_text_and_not_with_the_answer() {
    let text = Document { visit: Visit { subject: "巡检".into(), ..Visit::default() }, ..Document::default() };
    let hash = text.text_hash().unwrap();
    let mut signed = text.clone();
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let outcome = Outcome::Refused { reason: "不在场".into(), witness: "甲".into(), at };
    signed.visit.signing = Some(Signing { presented_at: at, text_hash: hash.clone(), outcome: Some(outcome) });
    signed.visit.progress.sealed_at = Some(at);
    assert_eq!(signed.text_hash().unwrap(), hash);
    signed.visit.subject = "故障".into();
    assert_ne!(signed.text_hash().unwrap(), hash);
    let other = Document {
        attachments: vec![seal::AttachmentEntry { id: id(3).into(), attachment: Attachment::default() }],
        ..text
    };
    assert_ne!(other.text_hash().unwrap(), hash);
}

#[test]
fn canonical_json_is_the_same_whatever_the_order_of_the_fields() {
    let first: Document =
        serde_json::from_str(r#"{"format":1,"zone_minutes":480,"visit":{"subject":"²³µ〇𠮷"}}"#).unwrap();
    let second: Document =
        serde_json::from_str(r#"{"visit":{"subject":"²³µ〇𠮷"},"zone_minutes":480,"format":1}"#).unwrap();
    assert_eq!(first.canonical().unwrap(), second.canonical().unwrap());
}

#[test]
fn a_seal_whose_document_was_touched_does_not_check() {
    let document = Document::default().canonical().unwrap();
    let mut seal = Seal { hash: seal::hash(document.as_bytes()), document, ..Seal::default() };
    assert!(seal.check().is_ok());
    seal.document.push(' ');
    assert_eq!(seal.check().unwrap_err().code, Code::BadSeal);
}

#[test]
fn two_papers_with_one_counter_have_different_numbers() {
    let number = |content: &str| seal::number("CD", day("2026-11-23"), "A07", 3, &seal::hash(content.as_bytes()));
    assert!(number("a").starts_with("CD-20261123-A07-0003-"));
    assert_ne!(number("a"), number("b"));
    assert!(read::<Customer>(&doc(json!({"level": "planet"}))).is_err());
}

#[test]
fn customers_merge_unless_it_leads_back_or_across_branches() {
    use doorstep_domain::{
        customer::{Customer, check_merge},
        id::{CustomerId, RecordId},
    };
    let id = |byte: u8| CustomerId(RecordId(uuid::Uuid::from_bytes([byte; 16])));
    let branch = |byte: u8| Some(RecordId(uuid::Uuid::from_bytes([byte; 16])).into());
    let customer = Customer { branch_id: branch(9), ..Customer::default() };
    let check = |from: &Customer, into: &Customer, stands_for: &[CustomerId], above: &[CustomerId]| {
        check_merge((id(1), from), (id(2), into), stands_for, above).map_err(|refusal| refusal.code)
    };
    assert_eq!(check(&customer, &customer, &[id(3)], &[id(4)]), Ok(()));
    assert_eq!(check(&customer, &customer, &[id(1)], &[]), Err(Code::BadTree), "a loop");
    assert_eq!(check(&customer, &customer, &[], &[id(4), id(1)]), Err(Code::BadTree), "into its own unit");
    let merged = Customer { merged_into: Some(id(5)), ..customer.clone() };
    assert_eq!(check(&merged, &customer, &[], &[]), Err(Code::WrongState));
    let deleted = Customer { deleted: true, ..customer.clone() };
    assert_eq!(check(&customer, &deleted, &[], &[]), Err(Code::WrongState));
    let elsewhere = Customer { branch_id: branch(8), ..customer.clone() };
    assert_eq!(check(&customer, &elsewhere, &[], &[]), Err(Code::OutOfScope));
    assert_eq!(check_merge((id(1), &customer), (id(1), &customer), &[], &[]).unwrap_err().code, Code::BadTree);
}
