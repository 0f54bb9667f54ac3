//! Step 3: operations arrive, once each, in order. SYNC.md, "Push".

use super::{auth::Laptop, body, fault::Fault, turns::Place};
use crate::{
    hq::Inner,
    landing::{self, Arrived, Batch},
    storage::{Answered, Turn, Writing},
};
use axum::{
    Json,
    extract::{Request, State},
};
use doorstep_domain::Code;
use doorstep_wire::{Ack, Op, PushReply, RawPush};
use std::sync::Arc;

/// Highest sequence HQ takes: far beyond any laptop, and safe in every integer of a database.
const SEQ_MAX: u64 = 1 << 53;

/// `POST /v1/push`
pub async fn push(State(hq): State<Arc<Inner>>, laptop: Laptop, request: Request) -> Result<Json<PushReply>, Fault> {
    let place = hq.turns.join(laptop.0.number);
    let body = body::bytes(request, &hq).await?;
    let RawPush { incarnation, ops: texts } = RawPush::read(&body, hq.limits.push_ops_max as usize)?;
    let ops: Vec<Op> = texts.iter().map(|text| body::read(text.get().as_bytes())).collect::<Result<_, _>>()?;
    let arrived = ops.iter().zip(&texts).map(|(op, text)| Arrived::read(op, text.get())).collect();
    Ok(Json(take_in(&hq, &laptop, incarnation, arrived, place).await?))
}

/// Takes in what a laptop pushes, when its turn comes.
pub(crate) async fn take_in(
    hq: &Inner,
    laptop: &Laptop,
    incarnation: u32,
    arrived: Vec<Arrived<'_>>,
    place: Place,
) -> Result<PushReply, Fault> {
    check_form(&arrived, hq.limits.push_ops_max)?;
    let turn = place.turn().await;
    let mut writing = hq.storage.begin(Turn::Home(&laptop.home())).await?;
    let device = laptop.0.number;
    let standing = writing.standing(device, incarnation).await?;
    if incarnation < standing.incarnation {
        return Err(Fault::new(Code::DeviceForked, "a later incarnation of this laptop was here"));
    }
    if arrived.first().is_some_and(|first| first.op.seq > standing.acked_seq + 1) {
        // What comes before it may have been held up on its way.
        return Err(Fault::new(Code::OutOfOrder, format!("a gap: HQ has up to {}", standing.acked_seq)));
    }
    let (repeated, new): (Vec<_>, Vec<_>) = arrived.into_iter().partition(|a| a.op.seq <= standing.acked_seq);
    let mut answers = repeat(writing.as_mut(), device, incarnation, &repeated).await?;
    let mut acked_seq = standing.acked_seq;
    if let Some(last) = new.last() {
        acked_seq = last.op.seq;
        let batch =
            Batch { author: &laptop.author(incarnation), device, incarnation, ops: new, now: hq.surroundings.now() };
        let landed = landing::land(writing.as_mut(), batch).await?;
        writing.commit().await?;
        drop(turn);
        hq.metrics.landed(landed.iter().map(|answered| &answered.outcome));
        answers.extend(landed);
    }
    let acks = answers.into_iter().map(|a| Ack { seq: a.seq, outcome: a.outcome }).collect();
    Ok(PushReply { acked_seq, acks })
}

fn check_form(arrived: &[Arrived<'_>], ops_max: u32) -> Result<(), Fault> {
    if arrived.len() > ops_max as usize {
        return Err(Fault::new(Code::TooLarge, format!("more than {ops_max} operations")));
    }
    let in_order = arrived.windows(2).all(|pair| matches!(pair, [a, b] if b.op.seq == a.op.seq.wrapping_add(1)));
    if !in_order || arrived.iter().any(|arrived| !(1..=SEQ_MAX).contains(&arrived.op.seq)) {
        return Err(Fault::new(Code::Invalid, "sequences must begin at 1 and grow by one"));
    }
    Ok(())
}

/// Answers repeated operations from what is stored; another operation under the same sequence is a fork.
async fn repeat(
    writing: &mut dyn Writing,
    device: i64,
    incarnation: u32,
    repeated: &[Arrived<'_>],
) -> Result<Vec<Answered>, Fault> {
    let (Some(first), Some(last)) = (repeated.first(), repeated.last()) else { return Ok(Vec::new()) };
    let stored = writing.answered(device, incarnation, first.op.seq, last.op.seq).await?;
    let same = stored.len() == repeated.len() && stored.iter().zip(repeated).all(|(old, new)| new.repeats(old));
    let answers = stored.into_iter().map(|kept| kept.answered).collect();
    if same { Ok(answers) } else { Err(Fault::new(Code::DeviceForked, "another operation under the same sequence")) }
}
