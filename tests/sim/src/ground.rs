//! The ground that every run begins on: an HQ with two branches and four enrolled laptops, made once and copied.

use crate::{
    chance::{Chance, Clock},
    folder,
    headquarters::Headquarters,
    laptop::Laptop,
    line::{Answer, Event, Line},
};
use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Most laptops of a run, and the branch of each.
const BRANCHES: [&str; 4] = ["CD", "CD", "NJ", "NJ"];

/// Folders to begin with.
#[derive(Debug)]
pub struct Ground {
    /// HQ's.
    pub hq: PathBuf,
    /// The laptops': two of one branch, then two of another.
    pub laptops: Vec<PathBuf>,
    /// The branches' ids.
    pub branches: Vec<String>,
    _root: TempDir,
}

impl Ground {
    /// Makes it.
    ///
    /// # Errors
    /// When it does not come about.
    pub async fn make() -> Result<Self> {
        let root = folder::scratch()?;
        let clock = Clock::default();
        let hq = Headquarters::open(root.path().join("hq"), &Chance::new("ground"), &clock).await?;
        hq.hq.storage().serve_at("http://127.0.0.1:1", [0; 32]).await?;
        let mut branches = Vec::new();
        for code in ["CD", "NJ"] {
            branches.push(doorstep_hq::staff::branch(&hq.hq, code).await?.to_string());
        }
        let mut laptops = Vec::new();
        for (number, branch) in BRANCHES.into_iter().enumerate() {
            let at = root.path().join(format!("laptop-{number}"));
            let chance = Chance::new(&format!("ground {number}"));
            let mut laptop = Laptop::open(number, at.clone(), chance, &clock, TimeDelta::zero()).await?;
            enrol(&hq, &laptop, branch).await?;
            exchange(&hq, &mut laptop).await?;
            laptop.close().await;
            laptops.push(at);
        }
        let hq_folder = hq.folder.clone();
        hq.close().await?;
        Ok(Self { hq: hq_folder, laptops, branches, _root: root })
    }
}

/// Enrols a laptop over a line that works.
pub async fn enrol(hq: &Headquarters, laptop: &Laptop, branch: &str) -> Result<()> {
    let engineer = format!("工程师{}", laptop.number);
    let code = hq.hq.issue_code(branch, &engineer, TimeDelta::hours(24), None).await?;
    let (events_of, mut events) = mpsc::unbounded_channel();
    let line = Line::new(laptop.number, None, events_of);
    let (store, surroundings) = (Arc::clone(&laptop.store), laptop.surroundings.clone());
    let enrolling =
        tokio::spawn(
            async move { doorstep_sync::enrol(&store, &line, &code, "laptop", &surroundings).await.map(drop) },
        );
    while let Some(event) = events.recv().await {
        answer(hq, event).await?;
    }
    Ok(enrolling.await??)
}

/// An exchange over a line that works.
async fn exchange(hq: &Headquarters, laptop: &mut Laptop) -> Result<()> {
    let (events_of, mut events) = mpsc::unbounded_channel();
    laptop.begin_exchange(events_of).await?;
    loop {
        match events.recv().await.context("the exchange is gone")? {
            Event::Ended { how, .. } => {
                laptop.ended();
                return Ok(how.map(drop)?);
            }
            asked @ Event::Asked(_) => {
                laptop.has_stored().await?;
                answer(hq, asked).await?;
            }
        }
    }
}

async fn answer(hq: &Headquarters, event: Event) -> Result<()> {
    let Event::Asked(asked) = event else { bail!("an exchange that nobody began") };
    let response = hq.answer(&asked.request, None).await?;
    // Whoever asked may have gone.
    drop(asked.answer.send(Answer::Came(response)));
    Ok(())
}
