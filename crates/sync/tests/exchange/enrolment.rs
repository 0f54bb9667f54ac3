//! Enrolment: good codes, bad codes, HQ's key, and the store's key handed in.

use crate::{
    headquarters::Headquarters,
    laptop::Laptop,
    line::{Line, Then},
};
use chrono::TimeDelta;
use doorstep_domain::{Code, Kind};
use doorstep_hq::Certificate;
use doorstep_sync::{Error, Https, enrol};
use doorstep_wire::EnrolmentCode;

async fn try_to_enrol(laptop: &Laptop, code: &EnrolmentCode) -> Result<(), Error> {
    let line = Https::by_code(code)?;
    enrol(&laptop.store, &line, code, "周航的笔记本", &laptop.surroundings).await.map(drop)
}

async fn refused(laptop: &Laptop, code: &EnrolmentCode) -> Code {
    let code = try_to_enrol(laptop, code).await.unwrap_err().code();
    assert_eq!(laptop.store.identity().await.unwrap(), None, "nothing is stored");
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_enrols_over_https_with_the_code_as_a_person_pastes_it_and_syncs() {
    let hq = Headquarters::secure(Certificate::SelfMade).await;
    let laptop = Laptop::new("周航", TimeDelta::zero()).await;
    let pasted = hq.code("CD", "周航").await.to_string();
    try_to_enrol(&laptop, &format!(" {pasted}\n").parse().unwrap()).await.unwrap();
    let identity = laptop.identity().await;
    assert_eq!(identity.branch_id, hq.branch("CD").await);
    assert!(identity.hq_address.starts_with("https://"));
    laptop.add_customer("四川路桥").await;
    assert_eq!(laptop.sync().await.sent, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_used_and_expired_codes_are_told_apart() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::new("周航", TimeDelta::zero()).await;
    let good = hq.code("CD", "周航").await;
    let wrong = EnrolmentCode { secret: [9; 16], ..good.clone() };
    assert_eq!(refused(&laptop, &wrong).await, Code::CodeWrong);
    Laptop::new("李娜", TimeDelta::zero()).await.enrol(&hq, "CD", "李娜").await;
    try_to_enrol(&Laptop::new("李娜", TimeDelta::zero()).await, &good).await.unwrap();
    assert_eq!(refused(&laptop, &good).await, Code::CodeUsed);
    let late = hq.code("CD", "周航").await;
    hq.pass(TimeDelta::hours(25));
    assert_eq!(refused(&laptop, &late).await, Code::CodeExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_enrols_once() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let before = laptop.identity().await;
    let again = try_to_enrol(&laptop, &hq.code("NJ", "周航").await).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyEnrolled);
    assert_eq!(laptop.identity().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_before_enrolment_says_so() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::new("周航", TimeDelta::zero()).await;
    let https = Https::by_code(&hq.code("CD", "周航").await).unwrap();
    assert_eq!(laptop.exchange(&https).run().await.unwrap_err().code(), Code::NotEnrolled);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_codes_is_refused_before_anything_is_said() {
    let hq = Headquarters::secure(Certificate::SelfMade).await;
    let laptop = Laptop::new("周航", TimeDelta::zero()).await;
    let good = hq.code("CD", "周航").await;
    let mut other_key = good.clone();
    other_key.key_fingerprint[31] ^= 1;
    assert_eq!(refused(&laptop, &other_key).await, Code::HqKeyMismatch);
    try_to_enrol(&laptop, &good).await.unwrap();
    let mut identity = laptop.identity().await;
    identity
        .hq_key_fingerprint
        .replace_range(..2, if identity.hq_key_fingerprint.starts_with("00") { "01" } else { "00" });
    let https = Https::by_identity(&identity).unwrap();
    laptop.add_customer("四川路桥").await;
    let error = laptop.exchange(&https).run().await.unwrap_err();
    assert_eq!((error.code(), error.retryable()), (Code::HqKeyMismatch, false));
    assert_eq!(hq.all(&Kind::CUSTOMER).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_names_of_a_certificate_do_not_matter_when_its_key_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["somewhere.else.example".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    std::fs::write(&cert, params.self_signed(&pair).unwrap().pem()).unwrap();
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    let hq = Headquarters::secure(Certificate::Given { cert, key }).await;
    let laptop = Laptop::new("周航", TimeDelta::zero()).await;
    try_to_enrol(&laptop, &hq.code("CD", "周航").await).await.unwrap();
    laptop.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hq_can_give_the_stores_key_back_after_enrolment() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let code = laptop.identity().await.device_code;
    assert_eq!(hq.hq.recover(&code).await.unwrap(), laptop.store.key().bytes());
}

/// The line is cut at ever later places; somewhere between the enrolment and the handing in of the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_not_handed_in_at_enrolment_goes_with_the_next_exchange() {
    let hq = Headquarters::start().await;
    let line = Line::to(&hq.code("CD", "周航").await.address).await;
    let mut late = 0;
    for bytes in (700..1_800).step_by(50) {
        let laptop = Laptop::new(&format!("周航{bytes}"), TimeDelta::zero()).await;
        let code = hq.code("CD", "周航").await;
        line.cut_after(bytes, Then::Dead);
        let https = Https::by_code(&EnrolmentCode { address: line.address(), ..code.clone() }).unwrap();
        let Ok(identity) = enrol(&laptop.store, &https, &code, "laptop", &laptop.surroundings).await else { continue };
        if hq.hq.recover(&identity.device_code).await.is_ok() {
            continue;
        }
        late += 1;
        laptop.sync().await;
        assert_eq!(hq.hq.recover(&identity.device_code).await.unwrap(), laptop.store.key().bytes());
    }
    assert!(late > 0, "no cut fell between the two: the test tests nothing");
}
