//! Hello, and what follows from it before data moves: a new life after an old copy of this store was put back or HQ was
//! restored, another branch, feeds that are left.

use crate::{
    Error, Exchange, NewLife, Next, Plan, Result, Standing, Summary, Surroundings, Transport, plan::plan,
    run::APP_VERSION, transport::is_address,
};
use doorstep_domain::{describe, noun::Audience};
use doorstep_store::{Identity, Store};
use doorstep_wire::{Hello, HelloReply, PROTOCOL};
use std::collections::BTreeMap;

/// New lives that one exchange may begin: one because HQ was restored, one because this store is an old copy as well.
const LIVES_MAX: u32 = 2;

/// An exchange that has been opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Who this laptop is from now on.
    pub(crate) identity: Identity,
    /// What HQ said.
    pub(crate) reply: HelloReply,
    /// What there is to do.
    pub(crate) plan: Plan,
}

/// Says hello, as often as a new life has to begin.
pub(crate) async fn open<T: Transport>(exchange: &Exchange<'_, T>, summary: &mut Summary) -> Result<Opened> {
    for _ in 0..=LIVES_MAX {
        let (identity, standing, reply) = hello(exchange, summary).await?;
        match plan(&reply, &standing)? {
            Next::BeginAnew(life) => begin(exchange.store, &identity, life).await?,
            Next::Exchange(plan) => {
                let identity = settle_in(exchange, identity, &reply, &plan, summary).await?;
                return Ok(Opened { identity, reply, plan });
            }
        }
    }
    Err(Error::Forked)
}

/// Opens the exchange once more under a new life: HQ found other operations under this store's sequences. Whether a twin
/// of this laptop went on in a later life, HQ says first (`device_forked`), and nothing is begun then.
pub(crate) async fn open_anew<T: Transport>(exchange: &Exchange<'_, T>, summary: &mut Summary) -> Result<Opened> {
    let (identity, standing, reply) = hello(exchange, summary).await?;
    begin(exchange.store, &identity, NewLife::after(&reply, &standing)).await?;
    open(exchange, summary).await
}

async fn hello<T: Transport>(
    exchange: &Exchange<'_, T>,
    summary: &mut Summary,
) -> Result<(Identity, Standing, HelloReply)> {
    let store = exchange.store;
    let identity = store.identity().await?.ok_or(Error::NotEnrolled)?;
    let hello = hello_of(store, &identity, exchange.surroundings).await?;
    let reply = exchange.attempt(|| exchange.hq.hello(&hello)).await?;
    summary.hq_clock_ahead_ms = (reply.clock - hello.clock).num_milliseconds();
    store.note_hq_clock(summary.hq_clock_ahead_ms).await?;
    let standing = standing(store, &identity).await?;
    Ok((identity, standing, reply))
}

/// What this laptop says of itself.
pub(crate) async fn hello_of(store: &Store, identity: &Identity, surroundings: &Surroundings) -> Result<Hello> {
    Ok(Hello {
        protocol: PROTOCOL,
        app_version: APP_VERSION.to_owned(),
        incarnation: identity.incarnation,
        last_seq: store.last_seq().await?,
        acked_seq: store.acked_seq().await?,
        site_epoch: identity.site_epoch,
        clock: surroundings.now(),
    })
}

/// Where this laptop stands.
pub(crate) async fn standing(store: &Store, identity: &Identity) -> Result<Standing> {
    Ok(Standing {
        incarnation: identity.incarnation,
        last_seq: store.last_seq().await?,
        acked_seq: store.acked_seq().await?,
        waiting: store.sync_counts().await?.waiting,
        own_waiting: store.kinds_waiting().await?.iter().any(|kind| describe(kind).audience == Audience::Author),
        site_epoch: identity.site_epoch,
        cursors: cursors(store).await?,
    })
}

/// How far this laptop is in each feed.
pub(crate) async fn cursors(store: &Store) -> Result<BTreeMap<String, u64>> {
    let mut cursors = BTreeMap::new();
    let feeds = store.feeds().await?;
    let mut read = store.write().await?;
    for feed in feeds {
        let cursor = read.cursor(&feed).await?;
        cursors.insert(feed, cursor);
    }
    Ok(cursors)
}

/// Begins a new life of this store.
pub(crate) async fn begin(store: &Store, identity: &Identity, life: NewLife) -> Result<()> {
    let NewLife { incarnation, site_epoch, lost } = life;
    tracing::warn!(incarnation, site_epoch, ?lost, "this store begins a new life at HQ");
    let identity = Identity { incarnation, site_epoch, ..identity.clone() };
    let mut write = store.write().await?;
    write.begin_anew(&identity, &lost).await?;
    Ok(write.commit().await?)
}

/// The address that answered is HQ's from here on, if it is one of those that HQ named; the one before stays known, should
/// HQ go back there.
fn follow(identity: &mut Identity, served_at: Option<String>, announced: Option<&str>) {
    let is = |served: &str, known: &str| served == known.trim_end_matches('/');
    let named = |served: &str| {
        let others = [&identity.hq_next_address, &identity.hq_former_address];
        !is(served, &identity.hq_address) && others.into_iter().flatten().any(|other| is(served, other))
    };
    if let Some(served) = served_at.filter(|served| named(served)) {
        identity.hq_former_address = Some(std::mem::replace(&mut identity.hq_address, served));
    }
    let announced = announced.filter(|next| is_address(next) && *next != identity.hq_address);
    identity.hq_next_address = announced.map(str::to_owned);
}

/// Takes in what HQ says of this laptop: its branch, the key it will serve with, and the feeds it no longer hands out.
async fn settle_in<T: Transport>(
    exchange: &Exchange<'_, T>,
    identity: Identity,
    reply: &HelloReply,
    plan: &Plan,
    summary: &mut Summary,
) -> Result<Identity> {
    let branch_id = reply.branch_id.unwrap_or(identity.branch_id);
    let mut now = Identity { branch_id, hq_next_key: reply.next_key.clone(), ..identity.clone() };
    follow(&mut now, exchange.hq.served_at(), reply.next_address.as_deref());
    // The key that was announced serves now: it is the one that counts from here on.
    if let Some(served) = exchange.hq.served_key().filter(|served| identity.hq_next_key.as_ref() == Some(served)) {
        now.hq_key_fingerprint = served;
    }
    if now == identity && plan.leave.is_empty() {
        return Ok(identity);
    }
    let mut write = exchange.store.write().await?;
    write.set_identity(&now).await?;
    for feed in &plan.leave {
        tracing::info!(feed, "HQ no longer hands out a feed, what came by it goes");
        summary.left += write.leave_feed(feed).await?;
    }
    write.commit().await?;
    Ok(now)
}
