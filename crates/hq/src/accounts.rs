//! People at HQ: accounts with roles, their passwords, and how they log in. HQ keeps passwords as Argon2id hashes and
//! tokens as hashes.

use crate::{
    error::Error,
    hq::Hq,
    rights::Person,
    serve::auth::{TOKEN_BYTES, token_hash},
    staff,
    storage::{Account, Deed},
};
use argon2::{
    Argon2, PasswordHash, PasswordVerifier,
    password_hash::{PasswordHasher, SaltString},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Hours that a login lasts.
pub const LOGIN_HOURS: i64 = 8;
/// Passwords that are checked at once: each takes 19 MiB and a good part of a core.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Most characters of a name.
const NAME_CHARS_MAX: usize = 60;
/// Most bytes of a password that is looked at.
const PASSWORD_BYTES_MAX: usize = 200;

/// What a person at HQ may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The service centre: everything in every branch but the trail.
    ServiceCentre,
    /// An assistant: looks.
    Assistant,
    /// The manager of a branch: everything within it.
    BranchManager,
    /// An administrator.
    Administrator,
}

impl Role {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceCentre => "service_centre",
            Self::Assistant => "assistant",
            Self::BranchManager => "branch_manager",
            Self::Administrator => "administrator",
        }
    }

    /// From how it is stored. A role of a newer version may look, as the least of them.
    #[must_use]
    pub fn of(stored: &str) -> Self {
        let all = [Self::ServiceCentre, Self::BranchManager, Self::Administrator];
        all.into_iter().find(|role| role.as_str() == stored).unwrap_or(Self::Assistant)
    }
}

/// Somebody who has logged in.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// Shown with every request.
    pub token: String,
    /// Until when it is good.
    pub until: DateTime<Utc>,
    /// Who it is.
    pub person: Person,
}

fn person(account: Account) -> Person {
    Person { role: Role::of(&account.role), name: account.name, branch_id: account.branch_id }
}

impl Hq {
    /// Adds an account and gives back its password, which HQ keeps only as an Argon2id hash. A branch manager needs
    /// the code of a branch.
    ///
    /// # Errors
    /// [`Error::AccountTaken`], [`Error::NoBranch`], [`Error::Refused`], [`Error::Storage`].
    pub async fn add_account(&self, name: &str, role: Role, branch: Option<&str>) -> Result<String, Error> {
        let name = name.trim();
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Refusal::new(Code::Invalid, "a name has 1 to 60 characters").on("name").into());
        }
        if role == Role::BranchManager && branch.is_none() {
            return Err(Refusal::new(Code::Missing, "a branch manager needs --branch").on("branch").into());
        }
        let branch_id = match branch {
            Some(code) => Some(staff::branch(self, code).await?),
            None => None,
        };
        let surroundings = &self.inner.surroundings;
        let password = URL_SAFE_NO_PAD.encode(surroundings.random::<15>());
        let salt = SaltString::encode_b64(&surroundings.random::<16>()).map_err(Error::Password)?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(Error::Password)?;
        let account = Account {
            id: surroundings.record_id().to_string(),
            name: name.to_owned(),
            role: role.as_str().to_owned(),
            branch_id,
            password_hash: hash.to_string(),
            created_at: surroundings.now(),
            closed_at: None,
        };
        if !self.inner.storage.add_account(&account).await? {
            return Err(Error::AccountTaken(name.to_owned()));
        }
        self.inner.storage.audit(surroundings.now(), None, "account add", name).await?;
        Ok(password)
    }

    /// Every account.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        Ok(self.inner.storage.accounts().await?)
    }

    /// Closes an account: its logins end, and nobody gets its name again.
    ///
    /// # Errors
    /// [`Error::NoAccount`], [`Error::Storage`].
    pub async fn close_account(&self, name: &str) -> Result<(), Error> {
        let now = self.inner.surroundings.now();
        if !self.inner.storage.close_account(name.trim(), now).await? {
            return Err(Error::NoAccount(name.to_owned()));
        }
        Ok(self.inner.storage.audit(now, None, "account close", name.trim()).await?)
    }

    /// The person whose password this is. A name that is unknown takes as long as a password that is wrong.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::Unauthorized`], or [`Code::Busy`] while too many passwords are checked.
    pub async fn person(&self, name: &str, password: &str) -> Result<Person, Error> {
        let wrong = || Refusal::new(Code::Unauthorized, "no such account, or another password");
        let (name, password) = (name.trim(), password.trim());
        if name.chars().count() > NAME_CHARS_MAX || name.contains('\0') || password.len() > PASSWORD_BYTES_MAX {
            return Err(wrong().into());
        }
        let found = self.inner.storage.account(name).await?.filter(|account| account.closed_at.is_none());
        let (password, hash) = (password.to_owned(), found.as_ref().map(|account| account.password_hash.clone()));
        let Ok(place) = Arc::clone(&self.inner.passwords).try_acquire_owned() else {
            return Err(Refusal::new(Code::Busy, "other passwords are being checked; try again").into());
        };
        // Checking goes on when whoever asked is gone: the place is the check's, not theirs.
        let check = move || {
            let fits = fits(&password, hash.as_deref());
            drop(place);
            fits
        };
        let fits = tokio::task::spawn_blocking(check).await.unwrap_or(false);
        match found {
            Some(account) if fits => Ok(person(account)),
            _ => Err(wrong().into()),
        }
    }

    /// Logs a person in.
    ///
    /// # Errors
    /// As [`Hq::person`].
    pub async fn log_in(&self, name: &str, password: &str) -> Result<LoggedIn, Error> {
        let person = self.person(name, password).await?;
        let now = self.inner.surroundings.now();
        let (token, until) = (self.inner.surroundings.random::<TOKEN_BYTES>(), now + TimeDelta::hours(LOGIN_HOURS));
        self.inner.storage.log_in(token_hash(&token), &person.name, now, until).await?;
        self.inner.storage.audit(now, Some(&person.name), "log in", &person.name).await?;
        Ok(LoggedIn { token: URL_SAFE_NO_PAD.encode(token), until, person })
    }

    /// Who is logged in with a token.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn logged_in(&self, token: &str) -> Result<Option<Person>, Error> {
        let Some(hash) = hash_of(token) else { return Ok(None) };
        Ok(self.inner.storage.logged_in(hash, self.inner.surroundings.now()).await?.map(person))
    }

    /// Ends a login.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn log_out(&self, token: &str) -> Result<(), Error> {
        match hash_of(token) {
            Some(hash) => Ok(self.inner.storage.log_out(hash).await?),
            None => Ok(()),
        }
    }

    /// The trail before a number, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn trail(&self, before: Option<i64>, count_max: u32) -> Result<Vec<Deed>, Error> {
        Ok(self.inner.storage.audited(before.unwrap_or(i64::MAX), count_max).await?)
    }
}

