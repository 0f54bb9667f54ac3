//! The simulator in a few hundred seeds, the seeds that once found something, and that a run follows from its seed.

#![cfg(test)]

use doorstep_sim::{Ground, Run, run};
use std::{fs, path::Path, process::Command};

/// Seeds played here; `cargo xtask sim` plays ten thousand.
const SEEDS: &str = "300";

async fn played(seeds: &[u64]) -> Vec<Run> {
    let ground = Ground::make().await.unwrap();
    let mut runs = Vec::new();
    for seed in seeds {
        runs.push(run(&ground, *seed).await.unwrap());
    }
    runs
}

#[test]
fn whatever_lines_disks_and_people_do_every_laptop_and_hq_agree_in_the_end() {
    let done = Command::new(env!("CARGO_BIN_EXE_sim")).args(["--seeds", SEEDS]).status().unwrap();
    assert!(done.success(), "the simulator found something; it says above what, and with which seed");
}

/// `cargo xtask sim --mutants` takes an hour; that a rule moved from under its mutant is known every day.
#[test]
fn every_mutant_still_finds_the_rule_that_it_breaks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut mutants = 0;
    for entry in fs::read_dir(root.join("tests/sim/mutants")).unwrap() {
        let patch = entry.unwrap().path();
        let applied = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(&root).output().unwrap();
        assert!(applied.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&applied.stderr));
        mutants += 1;
    }
    assert!(mutants > 0, "there is none");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_run() {
    let seeds = [3, 16, 58];
    let (first, second) = (played(&seeds).await, played(&seeds).await);
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(one.trace.lines(), other.trace.lines(), "seed {}", one.seed);
        assert_eq!(one.trace.hash(), other.trace.hash(), "seed {}: the messages differ", one.seed);
    }
    assert_ne!(first[0].trace.hash(), first[1].trace.hash());
}

/// 8: a record that left was torn apart when the operation that kept it here was refused. 16, 208: an accepted operation
/// whose record went to another branch before it came back waited for ever. 665: a value lost to the seal that its own
/// author repeated right after it, and the simulator asked for a conflict. 1104: what a laptop had of a lost record was not
/// taken back once HQ had handed the record to another branch. 1110: the simulator asked for a settlement where another
/// value of the same author had opened the conflict again. 1959: the same, of two seals. 2001: a record had left before it
/// came back, HQ lost it, and the simulator asked it of the laptop that had only its remains in sight. 2986, 3442: laptops of
/// two branches offered what HQ lost, and the simulator asked HQ for both sides of the hand-over between them. 4314: of two
/// lost values of a field the one that was offered first was in no conflict. 5009: the simulator blamed a store for a snag
/// that the exchange had caught on before it was lifted. 5586: an edit opened a settled conflict about a deletion again, and
/// the simulator asked for the settlement. 5687: it asked for a conflict about a step that the seal after it took back. 5747:
/// a value that had lost was gone when HQ was lost before its conflict came. 6285, 6324: whoever had sealed a visit went on
/// with it, and the simulator asked what they had seen before. 8544: a value that had lost, kept for its conflict, stood over
/// what its author wrote next. 9067: a batch settled a conflict and opened it again, and the simulator asked for the former.
/// 318: an exchange whose store failed ended while a push was on its way. 3876: a conflict that came back after a restore had
/// a later value of the author's in the place of the one that the simulator asked for. 285: a conflict about a sealed visit
/// was settled with what stands, and the simulator took that for a new writing of it.
#[tokio::test]
async fn seeds_that_found_something_find_nothing_any_more() {
    for run in played(&[
        8, 16, 208, 285, 318, 665, 1104, 1110, 1959, 2001, 2986, 3442, 3876, 4314, 5009, 5586, 5687, 5747, 6285, 6324,
        8544, 9067,
    ])
    .await
    {
        assert_eq!(run.finding, None, "seed {}", run.seed);
    }
}
