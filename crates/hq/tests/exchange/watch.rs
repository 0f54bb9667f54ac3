//! HQ as those meet it who run it: figures, readiness, rates, its document, a stop under load.

use super::{
    house::{House, Laptop, accepted, clock, config, id},
    place::Place,
};
use doorstep_domain::{Code, Kind};
use doorstep_hq::{
    Config,
    accounts::Role,
    rights::{By, Person},
    serve::{
        openapi,
        pace::{Rate, Rates},
    },
};
use doorstep_wire::{HelloReply, limits::Limits, path};
use reqwest::{Client, Method, StatusCode};
use std::{fs, net::TcpListener, path::Path};

async fn with(change: impl FnOnce(Config) -> Config) -> House {
    let (folder, place, clock) = (tempfile::tempdir().unwrap(), Place::fresh().await, clock());
    let config = config(&folder.path().join("hq"), Limits::default(), &clock);
    let config = Config { database: place.database(), ..change(config) };
    House::serve_config(folder, place, config, clock).await
}

async fn get(url: String, token: Option<&str>) -> (StatusCode, String) {
    let mut request = Client::new().get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[test]
fn the_document_in_the_sources_is_the_one_that_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(kept == openapi::document(), "run `cargo run -p doorstep-hq -- openapi > crates/hq/openapi.json`");
}

