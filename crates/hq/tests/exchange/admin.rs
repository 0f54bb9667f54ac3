//! People at HQ over HTTP: they log in, see what is theirs to see, and do what is theirs to do.

use super::{
    conflicts::at_odds,
    house::{House, Laptop, accepted, id, post},
};
use chrono::TimeDelta;
use doorstep_domain::{Code, Kind};
use doorstep_hq::{
    accounts::{LOGIN_HOURS, Role},
    serve::openapi,
    storage::{Changes, Key, StoredRecord, Turn},
};
use doorstep_wire::ErrorBody;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// Somebody who is logged in.
pub struct Person {
    base: String,
    token: String,
}

async fn log_in(house: &House, name: &str, password: &str) -> Result<Value, ErrorBody> {
    post(&house.base, "/v1/admin/login", None, &json!({"name": name, "password": password})).await
}

impl Person {
    pub async fn new(house: &House, name: &str, role: Role, branch: Option<&str>) -> Self {
        let password = house.hq.add_account(name, role, branch).await.unwrap();
        let reply = log_in(house, name, &password).await.unwrap();
        Self { base: house.base.clone(), token: reply["token"].as_str().unwrap().to_owned() }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Code> {
        let url = format!("{}/v1/admin/{path}", self.base);
        let mut request = Client::new().request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
        if status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        if status.is_success() { Ok(value) } else { Err(serde_json::from_value(value["code"].clone()).unwrap()) }
    }

    pub async fn get(&self, path: &str) -> Result<Value, Code> {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Code> {
        self.ask(Method::POST, path, Some(body)).await
    }
}

#[tokio::test]
async fn a_person_logs_in_for_some_hours_and_out() {
    let house = House::open().await;
    let password = house.hq.add_account("周芳", Role::ServiceCentre, None).await.unwrap();
    for (name, guess) in [("周芳", "guess"), ("没有", &*password), ("周芳\0", &*password), ("", "")] {
        assert_eq!(log_in(&house, name, guess).await.unwrap_err().code, Code::Unauthorized, "{name:?}");
    }
    let reply = log_in(&house, "周芳", &password).await.unwrap();
    assert_eq!((&reply["role"], &reply["branch_id"]), (&json!("service_centre"), &Value::Null));
    let person = Person { base: house.base.clone(), token: reply["token"].as_str().unwrap().to_owned() };
    person.get("status").await.unwrap();
    let stored = house.place.bytes(&house.folder.path().join("hq")).await;
    for secret in [&person.token, &password] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    house.clock.forward(TimeDelta::hours(LOGIN_HOURS));
    assert_eq!(person.get("status").await, Err(Code::Unauthorized));
    let again = log_in(&house, "周芳", &password).await.unwrap();
    let person = Person { token: again["token"].as_str().unwrap().to_owned(), ..person };
    person.post("logout", json!(null)).await.unwrap();
    assert_eq!(person.get("status").await, Err(Code::Unauthorized));
    house.hq.close_account("周芳").await.unwrap();
    assert_eq!(log_in(&house, "周芳", &password).await.unwrap_err().code, Code::Unauthorized);
}

#[tokio::test]
async fn after_ten_wrong_passwords_an_address_waits_ten_minutes() {
    let house = House::open().await;
    let password = house.hq.add_account("周芳", Role::ServiceCentre, None).await.unwrap();
    for _ in 0..10 {
        assert_eq!(log_in(&house, "周芳", "guess").await.unwrap_err().code, Code::Unauthorized);
    }
    assert_eq!(log_in(&house, "周芳", &password).await.unwrap_err().code, Code::Busy);
    house.clock.forward(TimeDelta::minutes(10));
    log_in(&house, "周芳", &password).await.unwrap();
}

#[tokio::test]
async fn every_path_of_people_wants_their_token_and_takes_no_laptops() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let document = openapi::document();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/v1/admin/") || path == "/v1/admin/login" {
            continue;
        }
        let path = path.replace("{code}", "A01").replace("{conflict}", &id().to_string());
        let path = path.replace("{engineer}", &id().to_string());
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            for token in ["", laptop.enrolled.token.as_str()] {
                let request = Client::new().request(method.clone(), format!("{}{path}", house.base));
                let answer = request.bearer_auth(token).json(&json!({})).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 30, "{asked}");
}

