//! Between laptops by way of HQ: a colleague gets the same, another branch gets nothing.

use crate::ground::{Headquarters, Laptop, text};
use doorstep_domain::record::Feed;
use doorstep_tests::samples;
use doorstep_wire::{Pull, path};
use serde_json::{Value, json};

async fn bytes_of(laptop: &Laptop, attachment: &Value) -> Vec<u8> {
    let opened = laptop.call("attachment_open", json!({ "id": attachment["id"], "pixels_max": null })).await;
    laptop.download(&opened)
}

/// What HQ says to a laptop that asks for something directly, past the app.
async fn ask(laptop: &Laptop, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, String) {
    let identity = laptop.app.store().unwrap().identity().await.unwrap().unwrap();
    let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    let mut request = client.request(method, format!("{}{path}", identity.hq_address)).bearer_auth(identity.token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_has_the_same_visit_and_another_branch_has_none_of_it() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("雅江桥隧第一工程有限公司").await).await;
    let photo = json!({
        "visit": visit, "about": null, "item": null, "role": "photo",
        "upload": laptop.upload(samples::photo(1600, 1200).unwrap()), "name": "现场.jpg", "caption": "机房",
    });
    let photo = laptop.call("attachment_add", photo).await;
    let sealed = laptop.signed(&visit).await;
    laptop.sync().await;
    let colleague = hq.laptop("CD", "李娜").await;
    colleague.sync().await;
    let seen = colleague.visit(&visit).await;
    assert_eq!(seen["seals"], sealed["seals"]);
    assert_eq!((&seen["mine"], &seen["engineer"]), (&json!(false), &json!("张伟")));
    let bytes = bytes_of(&colleague, &photo).await;
    assert_eq!(bytes, bytes_of(&laptop, &photo).await);
    assert_eq!(blake3::hash(&bytes).to_hex().as_str(), text(&photo["attachment"]["hash"]));
    for language in ["zh", "en"] {
        let args = json!({ "visit": visit, "revision": null, "language": language, "reprint": false });
        let (own, theirs) =
            (laptop.call("receipt_open", args.clone()).await, colleague.call("receipt_open", args).await);
        assert_eq!((&own["hash"], &own["number"]), (&theirs["hash"], &theirs["number"]));
        assert_eq!(laptop.download(&own), colleague.download(&theirs), "the paper is the same, byte for byte");
    }
    let elsewhere = hq.laptop("NJ", "王芳").await;
    elsewhere.sync().await;
    let all = json!({ "query": "", "filter": "all", "customer_id": null, "offset": 0, "limit": 50 });
    assert_eq!(elsewhere.call("visit_list", all).await["total"], 0);
    let (status, _) =
        ask(&elsewhere, reqwest::Method::GET, &path::attachment(&text(&photo["attachment"]["hash"])), None).await;
    assert!((400..500).contains(&status), "{status}");
    let identity = laptop.app.store().unwrap().identity().await.unwrap().unwrap();
    let pull = Pull {
        feed: Feed::Branch(identity.branch_id.into()).to_string(),
        after: 0,
        site_epoch: identity.site_epoch,
        fresh_until: 0,
    };
    let pull = serde_json::to_value(pull).unwrap();
    let (status, own) = ask(&laptop, reqwest::Method::POST, path::PULL, Some(pull.clone())).await;
    assert!(status == 200 && own.contains(&visit), "{status} {own}");
    let (status, refusal) = ask(&elsewhere, reqwest::Method::POST, path::PULL, Some(pull)).await;
    assert!((400..500).contains(&status) && refusal.contains("out_of_scope"), "{status} {refusal}");
}
