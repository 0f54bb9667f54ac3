//! A run: laptops, an HQ, the lines between them, and the scheduler. One thing happens at a time and to its end: an
//! exchange goes on from one request to the next and then waits until the scheduler lets that request go on.

use crate::{
    chance::{Chance, Clock},
    folder::{self, Folders},
    ground::Ground,
    headquarters::Headquarters,
    laptop::Laptop,
    ledger::{Ledger, Place},
    line::{Asked, Event, Request},
    lives::OldCopy,
    restore::Backup,
    temper::Temper,
    trace::Trace,
};
use anyhow::{Context, Result, bail, ensure};
use chrono::TimeDelta;
use doorstep_domain::Code;
use doorstep_sync::{Error, Summary};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// How long a step may take before the run counts as stuck.
const STEP_MAX: Duration = Duration::from_secs(60);

/// Who a token belongs to.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The device.
    pub device: String,
    /// Its branch.
    pub branch: String,
    /// Who uses it.
    pub engineer: String,
}

/// What people typed on a laptop last, by field.
pub type Typed = BTreeMap<Place, Value>;

/// A run.
pub struct World {
    /// The seed's chance.
    pub chance: Chance,
    /// The chance of those who try what they may not.
    pub trespasser: Chance,
    /// The time everywhere.
    pub clock: Clock,
    /// The story.
    pub trace: Trace,
    /// HQ.
    pub hq: Option<Headquarters>,
    /// The laptops.
    pub laptops: Vec<Laptop>,
    /// Whose token is whose.
    pub holders: BTreeMap<String, Holder>,
    /// Branches, by their ids.
    pub branches: Vec<String>,
    /// Requests that wait, by laptop.
    pub parked: BTreeMap<usize, Asked>,
    /// Requests that come again later.
    pub late: Vec<Request>,
    /// What has to be true.
    pub ledger: Ledger,
    /// What was typed, by laptop.
    pub typed: Vec<Typed>,
    /// Files that were added: their hash, the branch, and the record that names them.
    pub files: Vec<(String, String, String)>,
    /// Files that went when a laptop was put back from a copy.
    pub lost_files: Vec<(String, String, String)>,
    /// What goes wrong in this run, and how often.
    pub temper: Temper,
    /// Laptops with a snag in their database.
    pub snagged: BTreeSet<usize>,
    /// Laptops whose exchange outlived a snag: it asks a page ahead, and may say only now what it caught on then.
    pub caught: BTreeSet<usize>,
    /// Whether HQ's database has a snag.
    pub hq_snagged: bool,
    /// Whether HQ's disk is full.
    pub hq_full: bool,
    /// Copies of laptops' folders, by the laptop they were taken of.
    pub copies: BTreeMap<usize, OldCopy>,
    /// HQ's backup, and what had to be true when it was made.
    pub backup: Option<Backup>,
    /// Laptops that HQ told that it does not take them for themselves.
    pub forked: BTreeSet<usize>,
    /// Whether a file was changed on its way.
    pub garbled: bool,
    /// Requests that reached HQ.
    pub requests: u64,
    /// A number for each value, so that no two are alike.
    pub values: u64,
    pub(crate) folders: Folders,
    events: UnboundedReceiver<Event>,
    events_of: UnboundedSender<Event>,
    _root: TempDir,
}

