//! HQ from a backup, in an empty data folder: everything in it checked, and a new epoch begun, so that laptops know
//! what was lost and offer it. SYNC.md, "After a restore".

use super::{FORMAT, KEYS, MANIFEST, Manifest, Member, attachments, member, sync, write};
use crate::{
    attachments::Place,
    error::Error,
    hq::{Config, Hq},
    moving, private_folder,
    serve::fault::chain,
    storage::{Database, Restore, Storage, moving as rows, postgres::Postgres, sqlite::Sqlite},
};
use doorstep_domain::attachment::check_hash;
use futures_util::TryStreamExt;
use serde::Serialize;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The last epoch that a restore from this backup began, kept beside it: the second restore from one backup must not
/// give out again what was given out after the first.
pub(super) const RESTORES: &str = "last-epoch.txt";

/// The last epoch there can be: versions and positions stay below 2^53, which every JSON reader keeps exactly.
const EPOCH_MAX: u64 = (1 << (53 - doorstep_wire::exchange::EPOCH_BITS)) - 1;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What it was made from.
    pub manifest: Manifest,
    /// The epoch that begins.
    pub epoch: u64,
    /// HQ's version in the backup; what it gave out after that is lost, and laptops offer it.
    pub version: u64,
    /// Files of attachments that the backup lacks or has damaged. Laptops that have them send them again.
    pub damaged: Vec<PathBuf>,
}

/// Restores HQ from the backup in `from` into the data folder of `config`, which holds no HQ yet, and a database
/// that is empty.
///
/// # Errors
/// [`Error::NotEmpty`], [`Error::Backup`] when something in it is missing or damaged, [`Error::Folder`],
/// [`Error::Storage`], [`Error::Attachments`]. Nothing has been begun then: clear the data folder and try again.
pub async fn restore(from: &Path, config: &Config) -> Result<Restored, Error> {
    let data = &config.data;
    if moving::sqlite(data).exists() || data.join("recovery.key").exists() {
        return Err(Error::NotEmpty { path: data.clone() });
    }
    private_folder::make(data)?;
    let manifest = read(from)?;
    let epoch = noted(from).max(manifest.epoch).saturating_add(1);
    if epoch > EPOCH_MAX {
        return Err(bad(from, MANIFEST, "names an epoch that cannot be"));
    }
    for key in &manifest.keys {
        let named = KEYS.iter().find(|(_, name)| key.name.ends_with(&format!("-{name}")));
        let (place, _) = named.ok_or_else(|| bad(from, &key.name, "is no key of HQ's"))?;
        take(from, key, &data.join(place))?;
    }
    let damaged = take_attachments(from, &manifest.list, config).await?;
    // Noted before the epoch begins: a number that was never used is no harm.
    write(from, RESTORES, epoch.to_string().as_bytes())?;
    sync(from)?;
    let scratch = data.join("hq.restoring.sqlite");
    take(from, &manifest.database, &scratch)?;
    let database = Sqlite::open(&scratch).await?;
    let version = database.site().await?.version;
    database.begin_epoch(Restore { epoch, from: version }).await?;
    // From here on it is an HQ, and never one in the old epoch.
    match &config.database {
        Database::Sqlite => {
            database.close().await?;
            fs::rename(&scratch, moving::sqlite(data)).map_err(|e| Error::folder(data, e))?;
        }
        Database::Postgres(address) => {
            let target = Postgres::open(address).await?;
            let moved = rows::everything(&database, &target).await;
            target.close().await?;
            database.close().await?;
            fs::remove_file(&scratch).map_err(|e| Error::folder(&scratch, e))?;
            moved?;
        }
    }
    sync(data)?;
    let hq = Hq::open(config.clone()).await?;
    let now = config.surroundings.now();
    hq.storage().audit(now, None, "restore", &format!("epoch {epoch} from version {version}")).await?;
    hq.close().await?;
    Ok(Restored { manifest, epoch, version, damaged })
}

/// Takes every attachment of the backup that is whole, and answers which files are not: one photo keeps no other back, nor
/// the records.
async fn take_attachments(from: &Path, list: &Member, config: &Config) -> Result<Vec<PathBuf>, Error> {
    let (kept, target) = (attachments(from)?, config.place().open()?);
    if let Place::Folder(folder) = config.place() {
        private_folder::make(&folder)?;
    }
    let mut damaged = Vec::new();
    let hashes: Vec<String> = match checked(from, list) {
        Ok(list) => list.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect(),
        // What is there tells what it is by itself.
        Err(_) => {
            damaged.push(from.join(&list.name));
            kept.wholes().map_ok(|(hash, _)| hash).try_collect().await?
        }
    };
    for hash in hashes {
        check_hash(&hash)?;
        match target.take(&kept, &hash).await {
            Ok(_) => {}
            Err(error) if error.is_of_one() => {
                let file = from.join("attachments").join(kept.name(&hash));
                tracing::error!(file = %file.display(), error = %chain(&error), "an attachment of the backup is damaged");
                damaged.push(file);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(damaged)
}

fn bad(from: &Path, name: &str, why: &str) -> Error {
    Error::Backup { path: from.join(name), why: why.to_owned() }
}

fn read(from: &Path) -> Result<Manifest, Error> {
    let path = from.join(MANIFEST);
    let text = fs::read(&path).map_err(|e| Error::folder(&path, e))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| bad(from, MANIFEST, "does not read"))?;
    if manifest.format == FORMAT {
        Ok(manifest)
    } else {
        Err(bad(from, MANIFEST, "is of another version of doorstep-hq"))
    }
}

/// The last epoch that was begun from this backup; 0 before the first.
fn noted(from: &Path) -> u64 {
    fs::read_to_string(from.join(RESTORES)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// A file of the backup: a name, and nothing above or below.
fn place(from: &Path, name: &str) -> Result<PathBuf, Error> {
    if Path::new(name).file_name().is_some_and(|file| file == name) {
        Ok(from.join(name))
    } else {
        Err(bad(from, MANIFEST, "names a place outside of the backup"))
    }
}

fn checked(from: &Path, wanted: &Member) -> Result<String, Error> {
    let path = place(from, &wanted.name)?;
    let text = fs::read_to_string(&path).map_err(|e| Error::folder(&path, e))?;
    if blake3::hash(text.as_bytes()).to_hex().as_str() == wanted.hash {
        Ok(text)
    } else {
        Err(bad(from, &wanted.name, "is damaged"))
    }
}

/// Copies a file of the backup, checked, whole or not at all.
fn take(from: &Path, wanted: &Member, to: &Path) -> Result<(), Error> {
    let source = place(from, &wanted.name)?;
    let done = || -> io::Result<bool> {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let scratch = to.with_extension("restoring");
        fs::copy(&source, &scratch)?;
        super::private(&scratch)?;
        if member(&scratch, &wanted.name)? != *wanted {
            fs::remove_file(&scratch)?;
            return Ok(false);
        }
        File::open(&scratch)?.sync_all()?;
        fs::rename(&scratch, to)?;
        Ok(true)
    };
    if done().map_err(|e| Error::folder(to, e))? { Ok(()) } else { Err(bad(from, &wanted.name, "is damaged")) }
}
