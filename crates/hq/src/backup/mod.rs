//! A copy of HQ to restore from: the database as it was at one moment, HQ's keys, and the attachments.
//!
//! It is made while HQ serves. Attachments never change and are copied once each, so that the next backup into the same folder
//! brings what is new. `manifest.json` is written last, to another name, and renamed: a folder holds the backup its
//! manifest names, or the one before. What is in it opens everything HQ has: its mode keeps others out, its place must too.

mod restore;

pub use restore::{Restored, restore};

use crate::{
    attachments::{AttachmentError, Attachments, Place},
    error::Error,
    hq::Hq,
    private_folder,
    serve::fault::chain,
    storage::StorageError,
};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The form of a backup that this program writes and reads.
const FORMAT: u32 = 1;
/// The name of what a backup holds.
const MANIFEST: &str = "manifest.json";
/// Files with HQ's keys: the place in the data folder, and the name in a backup.
const KEYS: [(&str, &str); 4] = [
    ("recovery.key", "recovery.key"),
    ("tls/key.pem", "tls-key.pem"),
    ("tls/cert.pem", "tls-cert.pem"),
    ("tls/next-key.pem", "tls-next-key.pem"),
];

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    /// Its name in the backup.
    name: String,
    /// Its size.
    bytes: u64,
    /// BLAKE3 in hexadecimal.
    hash: String,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    format: u32,
    /// When it was made, by HQ's clock.
    pub made_at: DateTime<Utc>,
    /// HQ's epoch.
    pub epoch: u64,
    /// The database.
    database: Member,
    /// HQ's keys.
    keys: Vec<Member>,
    /// The list of attachments, one `HASH BYTES` a line.
    list: Member,
    /// Attachments, in all.
    pub attachments: u64,
    /// Their bytes.
    pub attachment_bytes: u64,
}

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// What it holds.
    pub manifest: Manifest,
    /// Attachments that were not there yet.
    pub copied: u64,
    /// Hashes of attachments that are damaged at HQ, and not in the backup.
    pub damaged: Vec<String>,
}

impl Hq {
    /// Makes a backup in `folder`, over the one that is there.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Storage`], [`Error::Attachments`]; the backup that was there stands then.
    pub async fn backup(&self, folder: &Path) -> Result<Made, Error> {
        private_folder::make(folder)?;
        let made_at = self.inner.surroundings.now();
        let stamp = made_at.format("%Y%m%dT%H%M%S%3fZ").to_string();
        let epoch = self.inner.storage.site().await?.epoch;
        let database = self.copy_database(folder, &format!("hq-{stamp}.sqlite")).await?;
        let mut keys = Vec::new();
        for (place, name) in KEYS {
            let from = self.data().join(place);
            if from.exists() {
                let content = fs::read(&from).map_err(|e| Error::folder(&from, e))?;
                keys.push(write(folder, &format!("{stamp}-{name}"), &content)?);
            }
        }
        // After the database: what its records name, as far as it had come, is there by then.
        let store = attachments(folder)?;
        let (mut list, mut count, mut bytes, mut copied) = (String::new(), 0, 0, 0);
        let mut damaged = Vec::new();
        let mut wholes = self.inner.attachments.wholes();
        while let Some((hash, size)) = wholes.try_next().await? {
            match store.take(&self.inner.attachments, &hash).await {
                Ok(new) => copied += u64::from(new),
                Err(error) if error.is_of_one() => {
                    tracing::error!(hash, error = %chain(&error), "an attachment is damaged and not in the backup");
                    damaged.push(hash);
                    continue;
                }
                Err(AttachmentError::Unwritable(error)) => return Err(full(folder, &error)),
                Err(error) => return Err(error.into()),
            }
            list.push_str(&format!("{hash} {size}\n"));
            count += 1;
            bytes += size;
        }
        let list = write(folder, &format!("attachments-{stamp}.txt"), list.as_bytes())?;
        let manifest = Manifest {
            format: FORMAT,
            made_at,
            epoch,
            database,
            keys,
            list,
            attachments: count,
            attachment_bytes: bytes,
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::folder(folder, e.into()))?;
        write(folder, MANIFEST, &text)?;
        sync(folder)?;
        drop_others(folder, &manifest).map_err(|e| Error::folder(folder, e))?;
        Ok(Made { manifest, copied, damaged })
    }

    async fn copy_database(&self, folder: &Path, name: &str) -> Result<Member, Error> {
        let (scratch, path) = (folder.join(format!("{name}.new")), folder.join(name));
        if let Err(error) = self.inner.storage.copy_to(&scratch).await {
            // What was cut takes the room that the next backup needs.
            let _ = fs::remove_file(&scratch);
            return Err(match error {
                StorageError::Full(error) | StorageError::Unwritable(error) => full(folder, &error),
                other => other.into(),
            });
        }
        let done = || -> io::Result<Member> {
            private(&scratch)?;
            let member = member(&scratch, name)?;
            File::open(&scratch)?.sync_all()?;
            fs::rename(&scratch, &path)?;
            Ok(member)
        };
        done().map_err(|e| Error::folder(&path, e))
    }
}

/// The backup's own disk takes no more, and not HQ's.
fn full(folder: &Path, error: &dyn std::error::Error) -> Error {
    tracing::error!(error = %chain(error), "the backup cannot be written");
    Error::folder(folder, io::ErrorKind::StorageFull.into())
}

/// The attachments in a backup.
fn attachments(folder: &Path) -> Result<Attachments, Error> {
    Ok(Place::Folder(folder.join("attachments")).open()?)
}

/// What a file is, read through.
fn member(path: &Path, name: &str) -> io::Result<Member> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    let hash = hasher.finalize().to_hex().to_string();
    Ok(Member { name: name.to_owned(), bytes: hasher.count(), hash })
}

/// Writes a file of its owner's, whole or not at all.
fn write(folder: &Path, name: &str, content: &[u8]) -> Result<Member, Error> {
    let path = folder.join(name);
    let done = || -> io::Result<Member> {
        let scratch = folder.join(format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&scratch)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&scratch, &path)?;
        let hash = blake3::hash(content).to_hex().to_string();
        Ok(Member { name: name.to_owned(), bytes: content.len() as u64, hash })
    };
    done().map_err(|e| Error::folder(&path, e))
}

#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "other systems have no mode to set"))]
fn private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Makes the names in a folder last.
fn sync(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::folder(folder, e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Removes files of earlier backups and of those that did not come to their end.
fn drop_others(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let Manifest { database, keys, list, .. } = manifest;
    let kept = |name: &str| {
        [MANIFEST, restore::RESTORES].contains(&name) || keys.iter().chain([database, list]).any(|m| m.name == name)
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name().to_str().is_some_and(|name| !kept(name)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
