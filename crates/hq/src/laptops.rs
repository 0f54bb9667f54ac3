//! Laptops as HQ's people see them; and switching one off, or having it wiped, which takes two of them.

use crate::{
    enrolment::device_code,
    error::Error,
    hq::Hq,
    names::Names,
    rights::{By, Person, Right},
    storage::{Device, Wipe, WipeStep},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Refusal,
    id::{BranchId, DeviceId, EngineerId},
    record,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a laptop stands with HQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It syncs.
    Active,
    /// It was switched off.
    Revoked,
    /// Somebody asked that it be wiped; another has to confirm it.
    WipeAsked,
    /// It is to be wiped, and has not asked since.
    WipeOrdered,
    /// It was told, and destroys what it has.
    Wiped,
}

/// A wipe, with who and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WipeEntry {
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// The account that asked.
    pub asked_by: String,
    /// Why.
    pub reason: String,
    /// When another account confirmed it.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Which.
    pub confirmed_by: Option<String>,
    /// When the laptop was first told.
    pub told_at: Option<DateTime<Utc>>,
}

/// A laptop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaptopEntry {
    /// Its short name, as on papers.
    pub code: String,
    /// Its id.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Its branch.
    pub branch_id: BranchId,
    /// The branch's code.
    pub branch: Option<String>,
    /// Who uses it.
    pub engineer_id: EngineerId,
    /// Their name.
    pub engineer: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Version of its app, as it last said.
    pub app_version: String,
    /// When it was enrolled.
    pub enrolled_at: DateTime<Utc>,
    /// When it last began an exchange.
    pub seen_at: Option<DateTime<Utc>>,
    /// Operations that it had then and HQ has not got since; absent for one that was never there. What its engineer wrote
    /// afterwards nobody can know.
    pub waiting: Option<u64>,
    /// Its clock less HQ's, as it last said.
    pub clock_off_ms: Option<i64>,
    /// When it was switched off.
    pub revoked_at: Option<DateTime<Utc>>,
    /// It is to be wiped.
    pub wipe: Option<WipeEntry>,
}

/// Some of the laptops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Laptops {
    /// The laptops, in the order in which they were enrolled.
    pub laptops: Vec<LaptopEntry>,
    /// Where the next page begins; absent on the last.
    pub next: Option<i64>,
}

impl From<Wipe> for WipeEntry {
    fn from(wipe: Wipe) -> Self {
        let Wipe { asked_at, asked_by, reason, confirmed, told_at } = wipe;
        let (confirmed_at, confirmed_by) = confirmed.unzip();
        Self { asked_at, asked_by, reason, confirmed_at, confirmed_by, told_at }
    }
}

fn standing(device: &Device) -> Standing {
    match &device.wipe {
        Some(Wipe { confirmed: Some(_), told_at: Some(_), .. }) => Standing::Wiped,
        Some(Wipe { confirmed: Some(_), .. }) => Standing::WipeOrdered,
        Some(_) => Standing::WipeAsked,
        None if device.revoked_at.is_some() => Standing::Revoked,
        None => Standing::Active,
    }
}

impl Hq {
    /// Laptops after a number, of one branch or of all that the asker sees.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::OutOfScope`], [`Error::Storage`].
    pub async fn laptops(
        &self,
        by: By<'_>,
        branch: Option<BranchId>,
        after: i64,
        count_max: u32,
    ) -> Result<Laptops, Error> {
        if branch.is_some() {
            by.sees(branch)?;
        }
        let branch = branch.or(by.branch());
        let mut devices = self.inner.storage.devices().await?;
        devices.retain(|device| device.number > after && branch.is_none_or(|branch| device.branch_id == branch));
        let more = devices.len() > count_max as usize;
        devices.truncate(count_max as usize);
        let next = devices.last().map(|device| device.number).filter(|_| more);
        Ok(Laptops { laptops: self.entries(devices).await?, next })
    }

    async fn entries(&self, devices: Vec<Device>) -> Result<Vec<LaptopEntry>, Error> {
        let names = Names::of(self, devices.iter().map(|device| device.engineer_id).collect()).await?;
        let acked: BTreeMap<i64, u64> = self.inner.storage.acked().await?.into_iter().collect();
        let entry = |device: Device| LaptopEntry {
            code: device_code(device.number),
            standing: standing(&device),
            branch: names.branch(device.branch_id),
            engineer: names.engineer(device.engineer_id),
            waiting: device
                .seen_at
                .map(|_| device.last_seq.saturating_sub(acked.get(&device.number).copied().unwrap_or(0))),
            id: device.id,
            name: device.name,
            branch_id: device.branch_id,
            engineer_id: device.engineer_id,
            app_version: device.app_version,
            enrolled_at: device.enrolled_at,
            seen_at: device.seen_at,
            clock_off_ms: device.clock_off_ms,
            revoked_at: device.revoked_at,
            wipe: device.wipe.map(WipeEntry::from),
        };
        Ok(devices.into_iter().map(entry).collect())
    }