impl World {
    /// A world on `ground`, with the chance of `seed`.
    ///
    /// # Errors
    /// When something does not open.
    pub async fn begin(ground: &Ground, seed: u64) -> Result<Self> {
        let chance = Chance::new(&format!("seed {seed}"));
        let temper = Temper::draw(&chance, &Chance::new(&format!("later {seed}")));
        let root = folder::scratch()?;
        let mut folders = Folders::below(root.path().to_owned());
        let clock = Clock::default();
        let at = folders.next("hq");
        folder::copy_as_left(&ground.hq, &at)?;
        let hq = Headquarters::open(at, &Chance::new(&format!("hq {seed}")), &clock).await?;
        let mut laptops = Vec::new();
        for (number, template) in ground.laptops.iter().enumerate().take(temper.laptops) {
            let at = folders.next("laptop");
            folder::copy_as_left(template, &at)?;
            let own = Chance::new(&format!("laptop {number} of {seed}"));
            let off = TimeDelta::days(temper.clocks_off_days.get(number).copied().unwrap_or(0));
            laptops.push(Laptop::open(number, at, own, &clock, off).await?);
        }
        let (events_of, events) = mpsc::unbounded_channel();
        let mut world = Self {
            chance,
            trespasser: Chance::new(&format!("trespass {seed}")),
            clock,
            trace: Trace::default(),
            hq: Some(hq),
            typed: vec![Typed::new(); laptops.len()],
            laptops,
            holders: BTreeMap::new(),
            branches: ground.branches.clone(),
            parked: BTreeMap::new(),
            late: Vec::new(),
            ledger: Ledger::default(),
            files: Vec::new(),
            lost_files: Vec::new(),
            temper,
            snagged: BTreeSet::new(),
            caught: BTreeSet::new(),
            hq_snagged: false,
            hq_full: false,
            copies: BTreeMap::new(),
            backup: None,
            forked: BTreeSet::new(),
            garbled: false,
            requests: 0,
            values: 0,
            folders,
            events,
            events_of,
            _root: root,
        };
        for number in 0..world.laptops.len() {
            world.know(number).await?;
        }
        world.trace.note(format!("seed {seed}: {:?}", world.temper));
        Ok(world)
    }

    /// Learns whose token a laptop shows.
    ///
    /// # Errors
    /// When it is not enrolled.
    pub async fn know(&mut self, number: usize) -> Result<()> {
        let identity = self.laptop(number)?.identity().await?;
        let holder = Holder {
            device: identity.device_id.to_string(),
            branch: identity.branch_id.to_string(),
            engineer: identity.engineer_id.to_string(),
        };
        self.ledger.engineers.insert(holder.device.clone(), holder.engineer.clone());
        self.holders.insert(format!("Bearer {}", identity.token), holder);
        Ok(())
    }

    /// HQ.
    ///
    /// # Errors
    /// Never, between steps.
    pub fn hq(&self) -> Result<&Headquarters> {
        self.hq.as_ref().context("HQ is down")
    }

    /// Whether HQ's disk keeps not everything that it should.
    #[must_use]
    pub fn hq_fails(&self) -> bool {
        self.hq_snagged || self.hq_full
    }

