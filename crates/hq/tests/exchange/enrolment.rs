//! Codes, tokens, and what HQ keeps of a laptop.

use super::house::{House, Laptop, enrol, id, post, proved, random};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use crypto_box::{PublicKey, aead::OsRng};
use doorstep_domain::{Code, Kind, visit::Opinion};
use doorstep_hq::enrolment::device_code;
use doorstep_hq::rights::By;
use doorstep_wire::{Enrol, Enrolled, EnrolmentCode, ErrorBody, Recovery, enrol::CHALLENGE_SECONDS_MAX, path};
use ed25519_dalek::SigningKey;

pub async fn try_enrol(house: &House, code: &EnrolmentCode) -> Result<Enrolled, ErrorBody> {
    post(&house.base, path::ENROL, None, &enrol(code, &SigningKey::from_bytes(&random()))).await
}

#[tokio::test]
async fn a_code_enrols_one_laptop_and_no_second_one() {
    let house = House::open().await;
    let code = house.code("CD", "张伟").await;
    assert_eq!(code.address, house.base);
    assert_eq!(code.key_fingerprint, [0; 32], "plain HTTP has no key");
    let first = try_enrol(&house, &code).await.unwrap();
    assert_eq!(first.device_code, "A01");
    assert_eq!(try_enrol(&house, &code).await.unwrap_err().code, Code::CodeUsed);
}

#[tokio::test]
async fn the_printed_code_reads_back_as_what_enrols() {
    let house = House::open().await;
    let printed = house.code("CD", "张伟").await.to_string();
    let read: EnrolmentCode = printed.parse().unwrap();
    assert!(try_enrol(&house, &read).await.is_ok());
}

#[tokio::test]
async fn a_wrong_code_and_an_expired_one_are_told_apart() {
    let house = House::open().await;
    let good = house.code("CD", "张伟").await;
    let wrong = EnrolmentCode { secret: random(), ..good.clone() };
    assert_eq!(try_enrol(&house, &wrong).await.unwrap_err().code, Code::CodeWrong);
    house.clock.forward(TimeDelta::hours(71));
    let other = house.code("CD", "张伟").await;
    house.clock.forward(TimeDelta::hours(1));
    assert_eq!(try_enrol(&house, &good).await.unwrap_err().code, Code::CodeExpired);
    assert!(try_enrol(&house, &other).await.is_ok(), "a code of an hour ago is good");
}

#[tokio::test]
async fn after_ten_wrong_codes_an_address_waits_ten_minutes() {
    let house = House::open().await;
    let good = house.code("CD", "张伟").await;
    for _ in 0..10 {
        let wrong = EnrolmentCode { secret: random(), ..good.clone() };
        assert_eq!(try_enrol(&house, &wrong).await.unwrap_err().code, Code::CodeWrong);
    }
    assert_eq!(try_enrol(&house, &good).await.unwrap_err().code, Code::Busy, "the right one waits as well");
    house.clock.forward(TimeDelta::minutes(10));
    assert!(try_enrol(&house, &good).await.is_ok());
}

#[tokio::test]
async fn who_knows_a_code_and_the_laptops_public_key_gets_nothing_without_its_signature() {
    let house = House::open().await;
    let code = house.code("CD", "张伟").await;
    let (key, other) = (SigningKey::from_bytes(&random()), SigningKey::from_bytes(&random()));
    let try_with = async |asked: &Enrol| post::<Enrolled>(&house.base, path::ENROL, None, asked).await;
    let bare = enrol(&code, &key);
    let forged = proved(&house.base, bare.clone(), &other).await;
    assert_eq!(try_with(&forged).await.unwrap_err().code, Code::Invalid, "not with a key that is another's either");
    let first = proved(&house.base, bare.clone(), &key).await;
    let enrolled = try_with(&first).await.unwrap();
    let laptop = Laptop {
        base: house.base.clone(),
        key: key.clone(),
        enrolled,
        incarnation: 1,
        seq: 0,
        clock: house.clock.clone(),
    };
    assert_eq!(try_with(&bare).await.unwrap_err().code, Code::CodeUsed, "every seal carries the key");
    assert_eq!(try_with(&forged).await.unwrap_err().code, Code::Invalid);
    // A signature for another code, or over a challenge for another key, or changed, is none for this.
    let elsewhere = proved(&house.base, enrol(&house.code("CD", "张伟").await, &key), &key).await;
    let for_other = proved(&house.base, enrol(&code, &other), &key).await;
    let mut changed = first.clone();
    changed.proof.as_mut().unwrap().challenge.replace_range(..1, "_");
    for proof in [elsewhere.proof, for_other.proof, changed.proof] {
        let asked = Enrol { proof, ..bare.clone() };
        assert_eq!(try_with(&asked).await.unwrap_err().code, Code::Invalid);
    }
    laptop.hello().await.unwrap();
    house.clock.forward(TimeDelta::seconds(CHALLENGE_SECONDS_MAX + 1));
    assert_eq!(try_with(&first).await.unwrap_err().code, Code::Invalid, "nothing fresh is signed");
    laptop.hello().await.unwrap();
    // The laptop itself, whose answer was lost.
    let again = try_with(&proved(&house.base, bare, &key).await).await.unwrap();
    assert_eq!(again.device_id, laptop.enrolled.device_id);
    assert_eq!(laptop.hello().await.unwrap_err().code, Code::Unauthorized);
}

