//! The course of a run: what happens next, until the time for quiet comes.

use crate::{
    beneath::{self, Snag},
    temper::{Act, Fate},
    world::World,
};
use anyhow::{Result, bail, ensure};

/// Tables of a laptop whose rows can be refused.
const TABLES: [&str; 7] = ["record", "outbox", "outbox_fields", "cursor", "blob", "meta", "sync_run"];
/// Tables of HQ.
const TABLES_OF_HQ: [&str; 6] = ["record", "entry", "feed", "operation", "site", "device"];
/// Rounds of exchanges within which everything has to come to rest.
const ROUNDS_MAX: usize = 8;
/// Requests within which an exchange has to end.
const REQUESTS_MAX: usize = 1_000;

impl World {
    /// Everything that happens until the time for quiet.
    ///
    /// # Errors
    /// A finding.
    pub async fn live(&mut self) -> Result<()> {
        for _ in 0..self.temper.steps {
            let act = self.chance.weighed(&self.temper.acts).unwrap_or(Act::Work);
            let number = self.chance.below(self.laptops.len());
            self.act(act, number).await?;
        }
        if self.temper.loses_a_day { self.lose_a_day().await } else { Ok(()) }
    }

    async fn act(&mut self, act: Act, number: usize) -> Result<()> {
        match act {
            Act::Work => self.work(number).await,
            Act::Begin if self.laptop(number)?.exchanges() => Ok(()),
            Act::Begin => self.begin_exchange(number).await,
            Act::Deliver => {
                let waiting: Vec<usize> = self.parked.keys().copied().collect();
                match self.chance.pick(&waiting) {
                    Some(number) => self.deliver(*number).await,
                    None => Ok(()),
                }
            }
            Act::LateComes => self.late_comes().await,
            Act::HqWork => self.work_at_hq().await,
            Act::PowerCut => {
                self.trace.count("laptops that lost power");
                self.restart_laptop(number, None).await
            }
            Act::Snag => self.lay_snag(number).await,
            Act::Fill => self.fill(number).await,
            Act::HqSnag => self.lay_hq_snag().await,
            Act::HqFill => self.fill_hq().await,
            Act::Repair => self.repair().await,
            Act::Copy => self.copy(number),
            Act::Restore => self.put_back(number).await,
            Act::Clone => self.clone_laptop(number).await,
            Act::Enrol => self.enrol_forked().await,
            Act::Pry => self.pry(number).await,
            Act::Backup => self.back_up().await,
            Act::RestoreHq => self.restore_hq().await,
            Act::Pause => {
                let seconds = self.chance.below(100_000);
                self.clock.pass(seconds);
                Ok(())
            }
        }
    }

