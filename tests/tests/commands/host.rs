//! The loopback host: this machine only, its own pages only, its token only.

use crate::ground::{Laptop, PASSPHRASE};
use doorstep_host::{Token, router};
use doorstep_tests::{headquarters::Headquarters, program};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
};

struct Host {
    at: SocketAddr,
    token: Token,
    laptop: Laptop,
}

impl Host {
    async fn start() -> Self {
        let laptop = Laptop::with_a_store().await;
        let page = laptop.folder.path().join("page");
        std::fs::create_dir_all(&page).unwrap();
        std::fs::write(page.join("index.html"), "<title>上门</title>").unwrap();
        let token = Token::new([7; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let router = router(Arc::clone(&laptop.app), token.clone(), page);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { at, token, laptop }
    }

    /// A request as it goes over the line, so that every header is the test's own.
    async fn ask(&self, first: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        let mut request = format!("{first} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let mut line = TcpStream::connect(self.at).await.unwrap();
        line.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
        line.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_and_the_hosts_own_pages_are_answered() {
    let host = Host::start().await;
    let own = host.at.to_string();
    let bearer = format!("Bearer {}", host.token.as_str());
    let state = "POST /call/session_state";
    let json_body = ("Content-Type", "application/json");
    let ask = async |headers: &[(&str, &str)]| {
        let all: Vec<_> = headers.iter().copied().chain([json_body]).collect();
        host.ask(state, &all, b"{}").await.0
    };
    assert_eq!(ask(&[("Host", &own), ("Authorization", &bearer)]).await, 200);
    assert_eq!(ask(&[("Host", &own), ("Authorization", &bearer), ("Origin", &format!("http://{own}"))]).await, 200);
    // Another name for this machine, as DNS rebinding brings it.
    assert_eq!(ask(&[("Host", "doorstep.attacker.example"), ("Authorization", &bearer)]).await, 421);
    assert_eq!(ask(&[("Host", &own), ("Authorization", &bearer), ("Origin", "https://attacker.example")]).await, 403);
    assert_eq!(ask(&[("Host", &own), ("Authorization", &bearer), ("Origin", "null")]).await, 403);
    assert_eq!(ask(&[("Host", &own)]).await, 401);
    assert_eq!(ask(&[("Host", &own), ("Authorization", "Bearer 0707")]).await, 401);
    let paths = ["GET /commands", "POST /upload", "GET /download/1", "POST /call/customer_list"];
    for path in paths {
        assert_eq!(host.ask(path, &[("Host", &own), json_body], b"{}").await.0, 401, "{path}");
    }
    // The page itself holds nothing, and opens without the token.
    assert_eq!(host.ask("GET /", &[("Host", &own)], b"").await, (200, "<title>上门</title>".to_owned()));
    assert_eq!(host.ask("GET /", &[("Host", "attacker.example")], b"").await.0, 421);
    assert_eq!(host.ask("GET /../data/doorstep.db", &[("Host", &own)], b"").await.0, 404);
    host.laptop.call("session_state", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_answers_and_fails_over_http_as_in_the_window() {
    let host = Host::start().await;
    let own = host.at.to_string();
    let bearer = format!("Bearer {}", host.token.as_str());
    let headers = [("Host", &*own), ("Authorization", &*bearer), ("Content-Type", "application/json")];
    let (status, said) =
        host.ask("POST /call/session_enrol", &headers, r#"{"code":"x","device_name":"y"}"#.as_bytes()).await;
    let failure: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, &failure["code"], &failure["retryable"]), (422, &json!("code_wrong"), &json!(false)));
    let (status, said) = host.ask("POST /call/no_such_command", &headers, b"{}").await;
    assert_eq!((status, serde_json::from_str::<Value>(&said).unwrap()["code"].clone()), (422, json!("not_found")));
    let (_, said) = host.ask("POST /upload", &headers[..2], b"\x00\x01bytes").await;
    let id = serde_json::from_str::<Value>(&said).unwrap()["id"].as_str().unwrap().to_owned();
    let (status, bytes) = host.ask(&format!("GET /download/{id}"), &headers[..2], b"").await;
    assert_eq!((status, bytes.as_bytes()), (200, &b"\x00\x01bytes"[..]));
    let (status, schema) = host.ask("GET /commands", &headers[..2], b"").await;
    assert_eq!(status, 200);
    assert!(schema.contains("visit_sign"));
}

/// The first minutes of a new developer or user: nothing there may look like something went wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_played_on_a_new_laptop_without_a_word_of_warning() {
    let home = tempfile::tempdir().unwrap();
    let headquarters = Headquarters::start(home.path()).await.unwrap();
    let code = headquarters.enrolment_code("CD", "周敏").await.unwrap();
    let mut sample = Command::new(program::built("doorstep-host").unwrap());
    sample.arg("sample").arg("--data").arg(home.path().join("data")).arg("--documents").arg(home.path().join("papers"));
    sample.args(["--code", &code]).env("DOORSTEP_PASSPHRASE", PASSPHRASE).env("RUST_LOG", "warn");
    let output = sample.output().await.unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
