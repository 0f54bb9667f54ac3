//! First start, unlocking, enrolment: how a laptop comes to work.

use crate::{App, Failure, KeyChoice, Result, command::Nothing};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind,
    id::{BranchId, EngineerId},
    staff::{Branch, Company, Engineer},
};
use doorstep_store::{Identity, KeyPlace, Store, StoreKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the laptop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// There is no store yet.
    FirstStart,
    /// The store needs its passphrase.
    Locked,
    /// The laptop is not bound to HQ yet.
    Enrolling,
    /// At work.
    Ready,
    /// The database is damaged; `snapshot` says what there is to restore it from.
    Damaged,
    /// The data folder cannot be used; `problem` says why.
    Broken,
}

/// An engineer with their id.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EngineerEntry {
    /// Their id.
    pub id: EngineerId,
    /// The engineer.
    pub engineer: Engineer,
}

/// A branch with its id.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BranchEntry {
    /// Its id.
    pub id: BranchId,
    /// The branch.
    pub branch: Branch,
}

/// Where the laptop stands, and who works on it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Session {
    /// Where it stands.
    pub phase: Phase,
    /// Why the store is broken, why the keychain did not open it, or that HQ had it destroyed (`device_wiped`).
    pub problem: Option<Failure>,
    /// The moment of the last good copy of a damaged store.
    pub snapshot: Option<DateTime<Utc>>,
    /// Whether the key can be kept in the keychain.
    pub keychain: bool,
    /// Who works on it; their name is empty until the first sync.
    pub engineer: Option<EngineerEntry>,
    /// Their branch.
    pub branch: Option<BranchEntry>,
    /// The vendor.
    pub company: Option<Company>,
    /// The laptop's short name on papers.
    pub device_code: Option<String>,
    /// Why HQ no longer knows this laptop, as the last sync was told: it may enrol anew then, and keeps everything.
    pub refused: Option<Code>,
    /// Minutes that local time is ahead of UTC.
    pub zone_minutes: i32,
    /// Version of the app.
    pub version: String,
}

/// Arguments of `session_create`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// A passphrase of at least eight characters; without one the keychain keeps the key.
    passphrase: Option<String>,
}

/// Arguments of `session_unlock`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Unlock {
    /// The passphrase.
    passphrase: String,
}

/// Arguments of `session_recover`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recover {
    /// The store's key as HQ gives it: 64 hexadecimal digits; blanks are ignored.
    key: String,
    /// A new passphrase of at least eight characters; without one the keychain keeps the key.
    passphrase: Option<String>,
}

/// Arguments of `session_enrol`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EnrolArgs {
    /// The code from HQ.
    code: String,
    /// What the laptop calls itself.
    device_name: String,
}