#[tokio::test]
async fn two_laptops_of_one_engineer_share_the_engineer_and_nothing_else() {
    let house = House::open().await;
    let a = house.laptop("CD", "张伟").await.enrolled;
    let b = house.laptop("cd", " 张伟 ").await.enrolled;
    let c = house.laptop("NJ", "张伟").await.enrolled;
    assert_eq!((a.branch_id, a.engineer_id), (b.branch_id, b.engineer_id));
    assert_ne!(a.engineer_id, c.engineer_id, "a namesake in another branch");
    assert_ne!(a.device_id, b.device_id);
    assert_ne!(a.token, b.token);
    assert_eq!([a.device_code, b.device_code, c.device_code], ["A01", "A02", "A03"]);
}

#[tokio::test]
async fn an_unknown_branch_gets_no_code() {
    let house = House::open().await;
    let refused = house.hq.issue_code("XX", "张伟", TimeDelta::hours(1), None).await;
    assert!(matches!(refused, Err(doorstep_hq::Error::NoBranch(_))));
}

#[tokio::test]
async fn a_code_for_an_address_that_is_served_otherwise_is_not_issued() {
    let house = House::open().await;
    let address = Some("https://hq.example.com".to_owned());
    let refused = house.hq.issue_code("CD", "张伟", TimeDelta::hours(1), address).await;
    assert!(matches!(refused, Err(doorstep_hq::Error::BadAddress(_))));
}

#[tokio::test]
async fn every_step_but_enrolment_wants_a_token() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    for token in ["", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        laptop.enrolled.token = token.to_owned();
        assert_eq!(laptop.hello().await.unwrap_err().code, Code::Unauthorized);
        assert_eq!(laptop.push(&[]).await.unwrap_err().code, Code::Unauthorized);
        assert_eq!(laptop.page("all", 0).await.unwrap_err().code, Code::Unauthorized);
    }
}

#[tokio::test]
async fn a_laptop_that_was_switched_off_is_told_so() {
    let house = House::open().await;
    let (lost, kept) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    house.hq.revoke(By::Keeper, &lost.enrolled.device_code).await.unwrap();
    assert_eq!(lost.hello().await.unwrap_err().code, Code::DeviceRevoked);
    assert_eq!(lost.push(&[]).await.unwrap_err().code, Code::DeviceRevoked);
    assert!(kept.hello().await.is_ok());
}

#[tokio::test]
async fn neither_tokens_nor_secrets_lie_in_the_database() {
    let house = House::open().await;
    let code = house.code("CD", "张伟").await;
    let enrolled = try_enrol(&house, &code).await.unwrap();
    let house = house.restart().await;
    let all = house.place.bytes(&house.folder.path().join("hq")).await;
    let holds = |bytes: &[u8]| all.windows(bytes.len()).any(|w| w == bytes);
    assert!(holds("张伟".as_bytes()), "the control: names are readable at HQ");
    assert!(!holds(enrolled.token.as_bytes()));
    assert!(!holds(&code.secret));
}

