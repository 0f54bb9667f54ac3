//! Handing in what waits, batch by batch, in the order of its sequence.

use crate::{Error, Exchange, Result, Step, Summary, Transport};
use doorstep_domain::Code;
use doorstep_store::{Identity, Store};
use doorstep_wire::{Op, Outcome, Push, PushReply, limits::Limits};
use futures_util::{StreamExt, stream::FuturesOrdered};
use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    iter,
    pin::pin,
};

/// Most operations of the first batch.
const FIRST_OPS_MAX: u32 = 500;
/// Bytes of a push around its operations.
const ENVELOPE_BYTES: u32 = 1024;

/// Hands in everything that waits. Some batches are on their way at a time, and the one after them is read meanwhile; the
/// answers are stored in order. A cut costs at most those batches, and they are simply sent again: HQ knows what it has by
/// its sequence.
pub(crate) async fn push_all<T: Transport>(
    exchange: &Exchange<'_, T>,
    identity: &Identity,
    limits: Limits,
    summary: &mut Summary,
) -> Result<()> {
    exchange.enter(Step::Push, exchange.store.sync_counts().await?.waiting);
    let hand_in = |ops: Vec<Op>| async move {
        let push = Push { incarnation: identity.incarnation, ops };
        let reply = exchange.attempt(|| exchange.hq.push(&push)).await?;
        check(&push.ops, &reply)?;
        Ok::<_, Error>(reply)
    };
    let mut on_their_way = OnTheirWay::new();
    let (mut last, mut answered) = (0, None);
    let mut sizes = batch_sizes(limits.push_ops_max).map(|push_ops_max| Limits { push_ops_max, ..limits });
    let mut batch = sizes.next().unwrap_or(limits);
    let mut next = turn_over(exchange.store, batch, None, last).await?;
    loop {
        let goes = !next.is_empty() && on_their_way.len() < exchange.pushes_max.max(1);
        if goes {
            last = next.last().map_or(last, |op: &Op| op.seq);
            on_their_way.push(hand_in(next));
            next = Vec::new();
            batch = sizes.next().unwrap_or(limits);
        }
        if goes || answered.is_some() {
            let stored: Option<PushReply> = answered.take();
            let turned = on_their_way.beside(turn_over(exchange.store, batch, stored.as_ref(), last)).await;
            if turned.is_err() {
                // What is on its way comes to its end.
                while on_their_way.answer().await.is_some() {}
            }
            next = turned?;
        } else if let Some(reply) = on_their_way.answer().await {
            let reply = reply?;
            note(exchange, &reply, summary);
            answered = Some(reply);
        } else {
            return Ok(());
        }
    }
}

/// How many operations batches take at most, one after the other. They begin small, so that HQ soon has something to do
/// while the next is read, and grow to what HQ takes.
fn batch_sizes(ops_max: u32) -> impl Iterator<Item = u32> {
    iter::successors(Some(ops_max.min(FIRST_OPS_MAX)), move |size| Some(size.saturating_mul(2).min(ops_max)))
}

/// Requests on their way, oldest first, and answers that came while something else was done.
struct OnTheirWay<F: Future> {
    requests: FuturesOrdered<F>,
    answers: VecDeque<F::Output>,
}

impl<F: Future> OnTheirWay<F> {
    fn new() -> Self {
        Self { requests: FuturesOrdered::new(), answers: VecDeque::new() }
    }

    /// How many have not been looked at.
    fn len(&self) -> usize {
        self.requests.len() + self.answers.len()
    }

    fn push(&mut self, request: F) {
        self.requests.push_back(request);
    }

    /// Does `work` while they go on.
    async fn beside<R>(&mut self, work: impl Future<Output = R>) -> R {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(answer) = self.requests.next() => self.answers.push_back(answer),
            }
        }
    }

    /// Waits for the oldest; `None` when there is none.
    async fn answer(&mut self) -> Option<F::Output> {
        match self.answers.pop_front() {
            Some(answer) => Some(answer),
            None => self.requests.next().await,
        }
    }
}

/// Stores HQ's answers to a batch and takes the next one, after the sequence `last`, in one transaction. What HQ would not
/// take even alone is given up.
pub(crate) async fn turn_over(
    store: &Store,
    limits: Limits,
    answered: Option<&PushReply>,
    last: u64,
) -> Result<Vec<Op>> {
    let mut write = store.write().await?;
    if let Some(reply) = answered {
        write.acknowledge(&reply.acks).await?;
    }
    loop {
        let ops = write.take_waiting(last, limits.push_ops_max, limits.body_bytes_max - ENVELOPE_BYTES).await?;
        match ops.as_slice() {
            [op] if too_large(op, limits)? => write.give_up(op.seq, Code::TooLarge).await?,
            _ => {
                write.commit().await?;
                return Ok(ops);
            }
        }
    }
}