fn hash_of(token: &str) -> Option<[u8; 32]> {
    let token: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    Some(token_hash(&token))
}

fn fits(password: &str, hash: Option<&str>) -> bool {
    let Some(hash) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        let salt = SaltString::encode_b64(&[0; 16]).ok();
        let _ =
            salt.map(|salt| Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()));
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hq::{Config, Transport},
        serve::{
            admin::{LoginAsk, log_in},
            whose,
        },
        surroundings::Surroundings,
    };
    use axum::extract::{ConnectInfo, State};
    use std::{future::Future, net::SocketAddr, sync::mpsc};
    use tokio::{runtime::Builder, task};

    /// Begins a check, and drops whoever asked once it waits for its turn.
    async fn given_up<T: Send + 'static>(hq: &Hq, asked: impl Future<Output = T> + Send + 'static) {
        let before = hq.inner.passwords.available_permits();
        let asked = tokio::spawn(asked);
        while hq.inner.passwords.available_permits() == before {
            task::yield_now().await;
        }
        asked.abort();
        assert!(asked.await.is_err_and(|error| error.is_cancelled()));
    }

    #[test]
    fn a_password_whose_asker_is_gone_keeps_its_place_until_it_is_checked_and_counts() {
        // Passwords are checked on a thread that this test holds up.
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
            let surroundings = Surroundings::new(move || now, |bytes| getrandom::fill(bytes).unwrap());
            let hq = Hq::open(Config::new(folder.path().join("hq"), Transport::Http, surroundings)).await.unwrap();
            hq.add_account("周芳", Role::ServiceCentre, None).await.unwrap();
            let (go_on, held) = mpsc::channel::<()>();
            let holding = task::spawn_blocking(move || held.recv());
            let from: SocketAddr = "192.0.2.1:1".parse().unwrap();
            (0..9).for_each(|_| hq.inner.wrong_passwords.count(whose(from.ip(), "周芳"), now));
            let ask = LoginAsk { name: "周芳".to_owned(), password: "guess".to_owned() };
            let asked = log_in(State(hq.clone()), ConnectInfo(from), crate::serve::body::Received(ask));
            given_up(&hq, asked).await;
            assert_eq!(hq.inner.wrong_passwords.check(whose(from.ip(), "周芳"), now).unwrap_err().code, Code::Busy);
            let same = hq.clone();
            given_up(&hq, async move { same.person("周芳", "guess").await.is_ok() }).await;
            assert_eq!(hq.inner.passwords.available_permits(), 0, "both are still to be checked");
            let busy = hq.person("周芳", "guess").await.unwrap_err();
            assert!(matches!(busy, Error::Refused(refusal) if refusal.code == Code::Busy));
            drop(go_on);
            holding.await.unwrap().unwrap_err();
            while hq.inner.passwords.available_permits() < PASSWORDS_AT_ONCE {
                task::yield_now().await;
            }
            hq.close().await.unwrap();
        });
    }
}
