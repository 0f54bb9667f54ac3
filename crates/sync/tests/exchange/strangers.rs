//! Who is not HQ, and HQs and laptops that are not what they were: told apart, and nothing moves.

use crate::{headquarters::Headquarters, laptop::Laptop};
use doorstep_domain::Code;
use doorstep_hq::rights::By;
use doorstep_store::Identity;
use doorstep_sync::{Error, Https};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Something that gives every connection the same answer: a status, a media type and a body.
async fn stranger(status: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nlocation: http://login.example/\r\ncontent-type: {media_type}\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    at.to_string()
}

async fn answered_by(laptop: &Laptop, address: String) -> Error {
    let https = Https::by_identity(&Identity { hq_address: address, ..laptop.identity().await }).unwrap();
    laptop.exchange(&https).run().await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_a_redirect_and_other_strangers_are_not_hq() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    laptop.add_customer("四川路桥").await;
    for (status, media_type, body) in [
        ("200 OK", "text/html", "<html>请登录</html>"),
        ("302 Found", "text/html", ""),
        ("200 OK", "application/json", r#"{"status":"up"}"#),
        ("200 OK", "text/html", r#"{"status":"up"}"#),
        ("403 Forbidden", "text/html", "<html></html>"),
        ("404 Not Found", "application/json", "null"),
        ("204 No Content", "", ""),
    ] {
        let error = answered_by(&laptop, format!("http://{}", stranger(status, media_type, body).await)).await;
        assert_eq!(error.code(), Code::NotHq, "{status} {media_type} {body}: {error}");
        assert!(error.retryable(), "the engineer logs in there, and tries again");
    }
    assert_eq!(laptop.store.sync_counts().await.unwrap().waiting, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_without_encryption_where_hq_should_be_is_not_hq() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let at = stranger("400 Bad Request", "text/html", "").await;
    assert_eq!(answered_by(&laptop, format!("https://{at}")).await.code(), Code::NotHq);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_and_a_gateway_without_hq_behind_it_are_unreachable() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(answered_by(&laptop, format!("http://{free}")).await.code(), Code::HqUnreachable);
    let gateway = stranger("502 Bad Gateway", "text/html", "").await;
    assert_eq!(answered_by(&laptop, format!("http://{gateway}")).await.code(), Code::HqUnreachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_a_newer_hq_is_a_refusal_and_not_a_stranger() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let newer = r#"{"code":"from_the_future","detail":"x","request_id":"abcdef"}"#;
    let at = stranger("400 Bad Request", "application/json", newer).await;
    let error = answered_by(&laptop, format!("http://{at}")).await;
    assert!(matches!(&error, Error::Answered { request_id, .. } if request_id == "abcdef"), "{error}");
    assert_eq!(error.code(), Code::Internal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_switched_off_at_hq_is_told_and_keeps_what_waits() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    laptop.add_customer("四川路桥").await;
    hq.hq.revoke(By::Keeper, &laptop.identity().await.device_code).await.unwrap();
    let https = laptop.https().await;
    assert_eq!(laptop.exchange(&https).run().await.unwrap_err().code(), Code::DeviceRevoked);
    assert_eq!(laptop.store.sync_counts().await.unwrap().waiting, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_epoch_of_hq_is_told_and_no_cursor_moves() {
    let hq = Headquarters::start().await;
    let (laptop, colleague) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    laptop.sync().await;
    colleague.add_customer("四川路桥").await;
    colleague.sync().await;
    laptop.add_customer("自己的").await;
    let identity = laptop.identity().await;
    let feed = format!("branch:{}", identity.branch_id);
    let before = laptop.cursor(&feed).await;
    let mut write = laptop.store.write().await.unwrap();
    write.set_identity(&Identity { site_epoch: identity.site_epoch + 1, ..identity }).await.unwrap();
    write.commit().await.unwrap();
    let https = laptop.https().await;
    assert_eq!(laptop.exchange(&https).run().await.unwrap_err().code(), Code::EpochChanged);
    assert_eq!(laptop.cursor(&feed).await, before);
    assert_eq!(laptop.store.sync_counts().await.unwrap().waiting, 1);
}