#[tokio::test]
async fn a_manager_sees_and_settles_their_branch_only_and_hq_all() {
    let (house, a, _b, customer) = at_odds().await;
    let near = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let assistant = Person::new(&house, "助理", Role::Assistant, None).await;
    let list = near.get("conflicts").await.unwrap();
    let found = &list["conflicts"][0];
    assert_eq!((&found["branch"], &list["next"]), (&json!("CD"), &Value::Null));
    let side = |side: &str| (&found["conflict"][side]["value"], &found[format!("{side}_by")]["engineer"]);
    assert_eq!(side("standing"), (&json!("甲名"), &json!("张伟")));
    assert_eq!(side("other"), (&json!("乙名"), &json!("李娜")));
    assert!(found["conflict"]["raised_at"].is_string() && found["conflict"]["other"]["written_at"].is_string());
    assert_eq!(far.get("conflicts").await.unwrap()["conflicts"], json!([]));
    assert_eq!(far.get("conflicts?branch=CD").await, Err(Code::OutOfScope));
    assert_eq!(assistant.get("conflicts?branch=CD").await.unwrap()["conflicts"].as_array().unwrap().len(), 1);
    let path = format!("conflicts/{}", found["id"].as_str().unwrap());
    assert_eq!(far.get(&path).await, Err(Code::OutOfScope));
    let settle = format!("{path}/settle");
    let body = |seen: u64, reason: &str| json!({"seen": seen, "choice": "other", "reason": reason});
    let seen = found["version"].as_u64().unwrap();
    assert_eq!(far.post(&settle, body(seen, "别的分公司")).await, Err(Code::OutOfScope));
    assert_eq!(assistant.post(&settle, body(seen, "不该")).await, Err(Code::OutOfScope));
    assert_eq!(near.post(&settle, body(seen - 1, "没看过")).await, Err(Code::ConflictMoved));
    assert_eq!(near.post(&settle, body(seen, " ")).await, Err(Code::Missing));
    let settled = near.post(&settle, body(seen, "问过客户")).await.unwrap();
    assert_eq!(settled["conflict"]["settled"]["account"], "成都经理");
    assert_eq!(near.post(&settle, body(settled["version"].as_u64().unwrap(), "再来")).await, Err(Code::ConflictMoved));
    assert_eq!(near.get("conflicts").await.unwrap()["conflicts"], json!([]));
    assert_eq!(a.record(customer).await.unwrap()["name"], "乙名", "laptops get what was chosen");
    let there = a.records(&Kind::CONFLICT).await;
    assert_eq!(there[0].1["settled"]["reason"], "问过客户");
    assert_eq!(near.get(&path).await.unwrap()["conflict"]["settled"]["reason"], "问过客户");
}

#[tokio::test]
async fn a_conflict_that_does_not_read_is_listed_by_its_id_and_keeps_nothing_back() {
    let (house, a, _b, _) = at_odds().await;
    let strange = StoredRecord {
        version: 7,
        doc: json!({"branch_id": a.enrolled.branch_id, "standing": 7}).as_object().unwrap().clone(),
        ..StoredRecord::empty(Key::new(Kind::CONFLICT, id()))
    };
    let changes = Changes { records: vec![strange.clone()], incarnation: 1, ..Changes::default() };
    let mut writing = house.hq.storage().begin(Turn::Hq).await.unwrap();
    writing.put(changes).await.unwrap();
    writing.commit().await.unwrap();
    let near = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let list = near.get("conflicts").await.unwrap();
    let found = list["conflicts"].as_array().unwrap();
    let listed = |at: usize| (&found[at]["id"], &found[at]["version"], &found[at]["unread"]);
    assert_eq!(listed(0), (&json!(strange.key.id), &json!(7), &json!(true)));
    assert_eq!((&found[0]["branch"], &found[0]["conflict"]["record_kind"]), (&json!("CD"), &json!("")));
    assert_eq!((found.len(), &found[1]["unread"]), (2, &json!(false)));
    assert!(near.get(&format!("conflicts/{}", strange.key.id)).await.is_err());
}

#[tokio::test]
async fn lists_come_in_pages_that_follow_one_another() {
    let house = House::open().await;
    let person = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    for n in 0..5 {
        let customer = id();
        let op = a.customer(customer, &format!("客户{n}"));
        a.push_one(&op).await;
        let op = b.op(Kind::CUSTOMER, customer, &[("name", "改过".into(), 0)]);
        b.push_one(&op).await;
        house.clock.forward(TimeDelta::minutes(1));
    }
    for (list, total) in [("conflicts", 5), ("laptops", 2), ("engineers", 2)] {
        for size in [1, total - 1, total, total + 1] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let page = person.get(&format!("{list}?branch=CD&count={size}{after}")).await.unwrap();
                let entries = page[list].as_array().unwrap();
                assert!(entries.len() <= size);
                seen.extend(entries.iter().map(|entry| entry["id"].to_string()));
                match &page["next"] {
                    Value::Null => break,
                    Value::String(next) => after = format!("&after={next}"),
                    next => after = format!("&after={next}"),
                }
            }
            assert_eq!(seen.len(), total, "{list} in pages of {size}");
            let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
            assert_eq!(distinct.len(), total);
        }
        assert_eq!(person.get(&format!("{list}?branch=XX")).await, Err(Code::NotFound));
        assert_eq!(person.get(&format!("{list}?count=many")).await, Err(Code::Invalid));
        assert_eq!(person.get(&format!("{list}?after=x")).await, Err(Code::Invalid));
    }
}

