//! The simulator: laptops and an HQ on the real store, sync and HQ code, with a scheduler of our own, and every fault
//! that a line, a disk or a person can make. A run follows from its seed alone.
//!
//! It knows SYNC.md and checks what it says from outside. It never helps the system along, and reads neither clock nor
//! chance of the machine.

mod acts;
mod beneath;
mod chance;
mod deliver;
mod folder;
mod ground;
mod headquarters;
mod laptop;
mod ledger;
mod line;
mod lives;
mod restore;
mod temper;
mod trace;
mod trespass;
mod verdict;
mod work;
mod world;

pub use ground::Ground;
pub use trace::Trace;

use anyhow::Result;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use world::World;

/// How a run ended.
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// What was found, if anything.
    pub finding: Option<String>,
    /// What happened.
    pub trace: Trace,
}

/// Plays the run of a seed.
///
/// # Errors
/// When the simulator itself fails.
pub async fn run(ground: &Ground, seed: u64) -> Result<Run> {
    let mut world = World::begin(ground, seed).await?;
    // A panic in the code under test is a finding like any other.
    let played = AssertUnwindSafe(play(&mut world)).catch_unwind().await;
    let finding = match played {
        Ok(Ok(())) => None,
        Ok(Err(finding)) => Some(format!("{finding:#}")),
        Err(_) => Some("a panic".to_owned()),
    };
    world.close().await?;
    Ok(Run { seed, finding, trace: std::mem::take(&mut world.trace) })
}

async fn play(world: &mut World) -> Result<()> {
    world.live().await?;
    world.quiet().await?;
    world.judge().await
}
