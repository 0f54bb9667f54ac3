//! Laptops that are not what they were: put back from a copy, run twice, enrolled anew.

use crate::{
    chance::Chance,
    folder, ground,
    laptop::Laptop,
    temper::Fate,
    world::{Typed, World},
};
use anyhow::{Result, bail, ensure};
use chrono::TimeDelta;
use std::path::PathBuf;

/// Most copies of laptops that run beside them.
const CLONES_MAX: usize = 1;

/// A copy of a laptop's folder, with what had been typed by then.
#[derive(Debug, Clone)]
pub struct OldCopy {
    /// The folder.
    pub folder: PathBuf,
    /// What had been typed.
    pub typed: Typed,
}

impl World {
    /// Somebody copies a laptop's folder.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn copy(&mut self, number: usize) -> Result<()> {
        // Copies of failing disks would carry the failure along, and tell nothing more.
        if self.snagged.contains(&number) {
            return Ok(());
        }
        self.trace.note(format!("laptop {number} is copied"));
        let folder = self.folders.next("copy");
        folder::copy_as_left(&self.laptop(number)?.folder, &folder)?;
        let typed = self.typed.get(number).cloned().unwrap_or_default();
        self.copies.insert(number, OldCopy { folder, typed });
        Ok(())
    }

    /// Somebody puts the copy back.
    ///
    /// # Errors
    /// When the laptop does not open.
    pub async fn put_back(&mut self, number: usize) -> Result<()> {
        let Some(OldCopy { folder, typed }) = self.copies.get(&number).cloned() else { return Ok(()) };
        self.trace.count("laptops put back from a copy");
        self.copied(number).await?;
        self.restart_laptop(number, Some(folder)).await?;
        self.snagged.remove(&number);
        self.ledger.gone_from(number);
        self.forked.remove(&number);
        let hq = self.hq()?;
        // Bytes that HQ did not have by now may have gone with what was there.
        let (kept, lost) = self.files.iter().cloned().partition(|(hash, ..)| hq.whole(hash).exists());
        self.files = kept;
        self.lost_files.extend(lost);
        if let Some(now) = self.typed.get_mut(number) {
            // What was typed since is gone from the laptop, whether or not HQ has it.
            now.retain(|place, value| typed.get(place) == Some(value));
        }
        // The copy may be of a time before it was enrolled anew.
        self.know(number).await
    }

    /// Somebody runs the copy on another machine.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn clone_laptop(&mut self, number: usize) -> Result<()> {
        let clones = self.laptops.iter().filter(|laptop| laptop.key_of != laptop.number).count();
        let Some(OldCopy { folder, typed }) = self.copies.get(&number).cloned() else { return Ok(()) };
        if clones >= CLONES_MAX {
            return Ok(());
        }
        let twin = self.laptops.len();
        self.trace.note(format!("laptop {twin} is a copy of {number}"));
        self.trace.count("laptops that run twice");
        self.copied(number).await?;
        let at = self.folders.next("laptop");
        folder::copy_as_left(&folder, &at)?;
        let key_of = self.laptop(number)?.key_of;
        let chance = Chance::new(&format!("twin {}", self.chance.below(usize::MAX)));
        let twin = Laptop::copy_of(twin, key_of, at, chance, &self.clock, TimeDelta::zero()).await?;
        self.laptops.push(twin);
        self.typed.push(typed);
        Ok(())
    }

    /// From now on two stores may speak for one device.
    async fn copied(&mut self, number: usize) -> Result<()> {
        let device = self.laptop(number)?.identity().await?.device_id.to_string();
        self.ledger.copied.insert(device);
        Ok(())
    }

    /// Laptops that were told are enrolled anew.
    ///
    /// # Errors
    /// A finding.
    pub async fn enrol_forked(&mut self) -> Result<()> {
        for number in std::mem::take(&mut self.forked) {
            if self.laptop(number)?.exchanges() || self.snagged.contains(&number) || self.hq_fails() {
                self.forked.insert(number);
                continue;
            }
            // An HQ that was restored since may know it again.
            if self.laptop(number)?.store.identity_refused().await?.is_none() {
                continue;
            }
            self.trace.note(format!("laptop {number} is enrolled anew"));
            self.trace.count("laptops enrolled anew");
            let branch = self.laptop(number)?.identity().await?.branch_id.to_string();
            let at = self.branches.iter().position(|id| *id == branch).unwrap_or(0);
            let code = *["CD", "NJ"].get(at).unwrap_or(&"CD");
            ground::enrol(self.hq()?, self.laptop(number)?, code).await?;
            self.know(number).await?;
        }
        Ok(())
    }

    /// Every machine says hello until each is taken for itself: of two that share an identity one is enrolled anew.
    ///
    /// # Errors
    /// A finding.
    pub async fn settle_identities(&mut self) -> Result<()> {
        if self.copies.is_empty() && self.ledger.restores.is_empty() {
            return Ok(());
        }
        let mut well = 0;
        for _ in 0..8 {
            for number in 0..self.laptops.len() {
                self.begin_exchange(number).await?;
                for _ in 0..1_000 {
                    if self.parked.contains_key(&number) {
                        self.deliver_as(number, Fate::Pass).await?;
                    }
                }
                ensure!(!self.parked.contains_key(&number), "an exchange does not end");
            }
            // A new life is known to a twin only when that one says hello again.
            well = if self.forked.is_empty() { well + 1 } else { 0 };
            if well == 2 {
                return Ok(());
            }
            self.enrol_forked().await?;
        }
        bail!("laptops are told again and again that they are copies: {:?}", self.forked)
    }
}