#[tokio::test]
async fn a_store_key_comes_back_as_it_was_sealed() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let store_key = random::<32>();
    let hq_key: [u8; 32] = STANDARD.decode(&laptop.enrolled.recovery_key).unwrap().try_into().unwrap();
    let sealed = PublicKey::from_bytes(hq_key).seal(&mut OsRng, &store_key).unwrap();
    let message = Recovery { wrapped_store_key: STANDARD.encode(&sealed) };
    let answer = reqwest::Client::new()
        .post(format!("{}{}", house.base, path::RECOVERY))
        .bearer_auth(&laptop.enrolled.token)
        .json(&message)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(house.hq.recover("a01").await.unwrap(), store_key);
    let house = house.restart().await;
    assert_eq!(house.hq.recover("A01").await.unwrap(), store_key, "the recovery key outlives a restart");
}

#[tokio::test]
async fn a_store_key_sealed_to_another_key_is_refused_while_the_laptop_can_still_mend_it() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    let stranger = PublicKey::from_bytes(*crypto_box::SecretKey::from_bytes(random()).public_key().as_bytes());
    let sealed = stranger.seal(&mut OsRng, &random::<32>()).unwrap();
    let message = Recovery { wrapped_store_key: STANDARD.encode(sealed) };
    let refused = laptop.post::<()>(path::RECOVERY, &message).await.unwrap_err();
    assert_eq!(refused.code, Code::Invalid);
    assert!(matches!(house.hq.recover("A01").await, Err(doorstep_hq::Error::NoStoreKey(_))));
}

#[tokio::test]
async fn what_a_customer_said_opens_at_hq() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let said = Opinion { grade: 2, words: "来得太晚".to_owned() };
    for laptop in [&mut cd, &mut nj] {
        let hq_key: [u8; 32] = STANDARD.decode(&laptop.enrolled.recovery_key).unwrap().try_into().unwrap();
        let bytes = serde_json::to_vec(&said).unwrap();
        let sealed = STANDARD.encode(PublicKey::from_bytes(hq_key).seal(&mut OsRng, &bytes).unwrap());
        let branch = laptop.enrolled.branch_id.to_string().into();
        let op = laptop.op(Kind::SATISFACTION, id(), &[("branch_id", branch, 0), ("sealed", sealed.into(), 0)]);
        super::house::accepted(&laptop.push_one(&op).await);
    }
    assert_eq!(house.hq.opinions(None).await.unwrap().len(), 2);
    let heard = house.hq.opinions(Some("CD")).await.unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].opinion.as_ref(), Some(&said));
    assert_eq!(heard[0].branch_id, Some(cd.enrolled.branch_id));
}

#[tokio::test]
async fn hq_opened_many_times_at_its_first_start_has_one_recovery_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = super::house::config(folder.path(), doorstep_wire::limits::Limits::default(), &super::house::clock());
    let opened = (0..8).map(|_| {
        let config = config.clone();
        tokio::task::spawn_blocking(move || {
            let path = config.data.join("recovery.key");
            doorstep_hq::keys::RecoveryKey::open(&path, &config.surroundings).unwrap().public_base64()
        })
    });
    let mut keys = std::collections::HashSet::new();
    for key in opened.collect::<Vec<_>>() {
        keys.insert(key.await.unwrap());
    }
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn a_name_is_given_to_one_account_only() {
    use doorstep_hq::accounts::Role;
    let house = House::open().await;
    let password = house.hq.add_account("王芳", Role::BranchManager, Some("NJ")).await.unwrap();
    assert!(password.len() >= 20);
    let again = house.hq.add_account("王芳", Role::Administrator, None).await;
    assert!(matches!(again, Err(doorstep_hq::Error::AccountTaken(_))));
    let nowhere = house.hq.add_account("李雷", Role::BranchManager, None).await;
    assert!(matches!(nowhere, Err(doorstep_hq::Error::Refused(r)) if r.code == Code::Missing));
}

#[test]
fn laptops_are_named_a01_to_z99_and_on() {
    let names = [1, 2, 99, 100, 2574, 2575].map(device_code);
    assert_eq!(names, ["A01", "A02", "A99", "B01", "Z99", "AA01"]);
    let all: std::collections::HashSet<String> = (1..=20_000).map(device_code).collect();
    assert_eq!(all.len(), 20_000);
}
