//! What people type is kept as it is meant, or refused in its field: numbers, mail addresses.

use crate::ground::{Headquarters, Laptop, list, text};
use doorstep_app::Code;
use serde_json::{Value, json};

/// A template with a number item, as a company brought it.
const TEMPLATE: &str = include_str!("field_test.json");

async fn with_a_number_item(hq: &Headquarters, laptop: &Laptop) -> (String, Value) {
    let path = laptop.file("template.json", TEMPLATE.as_bytes());
    hq.hq.import(&[&path]).await.unwrap();
    laptop.sync().await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let templates = laptop.call("templates", json!({})).await;
    let template = list(&templates).iter().find(|one| one["template"]["code"] == "field_test").unwrap()["id"].clone();
    laptop.call("checklist_add", json!({ "visit": visit, "template": template })).await;
    (visit, template)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_kept_as_it_was_meant_or_refused_in_its_field() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let (visit, template) = with_a_number_item(&hq, &laptop).await;
    let answer = |typed: &str| json!({ "visit": visit, "template": template, "item": "q3", "value": typed });
    for (typed, meant) in [
        ("1,234", json!(1234)),
        ("１，２００", json!(1200)),
        ("1 234.5", json!(1234.5)),
        ("500 GB", json!(500)),
        ("−3", json!(-3)),
        ("0.2万", json!(2000)),
        ("", Value::Null),
    ] {
        let saved = laptop.call("answer_set", answer(typed)).await;
        assert_eq!(saved["answer"]["answer"]["value"], meant, "{typed}");
    }
    laptop.call("answer_set", answer("1,234")).await;
    for typed in ["1,23", "1.234,5", "12,34,567", "1..2", "1e3", "500 TB", "十二"] {
        let refused = laptop.refused("answer_set", answer(typed)).await;
        assert_eq!((refused.code, refused.field.as_deref()), (Code::NotANumber, Some("q3")), "{typed}");
    }
    let file = laptop.visit(&visit).await;
    let lists = list(&file["checklists"]);
    let answers = lists.iter().flat_map(|one| list(&one["answers"]));
    let kept: Vec<&Value> =
        answers.filter(|one| one["answer"]["item"] == "q3").map(|one| &one["answer"]["value"]).collect();
    assert_eq!(kept, [&json!(1234)], "what was refused changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contacts_mail_address_is_one_or_is_refused_in_its_field_and_no_letter_goes_elsewhere() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let customer = laptop.customer("客户甲").await;
    let fields = |email: &str| json!({ "customer_id": customer, "name": "王五", "email": email });
    let hostile =
        ["a@b?attach=/etc/passwd&cc=evil@x", "a@b.cn?attach=/etc/passwd", "a@b.cn\nBcc:c@d.cn", "--attach@b.cn"];
    for email in hostile {
        let refused = laptop.refused("record_create", json!({ "kind": "contact", "fields": fields(email) })).await;
        assert_eq!((refused.code, refused.field.as_deref()), (Code::NotAMailAddress, Some("email")), "{email}");
    }
    let contact = laptop.create("contact", fields("ｗｗ＠ｑｑ．ｃｏｍ; r&d@x.cn")).await;
    let kept = laptop.call("customer_get", json!({ "id": customer })).await;
    assert_eq!(text(&kept["contacts"][0]["contact"]["email"]), "ww@qq.com、r&d@x.cn");
    let args = json!({ "kind": "contact", "id": contact, "fields": { "email": hostile[0] } });
    assert_eq!(laptop.code_of("record_set", args).await, Code::NotAMailAddress);
    laptop.set("contact", &contact, json!({ "email": null })).await;
    let visit = laptop.at_work(&customer).await;
    laptop.present(&visit).await;
    for to in hostile {
        let letter = json!({
            "visit": visit, "revision": null, "language": "zh", "to": to, "subject": "服务确认单", "body": "您好",
        });
        let refused = laptop.refused("receipt_mail", letter).await;
        assert_eq!((refused.code, refused.field.as_deref()), (Code::NotAMailAddress, Some("to")), "{to}");
    }
    let saved = std::fs::read_dir(laptop.folder.path().join("documents")).map_or(0, Iterator::count);
    assert_eq!(saved, 0, "nothing was saved for a letter that cannot go");
}
