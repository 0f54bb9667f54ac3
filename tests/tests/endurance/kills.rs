//! `kill -9` of host and HQ at moments that chance chooses, during syncs of changes and files.

use crate::{
    ground::{Chance, Headquarters, Laptop, Written, assert_has_all, shut, write},
    is_soak,
};

/// Rounds; in each, one sync is killed once on each of two laptops.
struct Scale {
    rounds: u64,
    changes: u64,
    files: u64,
}

fn scale() -> Scale {
    if is_soak() {
        // 50 kills in all: two in a round.
        Scale { rounds: 25, changes: 5_000, files: 200 }
    } else {
        Scale { rounds: 3, changes: 500, files: 40 }
    }
}

/// Photos of about a megabyte, and one file that is as large as a fifth of them.
fn sizes(chance: &Chance, megabytes: u64) -> Vec<u64> {
    let large = megabytes / 5;
    let mut sizes: Vec<u64> = (0..megabytes - large).map(|_| 524_288 + chance.below(1_048_576)).collect();
    sizes.push(large * 1_048_576);
    sizes
}

/// Syncs a laptop; once `after` bytes were carried, host or HQ is killed and started again. Then syncs until it goes
/// through. Says whether the kill came before the end.
async fn sync_killed(laptop: &mut Laptop, hq: &mut Headquarters, after: u64, kills_hq: bool) -> bool {
    laptop.run().await.unwrap();
    let ended = {
        let syncing = laptop.sync();
        tokio::pin!(syncing);
        tokio::select! {
            ended = &mut syncing => Some(ended.unwrap()),
            () = laptop.line.carries(after) => None,
        }
    };
    let killed = ended.is_none();
    if killed && kills_hq {
        hq.kill().await;
        laptop.line.leads_to(hq.listens);
    } else if killed {
        laptop.kill().await;
        laptop.run().await.unwrap();
    }
    let mut tries = 0;
    while laptop.sync().await.unwrap().is_some() {
        tries += 1;
        assert!(tries < 5, "it does not go through although everybody is there again");
    }
    laptop.kill().await;
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_both_sides_converge_lose_nothing_and_send_little_again() {
    let Scale { rounds, changes, files } = scale();
    let chance = Chance::new("kills");
    let mut hq = Headquarters::start().await;
    let mut a = Laptop::enrolled("周航", &hq).await;
    let mut b = Laptop::enrolled("李娜", &hq).await;
    a.kill().await;
    b.kill().await;
    let (up_before, down_before) = (a.line.carried().0, b.line.carried().1);
    let (mut written, mut kills) = (Written::default(), 0);
    for round in 0..rounds {
        let store = a.store().await;
        write(&store, &chance, changes, &sizes(&chance, files), &mut written).await;
        shut(store).await;
        // Half of the moments lie among the records, which are few bytes, half among the files.
        let bytes =
            |round: u64| if round % 4 < 2 { chance.below(changes * 60) } else { chance.below(files * 1_000_000) };
        let (first, second) = (bytes(round), bytes(round + 2));
        for laptop in [&a, &b] {
            laptop.line.leads_to(hq.listens);
        }
        kills += u64::from(sync_killed(&mut a, &mut hq, first, round % 2 == 0).await);
        b.line.leads_to(hq.listens);
        kills += u64::from(sync_killed(&mut b, &mut hq, second, round % 2 == 1).await);
    }
    assert!(kills >= rounds * 3 / 2, "only {kills} kills: they come too late to show anything");
    let total: u64 = written.files.iter().map(|(_, bytes)| bytes).sum();
    for (way, carried) in [("up", a.line.carried().0 - up_before), ("down", b.line.carried().1 - down_before)] {
        // What is not the files themselves: records, headers, encryption, and what was sent again.
        let more = carried.saturating_sub(total) as f64 / total as f64;
        println!("{way}: {carried} bytes for {total} bytes of files, {:.2} % more, {kills} kills", more * 100.0);
        assert!(carried >= total, "the line was not what carried it");
        assert!(more < 0.05, "{way}: {carried} bytes were carried for {total} bytes of files");
    }
    for laptop in [&a, &b] {
        let store = laptop.store().await;
        assert_has_all(&store, &written).await;
        shut(store).await;
    }
}