#[test]
fn every_path_of_the_protocol_is_in_the_document() {
    let document = openapi::document();
    let paths = [path::ENROL, path::CHALLENGE, path::RECOVERY, path::HELLO, path::PUSH, path::PULL, path::ATTACHMENT];
    for path in paths.into_iter().chain([path::OFFER, path::MISSING, path::DIGEST, path::BUCKET]) {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_told_with_those_it_has() {
    let house = House::open().await;
    let answer = Client::new().request(Method::DELETE, format!("{}{}", house.base, path::HELLO)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "POST");
}

#[tokio::test]
async fn figures_count_what_happens_and_are_for_those_with_the_token() {
    let house = with(|config| Config { metrics_token: Some("watch".to_owned()), ..config }).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    laptop.hello().await.unwrap();
    let op = laptop.customer(id(), "四川路桥");
    accepted(&laptop.push_one(&op).await);
    let op = laptop.op(Kind::TEMPLATE, id(), &[("name", "x".into(), 0)]);
    laptop.push_one(&op).await;
    let page = format!("{}/metrics", house.base);
    assert_eq!(get(page.clone(), None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get(page.clone(), Some("guess")).await.0, StatusCode::UNAUTHORIZED);
    let (status, text) = get(page, Some("watch")).await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "doorstep_hq_exchanges_total 1",
        "doorstep_hq_operations_total{outcome=\"accepted\"} 1",
        "doorstep_hq_operations_total{outcome=\"refused\"} 1",
        "doorstep_hq_requests_total{route=\"/v1/push\",method=\"POST\",status=\"200\"} 2",
        "doorstep_hq_requests_in_flight 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    for name in ["doorstep_hq_body_bytes_total{way=\"received\"}", "doorstep_hq_request_duration_seconds_bucket{"] {
        assert!(text.contains(name), "{name}");
    }
    assert!(!text.contains("四川") && !text.contains(&laptop.enrolled.device_id.to_string()));
}

#[tokio::test]
async fn without_a_token_figures_are_on_an_address_of_this_machine_only() {
    let house = House::open().await;
    assert_eq!(get(format!("{}/metrics", house.base), Some("")).await.0, StatusCode::UNAUTHORIZED);
    assert!(house.hq.serve_watchers(TcpListener::bind("0.0.0.0:0").unwrap()).await.is_err());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let hq = house.hq.clone();
    let watched = tokio::spawn(async move { hq.serve_watchers(listener).await });
    for page in ["metrics", "healthz", "readyz"] {
        assert_eq!(get(format!("{base}/{page}"), None).await.0, StatusCode::OK, "{page}");
    }
    watched.abort();
}

#[tokio::test]
async fn hq_is_not_ready_when_attachments_cannot_be_kept_and_still_alive() {
    let house = House::open().await;
    assert_eq!(get(format!("{}/readyz", house.base), None).await.0, StatusCode::OK);
    let attachments = house.folder.path().join("hq/attachments");
    fs::remove_dir_all(&attachments).unwrap();
    fs::write(&attachments, "a file where the folder was").unwrap();
    house.clock.forward(chrono::TimeDelta::seconds(10));
    assert_eq!(get(format!("{}/readyz", house.base), None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(format!("{}/healthz", house.base), None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn however_many_ask_whether_hq_is_ready_it_writes_once_in_a_while() {
    let house = House::open().await;
    let url = format!("{}/readyz", house.base);
    assert_eq!(get(url.clone(), None).await.0, StatusCode::OK);
    let written = house.folder.path().join("hq/attachments/ready");
    fs::remove_file(&written).unwrap();
    for _ in 0..20 {
        assert_eq!(get(url.clone(), None).await.0, StatusCode::OK);
    }
    assert!(!written.exists(), "nobody who asks makes HQ write");
    house.clock.forward(chrono::TimeDelta::seconds(10));
    assert_eq!(get(url, None).await.0, StatusCode::OK);
    assert!(written.exists(), "but it looks again in time");
}

#[tokio::test]
async fn a_laptop_that_asks_too_fast_waits_and_holds_up_no_other() {
    let slow = Rate { burst: 3, per_second: 1 };
    let house = with(|config| Config { rates: Rates { laptop: slow, ..Rates::default() }, ..config }).await;
    let (wild, calm) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    for _ in 0..3 {
        wild.hello().await.unwrap();
    }
    assert_eq!(wild.hello().await.unwrap_err().code, Code::Busy);
    let request = Client::new().get(format!("{}{}", house.base, path::attachment(&"0".repeat(64))));
    let answer = request.bearer_auth(&wild.enrolled.token).send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap())
    );
    calm.hello().await.unwrap();
    house.clock.forward(chrono::TimeDelta::seconds(1));
    wild.hello().await.unwrap();
}

#[tokio::test]
async fn a_laptop_that_is_off_or_to_be_wiped_waits_when_it_asks_too_fast_like_any_other() {
    let slow = Rate { burst: 2, per_second: 1 };
    let house = with(|config| Config { rates: Rates { laptop: slow, ..Rates::default() }, ..config }).await;
    let (off, lost) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    house.hq.revoke(By::Keeper, &off.enrolled.device_code).await.unwrap();
    let person = |name: &str| Person { name: name.to_owned(), role: Role::ServiceCentre, branch_id: None };
    house.hq.ask_wipe(&person("周芳"), &lost.enrolled.device_code, "丢失").await.unwrap();
    house.hq.confirm_wipe(&person("王强"), &lost.enrolled.device_code).await.unwrap();
    for (laptop, code) in [(&off, Code::DeviceRevoked), (&lost, Code::DeviceWiped)] {
        let mut said = Vec::new();
        for _ in 0..3 {
            said.push(laptop.hello().await.unwrap_err().code);
        }
        assert_eq!(said, [code, code, Code::Busy]);
    }
    house.clock.forward(chrono::TimeDelta::seconds(1));
    assert_eq!(lost.hello().await.unwrap_err().code, Code::DeviceWiped);
}

#[tokio::test]
async fn a_stop_under_load_loses_no_answer_that_was_promised() {
    let house = House::open().await;
    let mut laptops = Vec::new();
    for number in 0..8 {
        laptops.push(house.laptop("CD", &format!("工程师{number}")).await);
    }
    let pushing: Vec<_> = laptops
        .into_iter()
        .map(|mut laptop| {
            tokio::spawn(async move {
                let mut known = Vec::new();
                loop {
                    let record = id();
                    let op = laptop.customer(record, "客户");
                    match sent(&laptop, &op).await {
                        Some(true) => known.push(record),
                        Some(false) => panic!("a refusal"),
                        None => return (laptop, known),
                    }
                }
            })
        })
        .collect();
    // Each has had some answered before HQ is stopped.
    let mut ends = 0;
    while ends < 100 {
        let version = house.hq.storage().site().await.unwrap().version;
        ends = version.min(100);
        tokio::task::yield_now().await;
    }
    let house = house.restart().await;
    for pushed in pushing {
        let (mut laptop, known) = pushed.await.unwrap();
        laptop.base.clone_from(&house.base);
        let there = laptop.records(&Kind::CUSTOMER).await;
        assert!(known.iter().all(|id| there.iter().any(|(other, _)| other == id)), "an answer that was not kept");
        let _: HelloReply = laptop.hello().await.unwrap();
    }
}

/// Pushes; `None` when the line ends.
async fn sent(laptop: &Laptop, op: &doorstep_wire::Op) -> Option<bool> {
    let push = doorstep_wire::Push { incarnation: laptop.incarnation, ops: vec![op.clone()] };
    let request = Client::new().post(format!("{}{}", laptop.base, path::PUSH)).json(&push);
    let answer = request.bearer_auth(&laptop.enrolled.token).send().await.ok()?;
    let done = answer.status().is_success();
    answer.bytes().await.ok().map(|_| done)
}