    /// A laptop.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn laptop(&self, number: usize) -> Result<&Laptop> {
        self.laptops.get(number).with_context(|| format!("no laptop {number}"))
    }

    /// A laptop, to change it.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn laptop_mut(&mut self, number: usize) -> Result<&mut Laptop> {
        self.laptops.get_mut(number).with_context(|| format!("no laptop {number}"))
    }

    /// Begins an exchange of a laptop, up to its first request.
    ///
    /// # Errors
    /// When it gets stuck.
    pub async fn begin_exchange(&mut self, number: usize) -> Result<()> {
        self.trace.note(format!("laptop {number} begins an exchange"));
        let events = self.events_of.clone();
        self.laptop_mut(number)?.begin_exchange(events).await?;
        self.until_it_waits(number).await
    }

    /// Waits until the laptop's exchange asks HQ something, or ends.
    ///
    /// # Errors
    /// When neither happens.
    pub async fn until_it_waits(&mut self, number: usize) -> Result<()> {
        let event = tokio::time::timeout(STEP_MAX, self.events.recv()).await;
        let event = event.with_context(|| format!("laptop {number} is stuck"))?.context("nobody speaks")?;
        match event {
            Event::Asked(asked) => {
                ensure!(asked.laptop == number, "laptop {} spoke out of turn", asked.laptop);
                self.laptop(number)?.has_stored().await?;
                self.trace.note(format!("laptop {number} asks {}", asked.request.name()));
                self.trace.weigh(&asked.request.body);
                self.offered(&asked.request)?;
                self.parked.insert(number, asked);
            }
            Event::Ended { laptop, how } => {
                ensure!(laptop == number, "laptop {laptop} ended out of turn");
                self.laptop_mut(number)?.ended();
                self.end(number, how)?;
            }
        }
        Ok(())
    }

    /// An exchange ended: well, or with what may happen when the line, a disk or HQ fails.
    fn end(&mut self, number: usize, how: doorstep_sync::Result<Summary>) -> Result<()> {
        let caught = self.caught.remove(&number);
        let error = match how {
            Ok(done) => {
                self.trace.note(format!("laptop {number} is done: {done:?}"));
                self.trace.count("exchanges that went through");
                return Ok(());
            }
            Err(error) => error,
        };
        self.trace.note(format!("laptop {number} stops: {error}"));
        self.trace.count("exchanges that were stopped");
        if [Code::DeviceForked, Code::Unauthorized].contains(&error.code()) {
            let known = self.ledger.restores.is_empty();
            ensure!(!known || error.code() == Code::DeviceForked, "HQ does not know laptop {number}: {error}");
            ensure!(
                !known || !self.copies.is_empty(),
                "laptop {number} counts as a copy, and nobody made one: {error}"
            );
            self.forked.insert(number);
            return Ok(());
        }
        let snag = caught || self.snagged.contains(&number) || self.hq_snagged;
        match &error {
            Error::Unfit(_) | Error::Fault(_) => bail!("laptop {number}: {error}"),
            _ if error.retryable() => Ok(()),
            Error::NotHq(_) => Ok(()),
            Error::Answered { refusal, .. } if refusal.code == Code::Internal && !snag => {
                bail!("laptop {number}: HQ failed: {error}")
            }
            Error::Store(_) | Error::Answered { .. } if self.garbled && error.code() == Code::HashMismatch => Ok(()),
            Error::Store(_) if !snag => bail!("laptop {number}: its store failed: {error}"),
            _ => Ok(()),
        }
    }

    /// A laptop loses power and starts again; with an old copy of its folder, if there is one to put back.
    ///
    /// # Errors
    /// When it does not open again.
    pub async fn restart_laptop(&mut self, number: usize, copy: Option<PathBuf>) -> Result<()> {
        self.trace.note(format!("laptop {number} restarts{}", if copy.is_some() { " from an old copy" } else { "" }));
        let at = self.folders.next("laptop");
        self.parked.remove(&number);
        self.caught.remove(&number);
        self.laptop_mut(number)?.reopen(at, copy.as_deref()).await?;
        self.drain(number)
    }

    /// What an exchange said while it was torn down counts no more.
    fn drain(&mut self, number: usize) -> Result<()> {
        while let Ok(event) = self.events.try_recv() {
            let of = match &event {
                Event::Asked(asked) => asked.laptop,
                Event::Ended { laptop, .. } => *laptop,
            };
            ensure!(of == number, "laptop {of} spoke out of turn");
        }
        Ok(())
    }

    /// HQ loses power and starts again.
    ///
    /// # Errors
    /// When it does not open again.
    pub async fn restart_hq(&mut self) -> Result<()> {
        self.trace.note("HQ restarts".to_owned());
        self.trace.count("HQ restarts");
        let at = self.folders.next("hq");
        let hq = self.hq.take().context("HQ is down")?;
        self.hq = Some(hq.crash(at).await?);
        if self.hq_full {
            // A start makes no room.
            self.hq()?.hq.storage().room_for(Some(0)).await?;
        }
        Ok(())
    }

    /// A value that nobody wrote before.
    pub fn value(&mut self, number: usize) -> String {
        self.values += 1;
        format!("L{number}-{}", self.values)
    }

    /// Ends everything.
    ///
    /// # Errors
    /// When HQ does not close.
    pub async fn close(&mut self) -> Result<()> {
        self.parked.clear();
        for laptop in std::mem::take(&mut self.laptops) {
            laptop.close().await;
        }
        match self.hq.take() {
            Some(hq) => hq.close().await,
            None => Ok(()),
        }
    }
}
