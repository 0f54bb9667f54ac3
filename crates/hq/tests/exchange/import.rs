//! What ships, and what HQ's keeper brings in.

use super::{house::House, place::Place};
use doorstep_domain::{Code, Kind, record};
use doorstep_hq::{Error, Hq, import::id_of, storage::Key};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

async fn hq() -> (Hq, TempDir, Place) {
    let house = House::open().await;
    (house.hq, house.folder, house.place)
}

fn file(folder: &TempDir, name: &str, content: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

async fn count(hq: &Hq, kind: &Kind) -> usize {
    hq.storage().records_of(kind).await.unwrap().len()
}

fn template(version: u32, title: &str) -> Value {
    json!({
        "code": "tunnel", "version": version, "title": {"zh": title, "en": "Tunnel"}, "visit_kinds": ["fault"],
        "sections": [{"id": "a", "title": {"zh": "一", "en": "A"}, "items": [{"id": "a1", "text": {"zh": "通风", "en": "Air"}}]}]
    })
}

async fn refusal(hq: &Hq, path: &Path) -> (String, Code) {
    match hq.import(&[path]).await {
        Err(Error::Import { place, refusal, .. }) => (place, refusal.code),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn branches_ship_as_the_manual_has_them() {
    let (hq, _folder, _place) = hq().await;
    let mut sizes = Vec::new();
    for stored in hq.storage().records_of(&Kind::BRANCH).await.unwrap() {
        let branch: doorstep_domain::staff::Branch = record::read(&stored.doc).unwrap();
        sizes.push((branch.code, branch.customers_planned.unwrap(), branch.engineers_required.unwrap()));
    }
    sizes.sort();
    let expected = [("CD", 500, 4), ("HRB", 400, 3), ("NJ", 600, 3), ("SH", 100, 1)];
    assert_eq!(sizes, expected.map(|(code, customers, engineers)| (code.to_owned(), customers, engineers)), "M1");
}

#[tokio::test]
async fn a_second_start_adds_nothing_and_undoes_no_change_of_hqs() {
    let house = House::open().await;
    let version = house.hq.storage().site().await.unwrap().version;
    let house = house.restart().await;
    assert_eq!(house.hq.storage().site().await.unwrap().version, version);
    let mut patch = serde_json::Map::new();
    patch.insert("support_hotline".to_owned(), "400-1".into());
    house.hq.write(vec![(Key::new(Kind::COMPANY, id_of("company")), patch)]).await.unwrap();
    let house = house.restart().await;
    let company = &house.hq.storage().records_of(&Kind::COMPANY).await.unwrap()[0];
    assert_eq!(company.doc["support_hotline"], "400-1");
}

#[tokio::test]
async fn a_new_version_of_a_template_stands_beside_the_old_one() {
    let (hq, folder, _place) = hq().await;
    let before = count(&hq, &Kind::TEMPLATE).await;
    let both = json!({"template": [template(1, "隧道检查")]}).to_string();
    let alone = template(2, "隧道检查(新)").to_string();
    let files = [file(&folder, "1.json", &both), file(&folder, "2.json", &alone)];
    assert_eq!(hq.import(&[&files[0], &files[1]]).await.unwrap(), 2);
    assert_eq!(count(&hq, &Kind::TEMPLATE).await, before + 2);
    hq.import(&[&files[0]]).await.unwrap();
    assert_eq!(count(&hq, &Kind::TEMPLATE).await, before + 2, "the same again is the same record");
}

#[tokio::test]
async fn a_version_that_answers_are_pinned_to_never_changes_but_may_be_retired() {
    let (hq, folder, _place) = hq().await;
    hq.import(&[&file(&folder, "1.json", &template(1, "隧道检查").to_string())]).await.unwrap();
    let changed = file(&folder, "2.json", &template(1, "别的").to_string());
    let (place, code) = refusal(&hq, &changed).await;
    assert_eq!((place.as_str(), code), (r#"template "tunnel" 1"#, Code::Invalid));
    let mut retired = template(1, "隧道检查");
    retired["retired"] = true.into();
    hq.import(&[&file(&folder, "3.json", &retired.to_string())]).await.unwrap();
    let stored = hq.storage().records_of(&Kind::TEMPLATE).await.unwrap();
    let stored = stored.iter().find(|r| r.doc["code"] == "tunnel").unwrap();
    assert_eq!((&stored.doc["retired"], &stored.doc["title"]["zh"]), (&json!(true), &json!("隧道检查")));
}

#[tokio::test]
async fn an_import_is_taken_whole_or_not_at_all() {
    let (hq, folder, _place) = hq().await;
    let version = hq.storage().site().await.unwrap().version;
    let rows = json!({"product": [
        {"code": "P1", "name": {"zh": "一", "en": "One"}},
        {"code": "P2", "name": {"zh": "", "en": "Two"}}
    ]});
    let (place, code) = refusal(&hq, &file(&folder, "p.json", &rows.to_string())).await;
    assert_eq!((place.as_str(), code), ("product 2", Code::Missing));
    assert_eq!(hq.storage().site().await.unwrap().version, version);
}

#[tokio::test]
async fn a_file_that_is_not_what_it_says_gets_a_clear_answer() {
    let (hq, folder, _place) = hq().await;
    for content in ["", "PK\u{3}\u{4}", "[]", "{}", r#"{"customer": [{"name": "x"}]}"#, r#"{"branch": {"code": "X"}}"#]
    {
        assert_eq!(refusal(&hq, &file(&folder, "x.json", content)).await.1, Code::Invalid, "{content}");
    }
    let bad = json!({"template": [{"code": "t", "version": 1, "title": {"zh": "t"}, "sections": "none"}]}).to_string();
    assert_eq!(refusal(&hq, &file(&folder, "y.json", &bad)).await.1, Code::Invalid);
    let nowhere = folder.path().join("nowhere.json");
    assert!(matches!(hq.import(&[&nowhere]).await, Err(Error::Folder { .. })));
}

#[tokio::test]
async fn the_examples_that_the_readme_shows_are_taken_as_they_are() {
    let (hq, _folder, _place) = hq().await;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/headquarters");
    let readme = fs::read_to_string(examples.join("../../README.md")).unwrap();
    let names = ["company.json", "branches.json", "products.json", "checklist.json"];
    for name in names {
        assert!(readme.contains(&format!("docs/headquarters/{name}")), "the README does not show {name}");
    }
    let files = names.map(|name| examples.join(name));
    assert_eq!(hq.import(&files.each_ref().map(PathBuf::as_path)).await.unwrap(), names.len());
}
