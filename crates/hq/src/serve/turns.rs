//! Pushes of one laptop land one after the other, in the order in which they began to arrive: while one is stored, the
//! next is read.

use futures_util::{FutureExt, future::BoxFuture};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// The laptops' queues, by their numbers.
#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>);

/// A place in a laptop's queue. Dropping it leaves the queue.
pub enum Place {
    /// Nobody is before it.
    Turn(OwnedMutexGuard<()>),
    /// Somebody is.
    Behind(BoxFuture<'static, OwnedMutexGuard<()>>),
}

impl Turns {
    /// Takes the next place in a laptop's queue.
    pub fn join(&self, laptop: i64) -> Place {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The lock is handed on in the order in which it was first asked for.
        let mut turn = Arc::clone(queues.entry(laptop).or_default()).lock_owned().boxed();
        match (&mut turn).now_or_never() {
            Some(turn) => Place::Turn(turn),
            None => Place::Behind(turn),
        }
    }
}

impl Place {
    /// Waits until those before it are done. The turn ends when what comes back is dropped.
    pub async fn turn(self) -> OwnedMutexGuard<()> {
        match self {
            Self::Turn(turn) => turn,
            Self::Behind(turn) => turn.await,
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Turn(_)) { "Turn" } else { "Behind" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_of_a_laptop_come_in_the_order_of_its_places() {
        let turns = Turns::default();
        let (first, second, third) = (turns.join(1), turns.join(1), turns.join(1));
        assert!(matches!((&first, &second, &third), (Place::Turn(_), Place::Behind(_), Place::Behind(_))));
        let mut third = third.turn().boxed();
        assert!((&mut third).now_or_never().is_none(), "the second is before it");
        drop(first);
        assert!((&mut third).now_or_never().is_none(), "whoever asks first");
        drop(second.turn().await);
        third.await;
    }

    #[tokio::test]
    async fn whoever_leaves_the_queue_holds_nobody_up() {
        let turns = Turns::default();
        let (first, second, third) = (turns.join(1), turns.join(1), turns.join(1));
        drop(second);
        drop(first);
        third.turn().await;
    }

    #[tokio::test]
    async fn laptops_do_not_wait_for_one_another() {
        let turns = Turns::default();
        let _first = turns.join(1);
        assert!(matches!(turns.join(2), Place::Turn(_)));
    }
}
