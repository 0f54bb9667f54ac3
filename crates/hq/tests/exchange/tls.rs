//! HTTPS with HQ's own certificate, and where plain HTTP ends.

use super::house::{House, clock, config};
use doorstep_hq::{Certificate, Config, Error, Hq, Transport};
use doorstep_wire::limits::Limits;
use rustls::{pki_types::CertificateDer, pki_types::pem::PemObject, server::ParsedCertificate};
use sha2::{Digest, Sha256};
use std::{fs, net::TcpListener, path::Path};

fn https(data: &Path, certificate: Certificate) -> Config {
    Config { transport: Transport::Https(certificate), ..config(data, Limits::default(), &clock()) }
}

fn fingerprint_of(cert: &Path) -> [u8; 32] {
    let der = CertificateDer::from_pem_file(cert).unwrap();
    Sha256::digest(ParsedCertificate::try_from(&der).unwrap().subject_public_key_info().as_ref()).into()
}

#[tokio::test]
async fn the_code_carries_the_fingerprint_of_the_key_that_serves() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let hq = Hq::open(https(folder.path(), Certificate::SelfMade)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ready = hq.prepare(&listener).await.unwrap();
    let base = ready.address.clone();
    assert!(base.starts_with("https://127.0.0.1:"));
    let server = hq.clone();
    tokio::spawn(async move { server.serve_prepared(ready, listener, std::future::pending()).await });
    let code = hq.issue_code("CD", "张伟", chrono::TimeDelta::hours(1), None).await.unwrap();
    let cert = folder.path().join("tls/cert.pem");
    assert_eq!(code.key_fingerprint, fingerprint_of(&cert));
    assert_eq!(code.address, base);
    let trusted = reqwest::Certificate::from_pem(&fs::read(cert).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    assert_eq!(client.get(format!("{base}/healthz")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_key_stays_when_hq_restarts_and_when_its_certificate_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for round in 0..3 {
        if round == 2 {
            fs::remove_file(folder.path().join("tls/cert.pem")).unwrap();
        }
        let hq = Hq::open(https(folder.path(), Certificate::SelfMade)).await.unwrap();
        let ready = hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
        seen.push(ready.key_fingerprint);
        hq.close().await.unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_for_hqs_own_account_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hq");
    let hq = Hq::open(https(&data, Certificate::SelfMade)).await.unwrap();
    hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    let mode = |path: &str| fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("tls/key.pem"), mode("recovery.key"), mode(".")], [0o600, 0o600, 0o700]);
}

#[tokio::test]
async fn a_key_that_does_not_belong_to_the_certificate_is_refused() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&a, &b] {
        let hq = Hq::open(https(folder.path(), Certificate::SelfMade)).await.unwrap();
        hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    }
    let mixed = Certificate::Given { cert: a.path().join("tls/cert.pem"), key: b.path().join("tls/key.pem") };
    let folder = tempfile::tempdir().unwrap();
    let hq = Hq::open(https(folder.path(), mixed)).await.unwrap();
    let refused = hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await;
    assert!(matches!(refused, Err(Error::Certificate { .. })));
}

#[tokio::test]
async fn plain_http_is_refused_beyond_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let hq = Hq::open(config(folder.path(), Limits::default(), &clock())).await.unwrap();
    let refused = hq.prepare(&TcpListener::bind("0.0.0.0:0").unwrap()).await;
    assert!(matches!(refused, Err(Error::PlainHttp(_))));
}

#[tokio::test]
async fn the_next_key_is_told_under_the_old_one_and_used_once_every_laptop_knows_it() {
    let house = House::open().await;
    let (data, clock) = (house.folder.path().join("hq"), house.clock.clone());
    let (here, away) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    assert_eq!(here.hello().await.unwrap().next_key, None);
    assert!(matches!(house.hq.switch_key(true).await, Err(Error::NoNextKey)));
    clock.forward(chrono::TimeDelta::hours(1));
    let next = house.hq.announce_key(None).await.unwrap();
    assert_eq!(house.hq.announce_key(None).await.unwrap(), next, "announced again, it is the same");
    assert_eq!(here.hello().await.unwrap().next_key, Some(hex::encode(next)));
    let missing = house.hq.switch_key(false).await;
    assert!(matches!(missing, Err(Error::NotTold(ref who)) if who == "A02"), "{missing:?}");
    away.hello().await.unwrap();
    house.hq.switch_key(false).await.unwrap();
    let (folder, ..) = house.stop().await;
    let hq = Hq::open(https(&data, Certificate::SelfMade)).await.unwrap();
    let ready = hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    assert_eq!(ready.key_fingerprint, next);
    assert_eq!(fingerprint_of(&data.join("tls/cert.pem")), next);
    assert_eq!(hq.storage().site().await.unwrap().next_key, None, "what is used is not announced any more");
    drop(folder);
}

#[tokio::test]
async fn the_next_key_may_be_one_from_elsewhere() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hq = Hq::open(https(other.path(), Certificate::SelfMade)).await.unwrap();
    let ready = hq.prepare(&TcpListener::bind("127.0.0.1:0").unwrap()).await.unwrap();
    let hq = Hq::open(https(folder.path(), Certificate::SelfMade)).await.unwrap();
    let key = other.path().join("tls/key.pem");
    assert_eq!(hq.announce_key(Some(&key)).await.unwrap(), ready.key_fingerprint);
    let refused = hq.announce_key(Some(&other.path().join("tls/cert.pem"))).await;
    assert!(matches!(refused, Err(Error::Certificate { .. })));
}

#[tokio::test]
async fn the_next_address_is_told_until_hq_is_served_there() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    assert_eq!(laptop.hello().await.unwrap().next_address, None);
    let next = "http://localhost:7443";
    house.clock.forward(chrono::TimeDelta::hours(1));
    assert_eq!(house.hq.announce_address(&format!("{next}/")).await.unwrap(), ["A01"], "not told yet");
    house.clock.forward(chrono::TimeDelta::hours(1));
    assert_eq!(laptop.hello().await.unwrap().next_address.as_deref(), Some(next));
    assert!(house.hq.announce_address(next).await.unwrap().is_empty(), "to say it again changes nothing");
    for bad in ["", "hq.example", "ftp://hq.example", "http://", "http://user@hq.example", "http://hq example"] {
        assert!(house.hq.announce_address(bad).await.is_err(), "{bad}");
    }
    house.hq.storage().serve_at(next, [0; 32]).await.unwrap();
    assert_eq!(laptop.hello().await.unwrap().next_address, None, "what is used is not announced any more");
    house.hq.withdraw_address().await.unwrap();
    let deeds = house.hq.trail(None, 100).await.unwrap();
    let actions: Vec<&str> = deeds.iter().map(|deed| deed.action.as_str()).collect();
    for action in ["code", "enrol", "address announce", "address withdraw"] {
        assert!(actions.contains(&action), "{action} is not in the trail: {actions:?}");
    }
}