    /// One laptop.
    ///
    /// # Errors
    /// [`Error::NoLaptop`], [`Error::Refused`] with [`Code::OutOfScope`], [`Error::Storage`].
    pub async fn laptop_entry(&self, by: By<'_>, code: &str) -> Result<LaptopEntry, Error> {
        let device = self.laptop(code).await?;
        by.sees(Some(device.branch_id))?;
        let entry = self.entries(vec![device]).await?.pop();
        entry.ok_or_else(|| Error::NoLaptop(code.to_owned()))
    }

    /// A laptop that somebody may switch off or have wiped.
    async fn theirs(&self, by: By<'_>, right: Right, code: &str) -> Result<Device, Error> {
        by.may(right)?;
        let device = self.laptop(code).await?;
        by.sees(Some(device.branch_id))?;
        Ok(device)
    }

    /// Switches a laptop off: HQ answers it `device_revoked` from now on.
    ///
    /// # Errors
    /// [`Error::NoLaptop`], [`Error::Refused`] with [`Code::OutOfScope`], [`Error::Storage`].
    pub async fn revoke(&self, by: By<'_>, code: &str) -> Result<LaptopEntry, Error> {
        let device = self.theirs(by, Right::SwitchOff, code).await?;
        self.noted(by, "revoke", &device_code(device.number)).await?;
        self.inner.storage.revoke(device.number, self.inner.surroundings.now()).await?;
        self.laptop_entry(by, code).await
    }

    /// Asks that a laptop be wiped. Another account has to confirm it.
    ///
    /// # Errors
    /// [`Error::NoLaptop`], [`Error::Refused`] with [`Code::OutOfScope`], for the reason as [`record::check_reason`], or, where
    /// somebody has asked, [`Code::WrongState`].
    pub async fn ask_wipe(&self, by: &Person, code: &str, reason: &str) -> Result<LaptopEntry, Error> {
        let reason = reason.trim();
        record::check_reason(reason, "reason")?;
        let device = self.theirs(By::Account(by), Right::SwitchOff, code).await?;
        self.step(by, &device, WipeStep::Ask { by: &by.name, reason }, "somebody has asked for it already").await?;
        let subject = format!("{}: {reason}", device_code(device.number));
        self.noted(By::Account(by), "wipe ask", &subject).await?;
        self.laptop_entry(By::Account(by), code).await
    }

    /// Confirms that a laptop be wiped, as another than the one who asked: it is switched off, and destroys what it has when
    /// it next speaks to HQ.
    ///
    /// # Errors
    /// [`Error::NoLaptop`], [`Error::Refused`] with [`Code::OutOfScope`], also for the one who asked, or
    /// [`Code::WrongState`] where nobody has asked, or it is confirmed.
    pub async fn confirm_wipe(&self, by: &Person, code: &str) -> Result<LaptopEntry, Error> {
        let device = self.theirs(By::Account(by), Right::House, code).await?;
        if device.wipe.as_ref().is_some_and(|wipe| wipe.asked_by == by.name) {
            return Err(Refusal::new(Code::OutOfScope, "another person than the one who asked has to confirm").into());
        }
        self.step(by, &device, WipeStep::Confirm { by: &by.name }, "nobody has asked for it, or it is confirmed")
            .await?;
        self.noted(By::Account(by), "wipe confirm", &device_code(device.number)).await?;
        self.laptop_entry(By::Account(by), code).await
    }

    /// Takes the asking back, before it was confirmed.
    ///
    /// # Errors
    /// As [`Hq::ask_wipe`].
    pub async fn withdraw_wipe(&self, by: &Person, code: &str) -> Result<LaptopEntry, Error> {
        let device = self.theirs(By::Account(by), Right::SwitchOff, code).await?;
        self.step(by, &device, WipeStep::Withdraw, "nobody has asked for it, or it is confirmed").await?;
        self.noted(By::Account(by), "wipe withdraw", &device_code(device.number)).await?;
        self.laptop_entry(By::Account(by), code).await
    }

    async fn step(&self, by: &Person, device: &Device, step: WipeStep<'_>, else_why: &str) -> Result<(), Error> {
        let now = self.inner.surroundings.now();
        if self.inner.storage.wipe(device.number, step, now).await? {
            tracing::warn!(device = device.number, by = by.name, "wipe");
            Ok(())
        } else {
            Err(Refusal::new(Code::WrongState, else_why).into())
        }
    }

    /// Writes into the trail.
    pub(crate) async fn noted(&self, by: By<'_>, action: &str, subject: &str) -> Result<(), Error> {
        Ok(self.inner.storage.audit(self.inner.surroundings.now(), by.name(), action, subject).await?)
    }
}