    fn draw_snag(&self, tables: &[&'static str]) -> Snag {
        let table = self.chance.pick(tables).copied().unwrap_or("record");
        let on = self.chance.pick(&["INSERT", "UPDATE", "DELETE"]).copied().unwrap_or("INSERT");
        let has_id = ["record", "outbox", "entry"].contains(&table);
        let digits = if has_id && self.chance.happens(600) { Some("02468ace") } else { None };
        Snag { table, on, digits }
    }

    async fn lay_snag(&mut self, number: usize) -> Result<()> {
        if self.snagged.contains(&number) {
            return Ok(());
        }
        let snag = self.draw_snag(&TABLES);
        self.trace.note(format!("laptop {number}'s disk fails: {snag:?}"));
        self.trace.count("disks that failed");
        self.laptop(number)?.lay(&snag).await?;
        self.snagged.insert(number);
        Ok(())
    }

    /// A laptop's disk has room for a few pages more, or for none.
    async fn fill(&mut self, number: usize) -> Result<()> {
        if self.snagged.contains(&number) {
            return Ok(());
        }
        let pages = u32::try_from(self.chance.below(4))?;
        self.trace.note(format!("laptop {number}'s disk has room for {pages} pages"));
        self.trace.count("disks that filled up");
        self.laptop(number)?.store.room_for(Some(pages)).await?;
        self.snagged.insert(number);
        Ok(())
    }

    /// HQ's disk has room for a few pages more, or for none.
    async fn fill_hq(&mut self) -> Result<()> {
        if self.hq_fails() {
            return Ok(());
        }
        let pages = u32::try_from(self.chance.below(4))?;
        self.trace.note(format!("HQ's disk has room for {pages} pages"));
        self.trace.count("HQ's disks that filled up");
        self.hq()?.hq.storage().room_for(Some(pages)).await?;
        self.hq_full = true;
        Ok(())
    }

    async fn lay_hq_snag(&mut self) -> Result<()> {
        if self.hq_fails() {
            return Ok(());
        }
        let snag = self.draw_snag(&TABLES_OF_HQ);
        self.trace.note(format!("HQ's disk fails: {snag:?}"));
        self.trace.count("HQ's disks that failed");
        let mut connection = beneath::open(&self.hq()?.database(), None).await?;
        beneath::lay(&mut connection, &snag).await?;
        self.hq_snagged = true;
        beneath::close(connection).await
    }

    /// Every disk works again. Now and then the power goes first.
    ///
    /// # Errors
    /// When a laptop or HQ does not open again.
    pub async fn repair(&mut self) -> Result<()> {
        for number in std::mem::take(&mut self.snagged) {
            if self.chance.happens(500) {
                self.restart_laptop(number, None).await?;
            }
            if self.laptop(number)?.exchanges() {
                self.caught.insert(number);
            }
            self.laptop(number)?.lift().await?;
            self.laptop(number)?.store.room_for(None).await?;
            self.trace.note(format!("laptop {number}'s disk works"));
        }
        if std::mem::take(&mut self.hq_snagged) {
            if self.chance.happens(300) {
                self.restart_hq().await?;
            }
            let mut connection = beneath::open(&self.hq()?.database(), None).await?;
            beneath::lift(&mut connection).await?;
            beneath::close(connection).await?;
            self.trace.note("HQ's disk works".to_owned());
        }
        if std::mem::take(&mut self.hq_full) {
            if self.chance.happens(300) {
                self.restart_hq().await?;
            }
            self.hq()?.hq.storage().room_for(None).await?;
            self.trace.note("HQ's disk has room again".to_owned());
        }
        Ok(())
    }

    /// No more trouble and no more work: everything that waits goes through, until nothing waits.
    ///
    /// # Errors
    /// A finding.
    pub async fn quiet(&mut self) -> Result<()> {
        self.trace.note("quiet".to_owned());
        self.repair().await?;
        self.late.clear();
        for number in 0..self.laptops.len() {
            for _ in 0..REQUESTS_MAX {
                if self.parked.contains_key(&number) {
                    self.deliver_as(number, Fate::Pass).await?;
                }
            }
        }
        self.settle_identities().await?;
        for _ in 0..ROUNDS_MAX {
            let before = self.requests;
            for number in 0..self.laptops.len() {
                self.exchange_well(number).await?;
            }
            if self.requests - before == self.laptops.len() as u64 {
                return Ok(());
            }
        }
        bail!("it does not come to rest within {ROUNDS_MAX} rounds of exchanges")
    }

    /// An exchange over a line that works goes through.
    ///
    /// # Errors
    /// A finding.
    pub async fn exchange_well(&mut self, number: usize) -> Result<()> {
        let through = |world: &Self| world.trace.counts().get("exchanges that went through").copied().unwrap_or(0);
        let before = through(self);
        self.begin_exchange(number).await?;
        for _ in 0..REQUESTS_MAX {
            if !self.parked.contains_key(&number) {
                break;
            }
            self.deliver_as(number, Fate::Pass).await?;
        }
        ensure!(!self.parked.contains_key(&number), "an exchange does not end within {REQUESTS_MAX} requests");
        let story = self.trace.lines().last().cloned().unwrap_or_default();
        ensure!(through(self) == before + 1, "an exchange over a good line does not go through: {story}");
        Ok(())
    }
}
