//! Full disks: HQ says so, keeps what it has, and goes on when there is room again.

use super::{
    house::{Laptop, accepted, clock, id, random},
    place::Small,
};
use doorstep_domain::{Code, Kind, id::RecordId};
use doorstep_wire::{EnrolmentCode, Op};
use reqwest::StatusCode;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

/// How long HQ may take to notice that there is room again.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

/// `doorstep-hq serve` on a small file system.
pub struct Served {
    child: Child,
    pub base: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    pub fn start(small: &Small) -> Self {
        let mut child = small
            .command()
            .args(["serve", "--http", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, base: ready["address"].as_str().unwrap().to_owned() }
    }

    pub async fn laptop(&self, small: &Small, engineer: &str) -> Laptop {
        let out = small.command().args(["enrol", "--branch", "CD", "--engineer", engineer]).output().unwrap();
        let code: EnrolmentCode = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
        Laptop::enrolled(&self.base, &code, &clock()).await
    }

    pub async fn status(&self, path: &str) -> StatusCode {
        reqwest::get(format!("{}{path}", self.base)).await.unwrap().status()
    }
}

/// A customer with a note that does not compress.
fn large(laptop: &mut Laptop) -> (RecordId, Op) {
    let customer = id();
    let mut op = laptop.customer(customer, "四川路桥");
    let note = hex::encode(random::<60_000>());
    op.fields.insert("note".to_owned(), doorstep_domain::merge::Change { value: note.into(), base: 0 });
    (customer, op)
}

/// Pushes until HQ takes no more; what it took, and what it did not.
async fn push_until_full(laptop: &mut Laptop) -> (Vec<RecordId>, Op) {
    let mut taken = Vec::new();
    for _ in 0..400 {
        let (customer, op) = large(laptop);
        match laptop.push(std::slice::from_ref(&op)).await {
            Ok(reply) => {
                accepted(&reply.acks[0].outcome);
                taken.push(customer);
            }
            Err(said) => {
                assert_eq!(said.code, Code::HqCannotStore, "{}", said.detail);
                return (taken, op);
            }
        }
    }
    panic!("the disk never became full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_everything_goes_on_when_there_is_room_again() {
    let small = Small::new();
    let hq = Served::start(&small);
    let (mut laptop, reader) = (hq.laptop(&small, "张伟").await, hq.laptop(&small, "李娜").await);
    assert_eq!(hq.status("/readyz").await, StatusCode::OK);
    for _ in 0..2 {
        small.room().fill().unwrap();
        let (mut written, refused) = push_until_full(&mut laptop).await;
        assert_eq!(hq.status("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(hq.status("/healthz").await, StatusCode::OK);
        for _ in 0..3 {
            let said = laptop.push(std::slice::from_ref(&refused)).await.unwrap_err();
            assert_eq!(said.code, Code::HqCannotStore, "{}", said.detail);
        }
        if let Err(said) = laptop.hello().await {
            assert_eq!(said.code, Code::HqCannotStore, "{}", said.detail);
        }
        let seen: Vec<_> = reader.records(&Kind::CUSTOMER).await.into_iter().map(|(id, _)| id).collect();
        assert!(written.iter().all(|id| seen.contains(id)), "what HQ has is read on a full disk too");

        small.room().empty().unwrap();
        accepted(&laptop.push_one(&refused).await);
        written.push(refused.id);
        laptop.hello().await.unwrap();
        let begun = Instant::now();
        while hq.status("/readyz").await != StatusCode::OK {
            assert!(begun.elapsed() < NOTICED_WITHIN, "HQ never becomes ready again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let seen: Vec<_> = reader.records(&Kind::CUSTOMER).await.into_iter().map(|(id, _)| id).collect();
        assert!(written.iter().all(|id| seen.contains(id)));
    }
}
