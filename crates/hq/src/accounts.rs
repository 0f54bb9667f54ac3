//! People at HQ: accounts with roles. The console will log them in; until then the keeper adds them by command.

use crate::{error::Error, hq::Hq, staff, storage::Account};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, SaltString},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorstep_domain::{Code, Refusal};

/// What a person at HQ may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// The service centre.
    ServiceCentre,
    /// An assistant.
    Assistant,
    /// The manager of a branch.
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
}

impl Hq {
    /// Adds an account and gives back its password, which HQ keeps only as an Argon2id hash. A branch manager needs
    /// the code of a branch.
    ///
    /// # Errors
    /// [`Error::AccountTaken`], [`Error::NoBranch`], [`Error::Refused`], [`Error::Storage`].
    pub async fn add_account(&self, name: &str, role: Role, branch: Option<&str>) -> Result<String, Error> {
        let name = name.trim();
        if !(1..=60).contains(&name.chars().count()) {
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
        };
        if self.inner.storage.add_account(&account).await? {
            Ok(password)
        } else {
            Err(Error::AccountTaken(name.to_owned()))
        }
    }
}
