//! Customers: their tree, people who move, and lists in and out (M14).

use crate::ground::{Headquarters, Laptop, PASSPHRASE, list, text};
use doorstep_app::{App, Code, World};
use doorstep_sample::SampleClock;
use doorstep_tests::samples;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn all(laptop: &Laptop) -> Vec<Value> {
    let args = json!({ "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 500 });
    list(&laptop.call("customer_list", args).await["rows"]).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_has_no_loop_and_no_parent_below_its_child() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let make = async |name: &str, level: &str, above: Option<&str>| {
        laptop.create("customer", json!({ "name": name, "level": level, "parent_id": above })).await
    };
    let group = make("集团", "group", None).await;
    let company = make("公司", "company", Some(&group)).await;
    let section = make("标段", "section", Some(&company)).await;
    let under = |id: &str, above: &str| json!({ "kind": "customer", "id": id, "fields": { "parent_id": above } });
    for (child, above) in [(&group, &section), (&company, &company), (&company, &section), (&group, &group)] {
        assert_eq!(laptop.code_of("record_set", under(child, above)).await, Code::BadTree);
    }
    let raised = json!({ "kind": "customer", "id": company, "fields": { "level": "group" } });
    assert_eq!(laptop.code_of("record_set", raised).await, Code::BadTree);
    // Nor may one be lowered to where those below it stand.
    let lowered = json!({ "kind": "customer", "id": company, "fields": { "level": "section" } });
    let failure = laptop.refused("record_set", lowered).await;
    assert_eq!((failure.code, failure.field.as_deref()), (Code::BadTree, Some("level")));
    laptop.set("customer", &company, json!({ "level": "project_office" })).await;
    laptop.set("customer", &company, json!({ "level": "company" })).await;
    let peer = json!({ "kind": "customer", "fields": { "name": "乙", "level": "company", "parent_id": company } });
    assert_eq!(laptop.code_of("record_create", peer).await, Code::BadTree);
    // Levels may be left out, and any stands alone.
    make("直属标段", "section", Some(&group)).await;
    make("独立项目部", "project_office", None).await;
    let file = laptop.call("customer_get", json!({ "id": section })).await;
    let above: Vec<_> = list(&file["ancestors"]).iter().map(|a| text(&a["customer"]["name"])).collect();
    assert_eq!(above, ["集团", "公司"]);
    assert_eq!(laptop.code_of("record_delete", json!({ "kind": "customer", "id": group })).await, Code::WrongState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_moves_keeps_where_they_were_and_from_when() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let (old, new) = (laptop.customer("项目部一").await, laptop.customer("项目部二").await);
    let fields = json!({ "customer_id": old, "name": "赵堃", "position": "计量员", "mobile": "13900001111" });
    let person = laptop.create("contact", fields).await;
    let moved = json!({ "id": person, "to": new, "position": "合同部 部长", "on": "2026-12-01" });
    let contact = laptop.call("contact_move", moved).await["contact"].clone();
    assert_eq!((&contact["customer_id"], &contact["position"]), (&json!(new), &json!("合同部 部长")));
    let posts = list(&contact["posts"]);
    assert_eq!((&posts[0]["customer_id"], &posts[0]["to"]), (&json!(old), &json!("2026-12-01")));
    assert_eq!((&posts[1]["customer_id"], &posts[1]["from"]), (&json!(new), &json!("2026-12-01")));
    let people = async |customer: &str| {
        let file = laptop.call("customer_get", json!({ "id": customer })).await;
        list(&file["contacts"]).len()
    };
    assert_eq!((people(&old).await, people(&new).await), (0, 1));
    let nowhere = json!({ "id": person, "to": person, "position": "", "on": "2026-12-02" });
    assert_eq!(laptop.code_of("contact_move", nowhere).await, Code::NotFound);
}

/// What a customer's file says, without what belongs to one laptop.
async fn card(laptop: &Laptop, row: &Value) -> String {
    let file = laptop.call("customer_get", json!({ "id": row["id"] })).await;
    let field =
        |of: &Value, names: &[&str]| names.iter().map(|name| of[*name].to_string()).collect::<Vec<_>>().join(",");
    let customer =
        field(&file["customer"], &["name", "level", "number", "region", "address", "phone", "file_valid_until"]);
    let mut people: Vec<_> = list(&file["contacts"])
        .iter()
        .map(|entry| field(&entry["contact"], &["name", "position", "mobile"]))
        .chain(list(&file["installations"]).iter().map(|entry| {
            field(&entry["installation"], &["dongle_number", "version", "quota_edition", "maintenance_until"])
        }))
        .collect();
    people.sort();
    format!("{customer} {} {people:?}", row["path"])
}

/// A small tree with people and products, one of them with a character that GBK lacks.
async fn fill(laptop: &Laptop) {
    let rows = [
        ("雅江桥隧集团有限公司", "group", None, "KH-2001"),
        ("雅江桥隧第一工程有限公司", "company", Some(0), "KH-2002"),
        ("雅叶高速 LJ3 标项目经理部", "project_office", Some(1), "KH-2003"),
        ("LJ3-1 标段", "section", Some(2), "KH-2004"),
        ("贡嘎公路养护有限公司", "company", None, "KH-2005"),
    ];
    let mut ids: Vec<String> = Vec::new();
    for (name, level, above, number) in rows {
        let fields = json!({
            "name": name, "level": level, "parent_id": above.map(|at: usize| &ids[at]), "number": number,
            "region": "四川 雅安", "address": "雨城区样板路 8 号", "phone": "0835-2620001", "file_valid_until": "2027-06-30",
        });
        ids.push(laptop.create("customer", fields).await);
    }
    for (at, name, position, mobile) in [
        (2, "邓𠮷祥", "合同部 部长", "13900001111"),
        (2, "赵堃", "计量员", "13900002222"),
        (4, "泽仁", "科员", "13900003333"),
    ] {
        let fields = json!({ "customer_id": ids[at], "name": name, "position": position, "mobile": mobile });
        laptop.create("contact", fields).await;
    }
    let fields = json!({
        "customer_id": ids[2], "product_name": "路衡公路造价", "version": "11.0", "dongle_number": "LH-2025-00077",
        "quota_edition": "2018 部颁公路工程预算定额", "maintenance_until": "2027-03-31", "database_kind": "Access",
    });
    laptop.create("installation", fields).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_written_out_is_taken_in_elsewhere_as_it_was() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    fill(&laptop).await;
    let mut before = BTreeSet::new();
    for row in all(&laptop).await {
        before.insert(card(&laptop, &row).await);
    }
    assert_eq!(before.len(), 5);
    for (branch, format) in [("NJ", "xlsx"), ("HRB", "csv_utf8")] {
        let saved = laptop.call("customer_export", json!({ "format": format })).await;
        let elsewhere = hq.laptop(branch, "王芳").await;
        let upload = elsewhere.upload(laptop.download(&saved));
        let opened = elsewhere.call("import_open", json!({ "upload": upload, "file_name": saved["name"] })).await;
        let args = json!({ "import": opened["import"], "matching": opened["matching"] });
        let review = elsewhere.call("import_check", args).await;
        assert_eq!(review["bad"], 0, "{review}");
        elsewhere.call("import_run", json!({ "import": opened["import"], "decisions": [] })).await;
        let mut after = BTreeSet::new();
        for row in all(&elsewhere).await {
            after.insert(card(&elsewhere, &row).await);
        }
        let lost: Vec<_> = before.difference(&after).collect();
        assert!(lost.is_empty(), "{format} lost {lost:#?}\nit has {after:#?}");
        assert_eq!(before.len(), after.len());
    }
}

/// Takes a customer list in, every row as the laptop suggests.
async fn take(laptop: &Laptop, rows: &[&[&str]]) -> Value {
    let list = laptop.folder.path().join("客户名单.xlsx");
    samples::workbook(&list, rows).unwrap();
    let upload = laptop.upload(std::fs::read(&list).unwrap());
    let opened = laptop.call("import_open", json!({ "upload": upload, "file_name": "客户名单.xlsx" })).await;
    let args = json!({ "import": opened["import"], "matching": opened["matching"] });
    laptop.call("import_check", args).await;
    laptop.call("import_run", json!({ "import": opened["import"], "decisions": [] })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_knows_more_of_a_person_adds_it_to_that_person() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let head: &[&str] = &["客户名称", "联系人", "联系人手机", "职务"];
    take(&laptop, &[head, &["贡嘎公路养护有限公司", "泽仁", "", ""]]).await;
    take(&laptop, &[head, &["贡嘎公路养护有限公司", "泽仁", "13900003333", "科员"]]).await;
    take(&laptop, &[head, &["贡嘎公路养护有限公司", "泽仁", "", "科长"]]).await;
    let people = async || {
        let file = laptop.call("customer_get", json!({ "id": all(&laptop).await[0]["id"] })).await;
        let field = |entry: &Value, name: &str| text(&entry["contact"][name]);
        let mut all: Vec<_> =
            list(&file["contacts"]).iter().map(|e| ["name", "mobile", "position"].map(|f| field(e, f))).collect();
        all.sort();
        all
    };
    assert_eq!(people().await, [["泽仁", "13900003333", "科员"]]);
    // Another mobile is a namesake.
    take(&laptop, &[head, &["贡嘎公路养护有限公司", "泽仁", "13900004444", "司机"]]).await;
    assert_eq!(people().await, [["泽仁", "13900003333", "科员"], ["泽仁", "13900004444", "司机"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_stand_by_the_sound_of_their_names() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    for name in ["中铁二局", "安徽路桥", "重庆路桥", "北京市政", "G7611 项目部", "阿坝公路"] {
        laptop.customer(name).await;
    }
    let names = async || -> Vec<String> { all(&laptop).await.iter().map(|row| text(&row["name"])).collect() };
    assert_eq!(names().await, ["阿坝公路", "安徽路桥", "北京市政", "重庆路桥", "G7611 项目部", "中铁二局"]);
    let first = text(&all(&laptop).await[0]["id"]);
    laptop.set("customer", &first, json!({ "name": "资阳公路" })).await;
    assert_eq!(names().await.last().map(String::as_str), Some("资阳公路"));
    laptop.sync().await;
    // A colleague gets them in the same order.
    let colleague = hq.laptop("CD", "李娜").await;
    let theirs: Vec<String> = all(&colleague).await.iter().map(|row| text(&row["name"])).collect();
    assert_eq!(theirs, names().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_customers_are_taken_in_again_without_a_bad_row() {
    let hq = Headquarters::start().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = SampleClock::default();
    let app = App::open(Laptop::options(&folder), World::new(clock.clone())).await.unwrap();
    doorstep_sample::enrol(&app, &hq.code("CD", "张伟").await, Some(PASSPHRASE)).await.unwrap();
    doorstep_sample::play(&app, &clock).await.unwrap();
    let saved = app.call("customer_export", json!({ "format": "xlsx" })).await.unwrap();
    let bytes = app.desk().take(saved["download"].as_str().unwrap()).unwrap();
    app.close().await;
    let elsewhere = hq.laptop("NJ", "王芳").await;
    let upload = elsewhere.upload(bytes.to_vec());
    let opened = elsewhere.call("import_open", json!({ "upload": upload, "file_name": saved["name"] })).await;
    let args = json!({ "import": opened["import"], "matching": opened["matching"] });
    let review = elsewhere.call("import_check", args).await;
    assert_eq!(review["bad"], 0, "{review}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_entered_twice_is_merged_and_taken_apart_again_on_every_laptop() {
    let hq = Headquarters::start().await;
    let (a, b) = (hq.laptop("CD", "张伟").await, hq.laptop("CD", "李娜").await);
    let (kept, double) = (a.customer("四川路桥").await, a.customer("四川路桥(重复)").await);
    let visit = a.at_work(&double).await;
    a.create("contact", json!({ "customer_id": double, "name": "周工" })).await;
    a.create("contact", json!({ "customer_id": kept, "name": "王工" })).await;
    a.sync().await;
    b.sync().await;
    let merge = json!({ "id": double, "into": kept });
    let file = b.call("customer_merge", merge.clone()).await;
    assert_eq!((&file["id"], &file["merged"][0]["id"]), (&json!(kept), &json!(double)));
    assert_eq!(b.code_of("customer_merge", merge).await, Code::WrongState);
    assert_eq!(b.code_of("customer_merge", json!({ "id": kept, "into": double })).await, Code::BadTree);
    assert_eq!(b.code_of("record_delete", json!({ "kind": "customer", "id": kept })).await, Code::WrongState);
    b.sync().await;
    a.sync().await;
    let all = json!({ "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 50 });
    for laptop in [&a, &b] {
        let page = laptop.call("customer_list", all.clone()).await;
        assert_eq!((&page["total"], &page["rows"][0]["contacts"]), (&json!(1), &json!(2)));
        for id in [&kept, &double] {
            let file = laptop.call("customer_get", json!({ "id": id })).await;
            assert_eq!((&file["id"], list(&file["contacts"]).len()), (&json!(kept), 2));
            assert_eq!(list(&file["timeline"]).len(), 1);
        }
        let seen = laptop.visit(&visit).await;
        assert_eq!((&seen["customer"]["id"], list(&seen["contacts"]).len()), (&json!(kept), 2));
        let hits = laptop.call("search", json!({ "query": "周工", "limit": 5 })).await;
        assert_eq!(hits["hits"][0]["open"], json!(["customer", kept]));
    }
    let apart = a.call("customer_unmerge", json!({ "id": double })).await;
    assert_eq!((&apart["id"], list(&apart["contacts"]).len()), (&json!(double), 1));
    assert_eq!(a.code_of("customer_unmerge", json!({ "id": double })).await, Code::WrongState);
    a.sync().await;
    b.sync().await;
    assert_eq!(b.call("customer_list", all).await["total"], 2);
    assert_eq!(b.visit(&visit).await["customer"]["id"], json!(double));
}
