//! The process holds no state: several `doorstep-hq` over one database and one folder serve the same laptops.

use super::{
    attachments::{get, have, name, photo, send},
    crowd::push,
    house::{Clock, Laptop, clock, id},
    place::Place,
};
use doorstep_domain::Kind;
use doorstep_hq::storage::Database;
use doorstep_wire::{EnrolmentCode, Op};
use serde_json::Value;
use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running `doorstep-hq serve`.
struct Process {
    child: Child,
    base: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, database: &Database) -> Command {
    let Database::Postgres(address) = database else { panic!("not on PostgreSQL") };
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep-hq"));
    command.arg("--data").arg(data).env("DOORSTEP_HQ_DATABASE", address).env("RUST_LOG", "warn");
    command
}

impl Process {
    /// Starts one on a free port, and waits until it says that it serves.
    fn start(data: &Path, database: &Database) -> Self {
        let mut child = command(data, database)
            .args(["serve", "--http", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, base: ready["address"].as_str().unwrap().to_owned() }
    }
}

async fn enrol(data: &Path, database: &Database, base: &str, engineer: &str, clock: &Clock) -> Laptop {
    let out = command(data, database).args(["enrol", "--branch", "CD", "--engineer", engineer]).output().unwrap();
    let code: EnrolmentCode = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
    Laptop::enrolled(base, &code, clock).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_over_one_database_serve_the_same_laptops_and_one_may_die() {
    let (place, folder, clock) = (Place::fresh().await, tempfile::tempdir().unwrap(), clock());
    let (data, database) = (folder.path(), place.database());
    let (one, two) = (Process::start(data, &database), Process::start(data, &database));
    let mut laptops = Vec::new();
    for (base, engineer) in [(&one.base, "张伟"), (&two.base, "李娜"), (&one.base, "陈明")] {
        laptops.push(enrol(data, &database, base, engineer, &clock).await);
    }
    let watcher = laptops[2].clone();
    let bases = [one.base.clone(), two.base.clone()];
    let writers: Vec<_> = laptops
        .into_iter()
        .map(|mut laptop| {
            let bases = bases.clone();
            tokio::spawn(async move {
                let mut written = Vec::new();
                for round in 0..10 {
                    laptop.base.clone_from(&bases[round % 2]);
                    let ids = [id(), id()];
                    let ops: Vec<Op> = ids.into_iter().map(|id| laptop.customer(id, "四川路桥")).collect();
                    let first = push(&laptop, &ops).await;
                    // The answer was lost, say; the balancer sends the repeat to the other one.
                    laptop.base.clone_from(&bases[(round + 1) % 2]);
                    assert_eq!(push(&laptop, &ops).await, first);
                    written.extend(ids);
                }
                (laptop, written)
            })
        })
        .collect();
    let (mut writer, mut written) = (watcher.clone(), HashSet::new());
    for task in writers {
        let (laptop, ids) = task.await.unwrap();
        written.extend(ids);
        writer = laptop;
    }
    for base in &bases {
        let reader = Laptop { base: base.clone(), ..watcher.clone() };
        let seen: HashSet<_> = reader.records(&Kind::CUSTOMER).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(seen, written);
    }
    // An upload begun at one goes on at the other, also when the first is gone.
    let (content, hash) = photo(10_000);
    name(&mut writer, &hash, content.len()).await;
    writer.base.clone_from(&bases[0]);
    assert_eq!(send(&writer, &hash, 0, content.len(), &content[..4_000]).await.status(), 204);
    drop(one);
    writer.base.clone_from(&bases[1]);
    assert_eq!(have(&writer, &hash).await, (Some(4_000), None));
    assert_eq!(send(&writer, &hash, 4_000, content.len(), &content[4_000..]).await.status(), 204);
    assert_eq!(get(&writer, &hash, None).await.bytes().await.unwrap(), content);
    assert_eq!(writer.hello().await.unwrap().acked_seq, writer.seq);
}
