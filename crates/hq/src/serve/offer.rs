//! After a restore: laptops offer what HQ lost, and ask which files it still has. SYNC.md, "After a restore".

use super::{
    attachments,
    auth::Laptop,
    body::{self, Received},
    fault::Fault,
};
use crate::{
    attachments::Have,
    hq::Inner,
    landing::{self, Offering},
    storage::Turn,
};
use axum::{
    Json,
    extract::{Request, State},
};
use doorstep_domain::{Code, attachment::check_hash};
use doorstep_wire::{Missing, MissingAsk, Offer, OfferReply, offer::MISSING_HASHES_MAX};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;

/// Most bytes of a question about files: 2,000 hashes.
pub const MISSING_BYTES_MAX: usize = 256 * 1024;
/// Files that are looked for at once.
const LOOKED_FOR_AT_ONCE: usize = 16;

/// `POST /v1/offer`
pub async fn offer(State(hq): State<Arc<Inner>>, laptop: Laptop, request: Request) -> Result<Json<OfferReply>, Fault> {
    let offer = Offer::read(&body::bytes(request, &hq).await?)?;
    let site = hq.storage.site().await?;
    if offer.site_epoch != site.epoch {
        return Err(Fault::new(Code::EpochChanged, "HQ has another epoch; say hello again"));
    }
    let offering = Offering {
        author: &laptop.author(laptop.0.incarnation),
        device: laptop.0.number,
        records: &offer.records,
        site: &site,
        now: hq.surroundings.now(),
    };
    let mut writing = hq.storage.begin(Turn::Home(&laptop.home())).await?;
    let reply = landing::land_offer(writing.as_mut(), &offering).await?;
    writing.commit().await?;
    tracing::info!(taken = reply.taken, refused = reply.refused.len(), "offer");
    Ok(Json(reply))
}

/// `POST /v1/attachments/missing`
pub async fn missing(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Received(asked): Received<MissingAsk>,
) -> Result<Json<Missing>, Fault> {
    if asked.hashes.len() > MISSING_HASHES_MAX {
        return Err(Fault::new(Code::TooLarge, format!("more than {MISSING_HASHES_MAX} hashes")));
    }
    for hash in &asked.hashes {
        check_hash(hash)?;
    }
    let looked_for = stream::iter(asked.hashes).map(async |hash| {
        // For what no record of the laptop names nothing would be taken: it is not asked for, wherever it is.
        match attachments::held(&hq, &laptop, &hash).await {
            Ok(Have::Whole(_)) => Ok(None),
            Ok(Have::Part(_)) => Ok(Some(hash)),
            Err(fault) if fault.code == Code::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    });
    let found: Vec<Option<String>> = looked_for.buffered(LOOKED_FOR_AT_ONCE).try_collect().await?;
    Ok(Json(Missing { missing: found.into_iter().flatten().collect() }))
}
