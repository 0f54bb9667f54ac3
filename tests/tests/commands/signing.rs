//! Before the customer, and after: what was read is what is signed, and what is signed stays (M43, invariant 3).

use crate::ground::{Headquarters, Laptop, list, text};
use doorstep_app::Code;
use doorstep_domain::{
    Kind,
    seal::{Document, Seal},
};
use doorstep_tests::{papers, samples};
use serde_json::{Value, json};

async fn problem(laptop: &Laptop, visit: &str) -> String {
    let fields = json!({ "visit_id": visit, "symptom": "打开缓慢", "solved": "solved" });
    laptop.create("problem", fields).await
}

async fn state(laptop: &Laptop, visit: &str) -> Value {
    laptop.visit(visit).await["visit"]["progress"]["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_while_it_lies_before_the_customer_takes_it_back_and_says_so() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let customer = laptop.customer("客户甲").await;
    let visit = laptop.at_work(&customer).await;
    let problem = problem(&laptop, &visit).await;
    let changes: [(&str, Value); 5] = [
        ("record_set", json!({ "kind": "problem", "id": problem, "fields": { "symptom": "打开很慢" } })),
        ("record_set", json!({ "kind": "visit", "id": visit, "fields": { "reservations": "无" } })),
        (
            "record_create",
            json!({ "kind": "question", "fields": { "visit_id": visit, "question": "多久备份一次？", "answer": "每天" } }),
        ),
        (
            "record_create",
            json!({ "kind": "open_point", "fields": { "visit_id": visit, "customer_id": customer, "text": "寄送说明" } }),
        ),
        ("record_delete", json!({ "kind": "problem", "id": problem })),
    ];
    for (command, change) in changes {
        let text_hash = laptop.present(&visit).await;
        let said = laptop.call(command, change.clone()).await;
        assert_eq!(said["visit_reopened"], true, "{command} {change}");
        assert_eq!(state(&laptop, &visit).await, "working");
        let args = json!({ "id": visit, "text_hash": text_hash, "outcome": laptop.drawn(), "opinion": null });
        assert_eq!(laptop.code_of("visit_sign", args).await, Code::WrongState);
    }
    laptop.present(&visit).await;
    let notes = laptop.set("visit", &visit, json!({ "internal_notes": "客户对价格敏感" })).await;
    assert_eq!(notes["visit_reopened"], false, "what the customer does not read may change");
    assert_eq!(state(&laptop, &visit).await, "presented");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_a_text_other_than_the_one_they_read() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let problem = problem(&laptop, &visit).await;
    let first = laptop.present(&visit).await;
    laptop.set("problem", &problem, json!({ "symptom": "另一个问题" })).await;
    let second = laptop.present(&visit).await;
    assert_ne!(first, second);
    let sign = |hash: &str| json!({ "id": visit, "text_hash": hash, "outcome": laptop.drawn(), "opinion": null });
    assert_eq!(laptop.code_of("visit_sign", sign(&first)).await, Code::TextChanged);
    assert_eq!(laptop.visit(&visit).await["seals"], json!([]));
    laptop.call("visit_sign", sign(&second)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_visit_takes_no_change() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let customer = laptop.customer("客户甲").await;
    let visit = laptop.at_work(&customer).await;
    let problem = problem(&laptop, &visit).await;
    let template = list(&laptop.call("templates", json!({})).await)[0]["id"].clone();
    let sealed = laptop.signed(&visit).await;
    let photo = laptop.upload(samples::photo(300, 200).unwrap());
    let changes: [(&str, Value); 7] = [
        ("record_set", json!({ "kind": "problem", "id": problem, "fields": { "symptom": "没有问题" } })),
        ("record_delete", json!({ "kind": "problem", "id": problem })),
        ("record_set", json!({ "kind": "visit", "id": visit, "fields": { "subject": "别的" } })),
        (
            "record_create",
            json!({ "kind": "question", "fields": { "visit_id": visit, "question": "?", "answer": "" } }),
        ),
        ("checklist_add", json!({ "visit": visit, "template": template })),
        (
            "attachment_add",
            json!({
                "visit": visit, "about": null, "item": null, "role": "photo", "upload": photo, "name": "a.jpg",
                "caption": "",
            }),
        ),
        ("record_delete", json!({ "kind": "attachment", "id": sealed["attachments"][0]["id"] })),
    ];
    for (command, change) in changes {
        assert_eq!(laptop.code_of(command, change.clone()).await, Code::Sealed, "{command} {change}");
    }
    let again = json!({ "id": visit, "text_hash": "", "outcome": laptop.drawn(), "opinion": null });
    assert_eq!(laptop.code_of("visit_sign", again).await, Code::WrongState);
    assert_eq!(laptop.visit(&visit).await["seals"], sealed["seals"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_a_second_revision_beside_the_first() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let problem = problem(&laptop, &visit).await;
    let first = laptop.signed(&visit).await["seals"][0].clone();
    let first_paper = std::fs::read(laptop.receipt(&visit, Some(1)).await).unwrap();
    let unexplained = json!({ "id": visit, "step": { "step": "amend", "reason": " " } });
    assert_eq!(laptop.code_of("visit_step", unexplained).await, Code::Missing);
    laptop.step(&visit, json!({ "step": "amend", "reason": "客户名称写错" })).await;
    laptop.set("problem", &problem, json!({ "symptom": "更正后的现象" })).await;
    let file = laptop.signed(&visit).await;
    let [second, kept] = list(&file["seals"]) else { panic!("two revisions: {}", file["seals"]) };
    assert_eq!(*kept, first, "the first is kept as it was");
    assert_eq!((&second["revision"], &second["valid"]), (&json!(2), &json!(true)));
    assert_eq!(second["reason"], "客户名称写错");
    assert_ne!(second["number"], first["number"]);
    let replaced = laptop.receipt(&visit, Some(1)).await;
    assert_ne!(std::fs::read(&replaced).unwrap(), first_paper, "the first says that it was replaced");
    let read = papers::text(&replaced).await.unwrap();
    assert!(read.contains("已被新版替代") && !read.contains("更正后的现象"), "{read}");
    let read = papers::text(&laptop.receipt(&visit, None).await).await.unwrap();
    assert!(read.contains("更正后的现象") && read.contains("客户名称写错"), "{read}");
    assert!(read.contains("更正(第 2 版)") || read.contains("第 2 版"), "{read}");
    assert!(!read.contains("已被新版替代"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_to_sign_is_sealed_with_its_reason_and_its_witness() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let text_hash = laptop.present(&visit).await;
    let refusal = |witness: &str| {
        let outcome = json!({ "mode": "refused", "reason": "认为应当免费", "witness": witness });
        json!({ "id": visit, "text_hash": text_hash, "outcome": outcome, "opinion": null })
    };
    let failure = laptop.refused("visit_sign", refusal("")).await;
    assert_eq!((failure.code, failure.field.as_deref()), (Code::Missing, Some("witness")));
    assert_eq!(laptop.visit(&visit).await["seals"], json!([]));
    let sealed = laptop.call("visit_sign", refusal("赵堃")).await;
    assert_eq!(sealed["seals"][0]["valid"], true);
    let read = papers::text(&laptop.receipt(&visit, None).await).await.unwrap();
    for word in ["拒签", "认为应当免费", "赵堃"] {
        assert!(read.contains(word), "{word}:\n{read}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_signed_by_hand_is_sealed_with_its_photo() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let text_hash = laptop.present(&visit).await;
    let answer = |upload: String| {
        let outcome = json!({ "mode": "paper", "name": "邓𠮷祥", "position": "部长", "paper": upload });
        json!({ "id": visit, "text_hash": text_hash, "outcome": outcome, "opinion": null })
    };
    let not_one = answer(laptop.upload(b"%PDF-1.7 not a photo".to_vec()));
    assert_eq!(laptop.code_of("visit_sign", not_one).await, Code::NotAPicture);
    assert_eq!(state(&laptop, &visit).await, "presented");
    let sealed = laptop.call("visit_sign", answer(laptop.upload(samples::photo(800, 1100).unwrap()))).await;
    assert_eq!(sealed["visit"]["signing"]["outcome"]["mode"], "paper");
    assert_eq!(sealed["attachments"][0]["attachment"]["role"], "signed_paper");
    let id = &sealed["visit"]["signing"]["outcome"]["paper"];
    assert_eq!(*id, sealed["attachments"][0]["id"]);
    let opened = laptop.call("attachment_open", json!({ "id": id, "pixels_max": null })).await;
    assert!(!laptop.download(&opened).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_customer_thinks_is_for_hq_alone() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let text_hash = laptop.present(&visit).await;
    let words = "等了两小时，不太满意";
    let sign = |grade: u8| {
        let opinion = json!({ "grade": grade, "words": words });
        json!({ "id": visit, "text_hash": text_hash, "outcome": laptop.drawn(), "opinion": opinion })
    };
    assert_eq!(laptop.code_of("visit_sign", sign(6)).await, Code::Invalid);
    let sealed = laptop.call("visit_sign", sign(2)).await;
    assert!(!sealed.to_string().contains(words));
    let store = laptop.app.store().unwrap();
    let kept = store.all(&Kind::SATISFACTION).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!serde_json::to_string(&kept[0].doc).unwrap().contains("grade"));
    let read = papers::text(&laptop.receipt(&visit, None).await).await.unwrap();
    assert!(!read.contains(words) && !read.contains("满意"), "{read}");
    laptop.sync().await;
    let heard = hq.hq.opinions(Some("CD")).await.unwrap();
    let opinion = heard[0].opinion.as_ref().unwrap();
    assert_eq!((opinion.grade, opinion.words.as_str()), (2, words));
    assert_eq!(heard[0].visit_id.unwrap().to_string(), text(&sealed["id"]));
    assert!(hq.hq.opinions(Some("NJ")).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_colleagues_note_among_themselves_is_not_sealed_and_what_is_sealed_is_what_was_read() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    laptop.set("visit", &visit, json!({ "internal_notes": "客户对价格敏感" })).await;
    laptop.signed(&visit).await;
    let records = laptop.app.store().unwrap().of_visit(visit.parse().unwrap()).await.unwrap();
    let seal: Seal = records.iter().find(|r| r.kind == Kind::SEAL).unwrap().read().unwrap();
    assert!(!seal.document.contains("价格敏感"));
    let document: Document = serde_json::from_str(&seal.document).unwrap();
    assert_eq!(document.text_hash().unwrap(), document.visit.signing.unwrap().text_hash);
    seal.check_cover().unwrap();
    for forged in [
        Seal { revision: 2, ..seal.clone() },
        Seal { number: "CD-20261123-A01-0009-00000".into(), ..seal.clone() },
        Seal { visit_id: None, ..seal.clone() },
        Seal { sealed_at: None, ..seal.clone() },
    ] {
        assert_eq!(forged.check_cover().unwrap_err().code, Code::BadSeal);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_can_be_dropped_while_nothing_was_changed_and_is_never_cancelled() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let problem = problem(&laptop, &visit).await;
    let signed = laptop.signed(&visit).await;
    let amend = json!({ "step": "amend", "reason": "点错了" });
    laptop.step(&visit, amend.clone()).await;
    let cancel = json!({ "id": visit, "step": { "step": "cancel", "reason": "不改了" } });
    assert_eq!(laptop.code_of("visit_step", cancel).await, Code::WrongState);
    let dropped = laptop.call("amendment_drop", json!({ "id": visit })).await;
    for field in ["progress", "signing", "revision", "amendment_reason"] {
        assert_eq!(dropped["visit"][field], signed["visit"][field], "{field}");
    }
    laptop.step(&visit, amend).await;
    laptop.set("problem", &problem, json!({ "symptom": "改过了" })).await;
    assert_eq!(laptop.code_of("amendment_drop", json!({ "id": visit })).await, Code::WrongState);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_visit_stays_with_it_and_taking_back_a_settled_point_is_noticed() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let customer = laptop.customer("客户甲").await;
    let first = laptop.at_work(&customer).await;
    let point = json!({ "visit_id": first, "customer_id": customer, "text": "寄送说明" });
    let point = laptop.create("open_point", point).await;
    let problem = problem(&laptop, &first).await;
    laptop.signed(&first).await;
    let second = laptop.at_work(&customer).await;
    let moved = json!({ "kind": "problem", "id": problem, "fields": { "visit_id": second } });
    assert_eq!(laptop.code_of("record_set", moved).await, Code::Invalid);
    laptop.set("open_point", &point, json!({ "done_on": "2026-11-23", "done_visit_id": second })).await;
    laptop.present(&second).await;
    let undone = laptop.set("open_point", &point, json!({ "done_on": null, "done_visit_id": null })).await;
    assert_eq!(undone["visit_reopened"], true, "the text before the customer is another now");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_signature_or_another_picture_is_none() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    let text_hash = laptop.present(&visit).await;
    let png = |picture: image::RgbaImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let filled =
        |paint: fn(u32, u32) -> [u8; 4]| png(image::RgbaImage::from_fn(600, 200, |x, y| image::Rgba(paint(x, y))));
    let photo = image::load_from_memory(&samples::photo(300, 200).unwrap()).unwrap().to_rgba8();
    for (bytes, code) in [
        (filled(|_, _| [0; 4]), Code::Missing),
        (filled(|_, _| [255; 4]), Code::Missing),
        (include_bytes!("pictures/one-tap.png").to_vec(), Code::SignatureTooLittle),
        (
            filled(|x, y| [0, 0, 0, if (300..318).contains(&x) && (90..94).contains(&y) { 255 } else { 0 }]),
            Code::SignatureTooLittle,
        ),
        (filled(|_, _| [0, 0, 0, 255]), Code::NotADrawing),
        (png(photo), Code::NotADrawing),
        (samples::photo(300, 200).unwrap(), Code::NotAPicture),
    ] {
        let outcome = json!({ "mode": "drawn", "name": "周建国", "position": "", "signature": laptop.upload(bytes) });
        let args = json!({ "id": visit, "text_hash": text_hash, "outcome": outcome, "opinion": null });
        assert_eq!(laptop.code_of("visit_sign", args).await, code);
    }
    assert_eq!(state(&laptop, &visit).await, "presented");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_be_printed_as_its_number_is_named_before_the_customer_signs() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    // Rare characters, Yi, Uyghur and Tibetan print; what is not on the paper does not matter.
    let customer = laptop.customer("𠮷㛃䶮ꆈ路桥 ئالىم བོད").await;
    let visit = laptop.at_work(&customer).await;
    let problem = problem(&laptop, &visit).await;
    laptop.set("visit", &visit, json!({ "internal_notes": "😀" })).await;
    assert_eq!(laptop.visit(&visit).await["unprintable"], json!([]));
    laptop.set("problem", &problem, json!({ "symptom": "😀打开缓慢ᠮ😀" })).await;
    laptop.set("customer", &customer, json!({ "address": "ᠮᠣᠩ街", "notes": "😀" })).await;
    let named = json!([
        { "kind": "customer", "field": "address", "characters": "ᠣᠩᠮ" },
        { "kind": "problem", "field": "symptom", "characters": "ᠮ😀" },
    ]);
    assert_eq!(laptop.visit(&visit).await["unprintable"], named);
    let text_hash = laptop.present(&visit).await;
    assert_eq!(laptop.visit(&visit).await["unprintable"], named, "while it lies before the customer too");
    let args = json!({ "id": visit, "text_hash": text_hash, "outcome": laptop.drawn(), "opinion": null });
    let sealed = laptop.call("visit_sign", args).await;
    assert_eq!(sealed["unprintable"], json!([]), "nothing can be done about it any more");
}
