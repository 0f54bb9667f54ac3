//! Why a command of the keeper's did not go through, in the language of the terminal: the sentence from the one catalogue,
//! and behind it, where something technical caused it, what that said.

use super::words::Words;
use doorstep_domain::Refusal;
use doorstep_hq::{error::Error, serve::fault::chain, storage::StorageError};
use doorstep_wire::bundle::BundleError;
use std::{error::Error as Cause, io};

/// The sentence for an error.
pub fn said(words: &Words, error: &(dyn Cause + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<Error>() {
        return of_hq(words, error);
    }
    if let Some(error) = error.downcast_ref::<StorageError>() {
        return of_storage(words, error);
    }
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => of_refusal(words, refusal),
        None => chain(error),
    }
}

fn of_hq(words: &Words, error: &Error) -> String {
    let with = |key: &str, places: &[(&str, String)]| {
        let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        words.with(&format!("hq.error.{key}"), &places)
    };
    let of = |key: &str, what: &dyn std::fmt::Display| with(key, &[("what", what.to_string())]);
    match error {
        Error::Folder { path, source } => {
            let key = match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "folderFull",
                io::ErrorKind::ReadOnlyFilesystem => "folderReadOnly",
                _ => "folder",
            };
            with(key, &[("what", path.display().to_string()), ("why", source.to_string())])
        }
        Error::Storage(error) => of_storage(words, error),
        Error::Gone(path) => of("gone", &path.display()),
        Error::Open { path, foreign } => {
            with("open", &[("what", path.display().to_string()), ("foreign", foreign.display().to_string())])
        }
        Error::NoHq(path) => of("noHq", &path.display()),
        Error::NothingToMove(path) => of("nothingToMove", &path.display()),
        Error::InUse(path) => of("inUse", &path.display()),
        Error::MovedAway(path) => of("movedAway", &path.display()),
        Error::Bundle(error) => of_bundle(words, error),
        Error::Certificate { path, why } => {
            with("certificate", &[("what", path.display().to_string()), ("why", why.clone())])
        }
        Error::RecoveryKey { path } => of("recoveryKey", &path.display()),
        Error::PlainHttp(address) => of("plainHttp", address),
        Error::Clock(now) => of("clock", now),
        Error::NoBranch(code) => of("noBranch", code),
        Error::NoLaptop(code) => of("noLaptop", code),
        Error::NoAccount(name) => of("noAccount", name),
        Error::NoEngineer(name) => of("noEngineer", name),
        Error::NoAddress => words.get("hq.error.noAddress"),
        Error::BadAddress(address) => of("badAddress", address),
        Error::NoStoreKey(code) => of("noStoreKey", code),
        Error::SealedElsewhere(code) => of("sealedElsewhere", code),
        Error::Import { file, place, refusal } => {
            with("import", &[("file", file.clone()), ("place", place.clone()), ("why", of_refusal(words, refusal))])
        }
        Error::AccountTaken(name) => of("accountTaken", name),
        Error::NotEmpty { path } => of("notEmpty", &path.display()),
        Error::NoNextKey => words.get("hq.error.noNextKey"),
        Error::NotTold(who) => of("notTold", who),
        Error::Refused(refusal) => of_refusal(words, refusal),
        other => with("other", &[("why", chain(other))]),
    }
}

fn of_storage(words: &Words, error: &StorageError) -> String {
    match error {
        StorageError::Newer => words.get("hq.error.newer"),
        StorageError::Refused(refusal) => of_refusal(words, refusal),
        StorageError::Full(_) => words.get("hq.error.databaseFull"),
        StorageError::Unwritable(cause) => words.with("hq.error.databaseUnwritable", &[("why", &cause.to_string())]),
        StorageError::Log(why) => words.with("hq.error.log", &[("why", why)]),
        damaged if damaged.is_damage() => words.with("hq.error.databaseDamaged", &[("why", &chain(damaged))]),
        other => words.with("hq.error.database", &[("why", &chain(other))]),
    }
}

fn of_bundle(words: &Words, error: &BundleError) -> String {
    let key = match error {
        BundleError::NotABundle | BundleError::Damaged(_) => "error.not_a_bundle",
        BundleError::Newer(_) => "error.version_unsupported",
        BundleError::Foreign(_) => "error.bundle_foreign",
        other => return words.with("hq.error.other", &[("why", &chain(other))]),
    };
    words.get(key)
}

/// What the interface says of the same refusal, and which field or argument it concerns.
fn of_refusal(words: &Words, refusal: &Refusal) -> String {
    let code = serde_json::to_value(refusal.code).ok();
    let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or("internal");
    let sentence = words.get(&format!("error.{code}"));
    let about = refusal.field.as_ref().map(|field| format!(" ({field})")).unwrap_or_default();
    // What the interface says in general, the detail says for this very case.
    format!("{sentence}{about} [{}]", refusal.detail)
}