#[tokio::test]
async fn a_wipe_takes_two_people_and_the_laptop_is_told_whatever_it_asks() {
    let house = House::open().await;
    let (mut lost, other) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let op = lost.customer(id(), "四川路桥");
    accepted(&lost.push_one(&op).await);
    let manager = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let centre = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let path = format!("laptops/{}/wipe", lost.enrolled.device_code);
    let confirm = format!("{path}/confirm");
    let reason = json!({"reason": "在高铁上丢失"});
    assert_eq!(centre.post(&confirm, json!(null)).await, Err(Code::WrongState), "nobody has asked");
    assert_eq!(far.post(&path, reason.clone()).await, Err(Code::OutOfScope));
    assert_eq!(manager.post(&path, json!({"reason": ""})).await, Err(Code::Missing));
    assert_eq!(centre.post(&path, reason.clone()).await.unwrap()["standing"], "wipe_asked");
    assert_eq!(manager.post(&path, reason.clone()).await, Err(Code::WrongState));
    assert_eq!(centre.post(&confirm, json!(null)).await, Err(Code::OutOfScope), "the same person twice");
    lost.hello().await.unwrap();
    assert_eq!(manager.ask(Method::DELETE, &path, None).await.unwrap()["standing"], "active");
    manager.post(&path, reason).await.unwrap();
    assert_eq!(manager.post(&confirm, json!(null)).await, Err(Code::OutOfScope));
    let second = Person::new(&house, "总部", Role::Administrator, None).await;
    assert_eq!(second.post(&confirm, json!(null)).await.unwrap()["standing"], "wipe_ordered");
    assert_eq!(manager.ask(Method::DELETE, &path, None).await, Err(Code::WrongState), "too late");
    assert_eq!(lost.hello().await.unwrap_err().code, Code::DeviceWiped);
    assert_eq!(lost.page(&lost.branch(), 0).await.unwrap_err().code, Code::DeviceWiped);
    other.hello().await.unwrap();
    let laptops = centre.get("laptops").await.unwrap();
    let entry = &laptops["laptops"][0];
    assert_eq!((&entry["standing"], &entry["wipe"]["asked_by"]), (&json!("wiped"), &json!("成都经理")));
    assert_eq!((&entry["wipe"]["confirmed_by"], &entry["wipe"]["reason"]), (&json!("总部"), &json!("在高铁上丢失")));
    let trail = second.get("trail?count=500").await.unwrap();
    let deeds: Vec<(&str, &str)> = trail["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["account"].as_str().unwrap_or("")))
        .filter(|(action, _)| action.starts_with("wipe"))
        .collect();
    let expected =
        [("wipe confirm", "总部"), ("wipe ask", "成都经理"), ("wipe withdraw", "成都经理"), ("wipe ask", "周芳")];
    assert_eq!(deeds, expected);
    assert_eq!(centre.get("trail").await, Err(Code::OutOfScope));
}

#[tokio::test]
async fn a_laptop_is_switched_off_by_those_who_may() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let near = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let revoke = |code: &str| format!("laptops/{code}/revoke");
    assert_eq!(far.post(&revoke("A01"), json!(null)).await, Err(Code::OutOfScope));
    assert_eq!(near.post(&revoke("Z99"), json!(null)).await, Err(Code::NotFound));
    assert_eq!(near.post(&revoke("A01"), json!(null)).await.unwrap()["standing"], "revoked");
    assert_eq!(laptop.hello().await.unwrap_err().code, Code::DeviceRevoked);
}

