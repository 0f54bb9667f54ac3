//! Step 2: who, what version, and where each side stands. SYNC.md, "Hello".

use super::{auth::Laptop, body::Received, enrol::APP_VERSION_CHARS_MAX, fault::Fault};
use crate::{
    hq::Inner,
    storage::{Sighting, Turn},
};
use axum::{Json, extract::State};
use doorstep_domain::Code;
use doorstep_wire::{Hello, HelloReply, Lost, PROTOCOL, PROTOCOL_MIN, floor};
use std::sync::Arc;

/// How a hello came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Over the line: the laptop speaks now.
    Line,
    /// In its file: it spoke when the file was written.
    File,
    /// In a file that a person hands in: it says nothing of where the laptop is.
    Hand,
}

/// `POST /v1/hello`
pub async fn hello(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Received(hello): Received<Hello>,
) -> Result<Json<HelloReply>, Fault> {
    Ok(Json(answered(&hq, &laptop, hello, Came::Line).await?))
}

/// The answer to a hello, which is noted with its laptop.
///
/// # Errors
/// [`Code::VersionUnsupported`], [`Code::TooLarge`], [`Code::DeviceForked`], or the storage's.
pub async fn answered(hq: &Inner, laptop: &Laptop, hello: Hello, came: Came) -> Result<HelloReply, Fault> {
    if hello.protocol < PROTOCOL_MIN {
        return Err(Fault::new(Code::VersionUnsupported, "the app is too old for this HQ; update it"));
    }
    if hello.app_version.chars().count() > APP_VERSION_CHARS_MAX {
        return Err(Fault::new(Code::TooLarge, "app_version"));
    }
    if hello.incarnation < laptop.0.incarnation {
        return Err(Fault::new(Code::DeviceForked, "a later incarnation of this laptop was here"));
    }
    let now = hq.surroundings.now();
    let sighting = Sighting {
        number: laptop.0.number,
        incarnation: hello.incarnation,
        app_version: hello.app_version,
        last_seq: hello.last_seq,
        clock_off_ms: (came == Came::Line).then(|| (hello.clock - now).num_milliseconds()),
        // Of a clock that is ahead a file would be from later than now.
        at: if came == Came::Line { now } else { hello.clock.min(now) },
    };
    let standing = if came == Came::Hand {
        hq.storage.begin(Turn::Hq).await?.standing(sighting.number, sighting.incarnation).await?
    } else {
        hq.storage.sighted(&sighting).await?
    };
    let feeds = laptop.feeds();
    let tops = hq.storage.tops(&feeds).await?;
    let site = hq.storage.site().await?;
    hq.metrics.exchanged();
    let restored = site.epoch > hello.site_epoch;
    let lost = site.restores.iter().map(|restore| Lost { from: restore.from, floor: floor(restore.epoch) });
    let next_key = site.next_key.map(|key| key.fingerprint).filter(|next| Some(*next) != site.key_fingerprint);
    let next_address = site.next_address.map(|next| next.address).filter(|next| Some(next) != site.address.as_ref());
    Ok(HelloReply {
        protocol: hello.protocol.min(PROTOCOL),
        site_epoch: site.epoch,
        acked_seq: standing.acked_seq,
        clock: now,
        limits: hq.limits,
        feeds: feeds.iter().cloned().zip(tops.iter().map(|top| top.position)).collect(),
        incarnation: standing.incarnation,
        lost: lost.filter(|_| restored).collect(),
        next_key: next_key.map(hex::encode),
        next_address,
        branch_id: Some(laptop.0.branch_id),
        roots: feeds.into_iter().zip(tops).map(|(feed, top)| (feed, top.root)).collect(),
    })
}