/// Whether HQ takes no body that holds this operation, even alone. It would wait for ever, and all behind it.
fn too_large(op: &Op, limits: Limits) -> Result<bool> {
    let json = serde_json::to_vec(op).map_err(|e| Error::Fault(e.into()))?;
    Ok(json.len() > (limits.body_bytes_max - ENVELOPE_BYTES) as usize)
}

/// HQ answers each operation once, and nothing else.
fn check(ops: &[Op], reply: &PushReply) -> Result<()> {
    let asked: BTreeSet<u64> = ops.iter().map(|op| op.seq).collect();
    let answered: BTreeSet<u64> = reply.acks.iter().map(|ack| ack.seq).collect();
    if asked != answered || reply.acks.len() != ops.len() {
        return Err(Error::Unfit("answers of a push are not for its operations"));
    }
    if asked.last().is_some_and(|last| *last > reply.acked_seq) {
        return Err(Error::Unfit("HQ answered operations that it does not acknowledge"));
    }
    check_versions(reply)
}

/// No version beyond what can be stored.
pub(crate) fn check_versions(reply: &PushReply) -> Result<()> {
    let beyond =
        |outcome: &Outcome| matches!(outcome, Outcome::Accepted { version, .. } if i64::try_from(*version).is_err());
    if reply.acks.iter().any(|ack| beyond(&ack.outcome)) {
        return Err(Error::Unfit("a version that cannot be"));
    }
    Ok(())
}

fn note<T: Transport>(exchange: &Exchange<'_, T>, reply: &PushReply, summary: &mut Summary) {
    count(reply, summary);
    exchange.progress.send_modify(|p| {
        p.done += reply.acks.len() as u64;
        p.total = p.total.max(p.done);
        p.sent = summary.sent;
    });
}

/// Counts what HQ answered.
pub(crate) fn count(reply: &PushReply, summary: &mut Summary) {
    for ack in &reply.acks {
        match &ack.outcome {
            Outcome::Accepted { conflicts, .. } => summary.conflicts += conflicts.len() as u64,
            Outcome::Refused { code, detail } => {
                tracing::info!(seq = ack.seq, ?code, detail, "HQ refused an operation");
                summary.refused += 1;
            }
        }
    }
    summary.sent += reply.acks.len() as u64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::{Kind, id::RecordId};
    use doorstep_wire::Ack;
    use std::collections::BTreeMap;

    fn op(seq: u64) -> Op {
        let at = "2026-11-23T08:00:00Z".parse().unwrap();
        Op {
            seq,
            kind: Kind::VISIT,
            id: RecordId::new(at, [7; 10]),
            fields: BTreeMap::new(),
            seen: 0,
            seen_visit: 0,
            at,
        }
    }

    fn ack(seq: u64) -> Ack {
        Ack { seq, outcome: Outcome::Accepted { version: 9, conflicts: vec![] } }
    }

    #[test]
    fn batches_grow_to_what_hq_takes() {
        assert!(batch_sizes(2_000).take(5).eq([500, 1_000, 2_000, 2_000, 2_000]));
        assert!(batch_sizes(3).take(3).eq([3, 3, 3]));
    }

    #[test]
    fn answers_fit_when_each_operation_has_one() {
        let refused = Ack { seq: 2, outcome: Outcome::Refused { code: Code::Missing, detail: String::new() } };
        check(&[op(1), op(2)], &PushReply { acked_seq: 2, acks: vec![ack(1), refused] }).unwrap();
    }

    #[test]
    fn answers_that_are_too_few_too_many_or_for_others_are_refused() {
        let ops = [op(1), op(2)];
        for acks in [vec![ack(1)], vec![ack(1), ack(2), ack(3)], vec![ack(1), ack(3)], vec![ack(1), ack(2), ack(2)]] {
            assert!(matches!(check(&ops, &PushReply { acked_seq: 2, acks }), Err(Error::Unfit(_))));
        }
    }

    #[test]
    fn an_answer_without_acknowledgement_is_refused() {
        assert!(matches!(check(&[op(2)], &PushReply { acked_seq: 1, acks: vec![ack(2)] }), Err(Error::Unfit(_))));
    }

    #[test]
    fn a_version_beyond_what_can_be_stored_is_refused() {
        let acks = vec![Ack { seq: 1, outcome: Outcome::Accepted { version: u64::MAX, conflicts: vec![] } }];
        assert!(matches!(check(&[op(1)], &PushReply { acked_seq: 1, acks }), Err(Error::Unfit(_))));
    }
}
