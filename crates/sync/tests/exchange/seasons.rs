//! A season in the field, by seed: laptops edit offline and sync over a bad line, then everything is quiet and all
//! agree. A failing seed is printed; run it alone by putting it into `SEEDS`.

use crate::{
    headquarters::Headquarters,
    laptop::{Chance, Laptop},
    line::{Line, Then},
};
use chrono::TimeDelta;
use doorstep_domain::{Doc, Kind, conflict::Conflict, id::RecordId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: std::ops::Range<u64> = 0..8;
const STEPS: u32 = 60;
const FIELDS: [&str; 4] = ["phone", "region", "notes", "address"];

struct Season {
    hq: Headquarters,
    line: Line,
    laptops: Vec<Laptop>,
    chance: Chance,
    customers: Vec<(usize, RecordId)>,
    /// Every value that was ever set, by record and field.
    written: BTreeMap<(RecordId, &'static str), BTreeSet<String>>,
    photos: Vec<(usize, String)>,
}

/// The branch of each laptop, by number.
const BRANCHES: [&str; 3] = ["CD", "CD", "NJ"];

impl Season {
    async fn begin(seed: u64) -> Self {
        let hq = Headquarters::start().await;
        let mut laptops = Vec::new();
        for (i, branch) in BRANCHES.into_iter().enumerate() {
            let off = TimeDelta::days(365 * (i as i64 - 1));
            let laptop = Laptop::new(&format!("{seed}/{i}"), off).await;
            laptop.enrol(&hq, branch, &format!("工程师{i}")).await;
            laptops.push(laptop);
        }
        let line = Line::to(&laptops[0].identity().await.hq_address).await;
        let chance = Chance::new(&format!("season {seed}"));
        Self { hq, line, laptops, chance, customers: vec![], written: BTreeMap::new(), photos: vec![] }
    }

    async fn step(&mut self, number: u32) {
        let who = self.chance.below(3) as usize;
        match self.chance.below(10) {
            0 | 1 => {
                let id = self.laptops[who].add_customer(&format!("客户{number}")).await;
                self.customers.push((who, id));
            }
            2..=5 => self.edit(who, number).await,
            6 => {
                let photo = format!("照片{number}").repeat(self.chance.below(9_000) as usize + 1);
                let hash = self.laptops[who].add_photo(photo.as_bytes()).await;
                self.photos.push((who, hash));
            }
            _ => self.sync(who).await,
        }
    }

    /// Changes a field of a customer that is on this laptop.
    async fn edit(&mut self, who: usize, number: u32) {
        let laptop = &self.laptops[who];
        let here = laptop.store.all(&Kind::CUSTOMER).await.unwrap();
        if here.is_empty() {
            return;
        }
        let id = here[self.chance.below(here.len() as u64) as usize].id;
        let field = FIELDS[self.chance.below(4) as usize];
        let value = format!("{number}");
        laptop.set(&Kind::CUSTOMER, id, json!({field: value})).await;
        self.written.entry((id, field)).or_default().insert(value);
    }

    async fn sync(&self, who: usize) {
        let then = if self.chance.below(2) == 0 { Then::Dead } else { Then::Works };
        match self.chance.below(3) {
            0 => self.line.mend(),
            _ => self.line.cut_after(self.chance.below(20_000), then),
        }
        // Whether it went through is chance; what must hold, holds either way.
        let _ = self.laptops[who].sync_over(&self.line).await;
    }

    async fn quiet(&self) {
        for _ in 0..2 {
            for laptop in &self.laptops {
                laptop.sync().await;
            }
        }
    }

    async fn assert_all_agree(&self, seed: u64) {
        for kind in [Kind::CUSTOMER, Kind::VISIT, Kind::ATTACHMENT, Kind::CONFLICT, Kind::TEMPLATE] {
            let at_hq = self.hq.all(&kind).await;
            for (i, laptop) in self.laptops.iter().enumerate() {
                let branch = self.hq.branch(BRANCHES[i]).await.to_string();
                let in_scope: BTreeMap<RecordId, Doc> = at_hq
                    .iter()
                    .filter(|r| r.doc.get("branch_id").is_none_or(|b| b == branch.as_str()))
                    .map(|r| (r.key.id, r.doc.clone()))
                    .collect();
                let here = laptop.store.all(&kind).await.unwrap().into_iter().map(|s| (s.id, s.doc)).collect();
                assert_eq!(in_scope, here, "seed {seed}, laptop {i}, {kind}");
                laptop.assert_quiet().await;
            }
        }
        assert_eq!(
            self.hq.all(&Kind::CUSTOMER).await.len(),
            self.customers.len(),
            "seed {seed}: none lost, none doubled"
        );
    }

    /// A value that stands or lost last is one somebody wrote, and a field that was written is not empty.
    async fn assert_nothing_was_made_up(&self, seed: u64) {
        for ((id, field), values) in &self.written {
            let doc = self.hq.get(&Kind::CUSTOMER, *id).await.unwrap();
            let stands = doc[*field].as_str().unwrap();
            assert!(values.contains(stands), "seed {seed}: {field} of {id} is {stands}");
        }
        for record in self.hq.all(&Kind::CONFLICT).await {
            let conflict: Conflict = serde_json::from_value(Value::Object(record.doc)).unwrap();
            let sides = [&conflict.standing.value, &conflict.other.value];
            let field = FIELDS.into_iter().find(|f| *f == conflict.field).unwrap();
            let values = &self.written[&(conflict.record_id.unwrap(), field)];
            assert!(sides.iter().all(|v| values.contains(v.as_str().unwrap())), "seed {seed}: {conflict:?}");
        }
    }

    async fn assert_photos_arrived(&self, seed: u64) {
        for (who, hash) in &self.photos {
            for (i, laptop) in self.laptops.iter().enumerate() {
                let expected = BRANCHES[i] == BRANCHES[*who];
                assert_eq!(laptop.store.blobs().has(hash).unwrap(), expected, "seed {seed}, laptop {i}, photo {hash}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_season_of_edits_and_cut_exchanges_every_laptop_and_hq_agree() {
    let mut conflicts = 0;
    for seed in SEEDS {
        let mut season = Season::begin(seed).await;
        for number in 0..STEPS {
            season.step(number).await;
        }
        season.quiet().await;
        season.assert_all_agree(seed).await;
        season.assert_nothing_was_made_up(seed).await;
        season.assert_photos_arrived(seed).await;
        conflicts += season.hq.all(&Kind::CONFLICT).await.len();
    }
    assert!(conflicts > 0, "no two edits ever met: the seasons are too tame to show anything");
}