#[tokio::test]
async fn who_synced_what_waits_and_what_is_open_is_on_one_page() {
    let (house, mut a, _b, _) = at_odds().await;
    let never = house.laptop("NJ", "王芳").await;
    a.hello().await.unwrap();
    // It had nine, HQ has two of them: the line broke after hello.
    a.seq = 9;
    a.hello().await.unwrap();
    let visit = json!({"branch_id": a.enrolled.branch_id, "engineer_id": a.enrolled.engineer_id, "progress": {"state": "planned"}});
    let (visit_id, fields) = (id(), visit.as_object().unwrap().clone());
    let patch = vec![(doorstep_hq::storage::Key::new(Kind::VISIT, visit_id), fields)];
    house.hq.write(patch).await.unwrap();
    let left = json!({"left": true}).as_object().unwrap().clone();
    let leaver = doorstep_hq::storage::Key::new(Kind::ENGINEER, a.enrolled.engineer_id.into());
    house.hq.write(vec![(leaver, left)]).await.unwrap();
    house.clock.forward(TimeDelta::days(2));
    let centre = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let status = centre.get("status").await.unwrap();
    assert_eq!(status["counts"]["active"], 3);
    assert_eq!((&status["counts"]["seen_within_a_week"], &status["counts"]["silent"]), (&json!(1), &json!(2)));
    let conflicts = &status["conflicts"][0];
    assert_eq!((&conflicts["branch"], &conflicts["open"]), (&json!("CD"), &json!(1)));
    assert_eq!((&conflicts["over_a_day"], &conflicts["over_a_week"]), (&json!(1), &json!(0)));
    assert_eq!((&status["leavers"][0]["engineer"], &status["leavers"][0]["open_visits"]), (&json!("张伟"), &json!(1)));
    let laptops = status["laptops"]["laptops"].as_array().unwrap();
    let of = |code: &str| laptops.iter().find(|laptop| laptop["code"] == code).unwrap();
    let first = of(&a.enrolled.device_code);
    assert_eq!(
        (&first["waiting"], &first["app_version"], &first["engineer"]),
        (&json!(7), &json!("0.1.0"), &json!("张伟"))
    );
    assert!(first["seen_at"].is_string());
    let silent = of(&never.enrolled.device_code);
    assert_eq!((&silent["seen_at"], &silent["waiting"]), (&Value::Null, &Value::Null));
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let status = far.get("status").await.unwrap();
    assert_eq!(
        (&status["counts"]["active"], &status["conflicts"], &status["leavers"]),
        (&json!(1), &json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_leavers_visits_are_handed_on_and_an_engineer_moves_with_their_laptops() {
    let house = House::open().await;
    let (a, b): (Laptop, Laptop) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let near = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let centre = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let visits: Vec<_> = (0..3)
        .map(|n| {
            let state = if n == 0 { "sealed" } else { "planned" };
            let doc = json!({"branch_id": a.enrolled.branch_id, "engineer_id": a.enrolled.engineer_id, "progress": {"state": state}});
            (doorstep_hq::storage::Key::new(Kind::VISIT, id()), doc.as_object().unwrap().clone())
        })
        .collect();
    house.hq.write(visits).await.unwrap();
    let reassign = format!("engineers/{}/reassign", a.enrolled.engineer_id);
    let body = json!({"to": b.enrolled.engineer_id, "leaves": true});
    assert_eq!(far.post(&reassign, body.clone()).await, Err(Code::OutOfScope));
    assert_eq!(near.post(&reassign, json!({"to": id()})).await, Err(Code::NotFound));
    assert_eq!(near.post(&reassign, body.clone()).await.unwrap(), json!({"visits": 2, "elsewhere": 0}));
    let engineers = near.get("engineers").await.unwrap();
    let of = |id: &dyn ToString| {
        let id = id.to_string();
        engineers["engineers"].as_array().unwrap().iter().find(|engineer| engineer["id"] == id.as_str()).unwrap()
    };
    let (leaver, colleague) = (of(&a.enrolled.engineer_id), of(&b.enrolled.engineer_id));
    assert_eq!((&leaver["left"], &leaver["open_visits"]), (&json!(true), &json!(0)));
    assert_eq!((&colleague["left"], &colleague["open_visits"]), (&json!(false), &json!(2)));
    let back = format!("engineers/{}/reassign", b.enrolled.engineer_id);
    assert_eq!(
        near.post(&back, json!({"to": a.enrolled.engineer_id})).await,
        Err(Code::OutOfScope),
        "who left gets none"
    );
    let to = format!("engineers/{}/move", b.enrolled.engineer_id);
    assert_eq!(near.post(&to, json!({"branch": "NJ"})).await, Err(Code::OutOfScope), "not a manager's");
    assert_eq!(centre.post(&to, json!({"branch": "XX"})).await, Err(Code::NotFound));
    centre.post(&to, json!({"branch": "NJ"})).await.unwrap();
    let nanjing = house.laptop("NJ", "王芳").await;
    assert_eq!(b.hello().await.unwrap().branch_id, Some(nanjing.enrolled.branch_id));
}