pub(crate) async fn state(app: Arc<App>, _: Nothing) -> Result<Session> {
    let keychain = app.options.key == KeyChoice::Best
        && tokio::task::spawn_blocking(doorstep_store::keychain_available).await.unwrap_or(false);
    let mut session = Session {
        phase: Phase::Locked,
        problem: None,
        snapshot: None,
        keychain,
        engineer: None,
        branch: None,
        company: None,
        device_code: None,
        refused: None,
        zone_minutes: app.world.zone_minutes(app.world.now()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    if let Some((failure, snapshot)) = app.damaged() {
        return Ok(Session { phase: Phase::Damaged, problem: Some(failure), snapshot, ..session });
    }
    let store = match (app.store(), app.closed()) {
        (Ok(store), _) => store,
        (Err(_), Some((KeyPlace::Nowhere, problem))) => {
            return Ok(Session { phase: Phase::FirstStart, problem, ..session });
        }
        (Err(_), Some((_, problem))) => return Ok(Session { problem, ..session }),
        (Err(failure), None) if failure.code == Code::Locked => return Ok(session),
        (Err(failure), None) => return Ok(Session { phase: Phase::Broken, problem: Some(failure), ..session }),
    };
    let Some(identity) = store.identity().await? else {
        session.phase = Phase::Enrolling;
        return Ok(session);
    };
    session.phase = Phase::Ready;
    session.engineer =
        Some(EngineerEntry { id: identity.engineer_id, engineer: engineer(&store, identity.engineer_id).await? });
    session.branch = Some(BranchEntry { id: identity.branch_id, branch: branch(&store, identity.branch_id).await? });
    session.company = company(&store).await?;
    session.device_code = Some(identity.device_code);
    session.refused = store.identity_refused().await?;
    Ok(session)
}

pub(crate) async fn create(app: Arc<App>, args: Create) -> Result<Session> {
    if app.closed().is_none_or(|(place, _)| place != KeyPlace::Nowhere) {
        return Err(Failure::new(Code::WrongState, "there is a store already"));
    }
    let key = StoreKey::from_bytes(app.world.random()?);
    let (salt, nonce) = (app.world.random()?, app.world.random()?);
    app.unlock_with(move |folder| {
        folder.begin_store()?;
        match &args.passphrase {
            Some(passphrase) => key.keep_with_passphrase(folder, passphrase, salt, nonce)?,
            None => key.keep_in_keychain(folder)?,
        }
        Ok(key)
    })
    .await?;
    state(app, Nothing {}).await
}

pub(crate) async fn unlock(app: Arc<App>, args: Unlock) -> Result<Session> {
    app.unlock_with(|folder| StoreKey::from_passphrase(folder, &args.passphrase)).await?;
    state(app, Nothing {}).await
}

/// Opens a store whose passphrase or keychain entry was lost, with the key that HQ kept for it, and keeps the key anew.
pub(crate) async fn recover(app: Arc<App>, args: Recover) -> Result<Session> {
    let digits: String = args.key.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = crate::desk::unhex::<32>(&digits);
    let key = StoreKey::from_bytes(bytes.ok_or_else(|| Failure::new(Code::WrongKey, "not a key").on("key"))?);
    if args.passphrase.as_ref().is_some_and(|p| p.chars().count() < doorstep_store::PASSPHRASE_CHARS_MIN) {
        return Err(Failure::new(Code::WeakPassphrase, "too short").on("passphrase"));
    }
    let opened = key.clone();
    let opened = app.unlock_with(move |_| Ok(opened)).await;
    // A damaged store is the key's too, and is restored with it.
    let folder = match (&opened, app.store()) {
        (_, Ok(store)) => Some(store.folder().clone()),
        (Err(_), Err(_)) => app.damaged_folder(),
        (Ok(()), Err(failure)) => return Err(failure),
    };
    if let Some(folder) = folder {
        match &args.passphrase {
            Some(passphrase) => {
                key.keep_with_passphrase(&folder, passphrase, app.world.random()?, app.world.random()?)?;
            }
            None => key.keep_in_keychain(&folder)?,
        }
    }
    opened?;
    state(app, Nothing {}).await
}

pub(crate) async fn enrol(app: Arc<App>, args: EnrolArgs) -> Result<Session> {
    crate::syncs::enrol(&app, &args.code, &args.device_name).await?;
    state(app, Nothing {}).await
}

impl App {
    /// The store and who works on it.
    ///
    /// # Errors
    /// [`Code::Locked`] or [`Code::NotEnrolled`].
    pub(crate) async fn enrolled(&self) -> Result<(Arc<Store>, Identity)> {
        let store = self.store()?;
        let identity = store.identity().await?;
        let identity = identity.ok_or_else(|| Failure::new(Code::NotEnrolled, "this laptop is not enrolled"))?;
        Ok((store, identity))
    }
}

pub(crate) async fn engineer(store: &Store, id: EngineerId) -> Result<Engineer> {
    match store.get(&Kind::ENGINEER, id.into()).await? {
        Some(record) => Ok(record.known()),
        None => Ok(Engineer::default()),
    }
}

pub(crate) async fn branch(store: &Store, id: BranchId) -> Result<Branch> {
    match store.get(&Kind::BRANCH, id.into()).await? {
        Some(record) => Ok(record.known()),
        None => Ok(Branch::default()),
    }
}

pub(crate) async fn company(store: &Store) -> Result<Option<Company>> {
    Ok(store.all(&Kind::COMPANY).await?.first().map(doorstep_store::Stored::known))
}
