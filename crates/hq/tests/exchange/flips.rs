//! Flipped bytes in what HQ keeps, by seed: each changes nothing that can be read, or is said as damage.

use super::{
    attachments::{name, photo, send},
    house::{House, config, id},
};
use doorstep_domain::{Kind, merge::Change};
use doorstep_hq::{
    Error, Hq,
    storage::{PageBounds, Storage, StorageError, What},
};
use doorstep_wire::{Entry, EntryBody, RecordState, limits::Limits};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const SEEDS: u64 = 100;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A number that follows from a seed and nothing else.
fn drawn(seed: u64, what: &str) -> usize {
    let hash = blake3::hash(format!("{seed} {what}").as_bytes());
    usize::try_from(u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) >> 1).unwrap()
}

fn flip(file: &Path, seed: u64) {
    let mut content = fs::read(file).unwrap();
    let at = drawn(seed, "where") % content.len();
    content[at] ^= 1 << (drawn(seed, "bit") % 8);
    fs::write(file, content).unwrap();
}

/// What is read of a feed, entry by entry.
async fn entries(storage: &dyn Storage, feed: &str) -> Result<Vec<Entry>, StorageError> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let bounds = PageBounds { entries_max: 50, bytes_max: 1 << 20, fresh_until: 0 };
        let page = storage.stretch(feed, after, bounds).await?;
        after = page.entries.last().map_or(after, |entry| entry.position);
        all.extend(page.entries);
        if !page.more {
            return Ok(all);
        }
    }
}

/// Everything that is read of HQ, by name, as text.
async fn read(hq: &Hq, feeds: &[String]) -> BTreeMap<String, Result<String, StorageError>> {
    let storage = hq.storage();
    let mut all = BTreeMap::new();
    for feed in feeds {
        all.insert(feed.clone(), entries(storage, feed).await.map(|entries| format!("{entries:?}")));
        all.insert(format!("sums of {feed}"), storage.sums(feed).await.map(|sums| format!("{sums:?}")));
    }
    all.insert("site".to_owned(), storage.site().await.map(|site| format!("{site:?}")));
    all.insert("laptops".to_owned(), storage.devices().await.map(|devices| format!("{devices:?}")));
    all.insert("accounts".to_owned(), storage.accounts().await.map(|accounts| format!("{accounts:?}")));
    all.insert("trail".to_owned(), storage.audited(i64::MAX, 1_000).await.map(|trail| format!("{trail:?}")));
    all
}

fn states(entries: Vec<Entry>) -> Vec<RecordState> {
    let state = |entry: Entry| match entry.body {
        EntryBody::State(state) => Some(state),
        EntryBody::Left => None,
    };
    entries.into_iter().filter_map(state).collect()
}

struct Origin {
    /// HQ as it was closed.
    closed: PathBuf,
    /// HQ in the middle of its work: most of it is in the log.
    working: PathBuf,
    feeds: Vec<String>,
    hash: String,
    _folder: tempfile::TempDir,
}

async fn origin() -> Origin {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    house.hq.add_account("周芳", doorstep_hq::accounts::Role::ServiceCentre, None).await.unwrap();
    for round in 0..8 {
        let ops: Vec<_> = (0..10)
            .map(|number| {
                let mut op = laptop.customer(id(), "四川路桥");
                let note = format!("第{round}轮第{number}家，").repeat(30);
                op.fields.insert("note".to_owned(), Change { value: note.into(), base: 0 });
                op
            })
            .collect();
        laptop.push(&ops).await.unwrap();
    }
    let (content, hash) = photo(30_000);
    name(&mut laptop, &hash, content.len()).await;
    send(&laptop, &hash, 0, content.len(), &content).await;
    laptop.hello().await.unwrap();
    let feeds = vec!["all".to_owned(), laptop.branch()];
    let working = house.folder.path().join("working");
    copy(&house.folder.path().join("hq"), &working);
    let (folder, ..) = house.stop().await;
    let closed = folder.path().join("hq");
    assert!(
        fs::metadata(working.join("hq.sqlite-wal")).unwrap().len() > 100_000 && !closed.join("hq.sqlite-wal").exists()
    );
    Origin { closed, working, feeds, hash, _folder: folder }
}

fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Storage(error) if error.is_damage() || matches!(error, StorageError::Newer))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_hundred_flipped_bytes_changes_nothing_that_is_read_or_is_said_as_damage() {
    let origin = origin().await;
    let clock = super::house::clock();
    let open = |data: &Path| Hq::open(config(data, Limits::default(), &clock));
    let sound = origin.closed.with_file_name("sound");
    copy(&origin.closed, &sound);
    let hq = open(&sound).await.unwrap();
    let expected = read(&hq, &origin.feeds).await;
    let mut known = Vec::new();
    for feed in &origin.feeds {
        known.extend(states(entries(hq.storage(), feed).await.unwrap()));
    }
    let checked = hq.check().await.unwrap();
    assert_eq!((checked.damage, checked.attachments), (Vec::new(), 1), "what is sound is not said to be damaged");
    assert!(checked.records > 80 && checked.operations > 80);
    hq.close().await.unwrap();

    let mut said = BTreeSet::new();
    for seed in 0..SEEDS {
        let data = origin.closed.with_file_name(format!("seed-{seed}"));
        let photo = data.join(format!("attachments/whole/{}/{}", &origin.hash[..2], origin.hash));
        let (from, file) = match seed % 10 {
            0..6 => (&origin.closed, data.join("hq.sqlite")),
            6..9 => (&origin.working, data.join("hq.sqlite-wal")),
            _ => (&origin.closed, photo),
        };
        copy(from, &data);
        flip(&file, seed);
        match open(&data).await {
            Err(error) => {
                assert!(is_damage(&error), "seed {seed}: {error:?}");
                said.insert(seed);
            }
            Ok(hq) => {
                let mut differs = Vec::new();
                for (name, found) in read(&hq, &origin.feeds).await {
                    match (&found, &expected[&name]) {
                        (Ok(found), Ok(expected)) if found == expected => {}
                        (Ok(_), _) => differs.push(name),
                        (Err(error), _) => {
                            assert!(error.is_damage(), "seed {seed}: {name}: {error:?}");
                            said.insert(seed);
                        }
                    }
                }
                for feed in &origin.feeds {
                    let read = entries(hq.storage(), feed).await.map(states).unwrap_or_default();
                    assert!(read.iter().all(|state| known.contains(state)), "seed {seed}: a wrong value in {feed}");
                }
                match hq.check().await {
                    Ok(checked) => {
                        assert!(
                            differs.is_empty() || !checked.damage.is_empty(),
                            "seed {seed}: {differs:?} in silence"
                        );
                        assert!(seed % 10 < 9 || checked.damage.iter().any(|damage| damage.what == What::File));
                        if !checked.damage.is_empty() {
                            said.insert(seed);
                        }
                    }
                    Err(error) => {
                        assert!(is_damage(&error), "seed {seed}: {error:?}");
                        said.insert(seed);
                    }
                }
                hq.close().await.unwrap();
            }
        }
        fs::remove_dir_all(&data).unwrap();
    }
    assert!(said.len() > 60, "only {} of {SEEDS} were said: {said:?}", said.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_is_told_of_damage_in_so_many_words_and_the_figures_show_it() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let customer = id();
    let op = laptop.customer(customer, "四川路桥");
    laptop.push_one(&op).await;
    let (folder, place, database, limits, clock) = house.stop().await;
    let file = folder.path().join("hq/hq.sqlite");
    let mut content = fs::read(&file).unwrap();
    let from = "四川路桥\"".as_bytes();
    let places: Vec<usize> =
        content.windows(from.len()).enumerate().filter(|(_, part)| *part == from).map(|(at, _)| at).collect();
    for at in places {
        // Another character, and sound JSON.
        content[at + 2] ^= 1;
    }
    fs::write(&file, content).unwrap();
    let house = House::serve(folder, place, database, limits, clock).await;
    laptop.base.clone_from(&house.base);
    let said = laptop.page(&laptop.branch(), 0).await.unwrap_err();
    assert_eq!(said.code, doorstep_domain::Code::HqDamaged);
    let checked = house.hq.scrub().await.unwrap();
    let places: Vec<_> = checked.damage.iter().map(|damage| damage.place.as_str()).collect();
    assert!(places.contains(&&*format!("record {} {customer}", Kind::CUSTOMER)), "{places:?}");
    assert!(places.iter().any(|place| place.starts_with("operation ")), "{places:?}");
    laptop.hello().await.unwrap();
}
