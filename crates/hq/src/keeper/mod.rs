//! What HQ's keeper asks and does at the machine: the same as people do over HTTP, and the same words in both languages.
//! What is done in a person's name asks for that person's password.

mod errors;
mod lists;
mod table;
mod words;

pub use errors::said;
pub use lists::{accounts, backed_up, restored};
use lists::{check, conflicts, engineers, laptops, status, trail};
pub use words::{Language, Words};

use crate::say;
use clap::{Args, Subcommand, ValueEnum};
use doorstep_domain::{conflict::Choice, id::RecordId, merge::Version};
use doorstep_hq::{
    Hq,
    rights::{By, Person},
    staff::{self, Reassigned},
};
use std::{
    env,
    error::Error,
    io::{self, IsTerminal},
};

/// Where a script puts the password of `--account`.
const PASSWORD: &str = "DOORSTEP_HQ_PASSWORD";

/// How a list is printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct Listing {
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Language of the table; the terminal's without it.
    #[arg(long, value_enum)]
    pub language: Option<Language>,
}

/// Who does it: the name of an account. Its password is asked for, or taken from DOORSTEP_HQ_PASSWORD.
#[derive(Debug, Clone, Args)]
pub struct Name {
    /// The account in whose name it is done; its password is asked for, or taken from DOORSTEP_HQ_PASSWORD.
    #[arg(long)]
    account: String,
}

/// Which side of a conflict is to stand.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Side {
    /// What HQ accepted first.
    Standing,
    /// What came later.
    Other,
}

/// Commands about laptops, conflicts and staff.
#[derive(Debug, Subcommand)]
pub enum Office {
    /// Who synced when and with what version, what waits, and which conflicts are open.
    Status(Listing),
    /// Look for damage: the database's structure, records and operations against their hashes, feeds against their sums,
    /// attachments against their names. Beside a running server; ends with an error when there is some.
    Check(Listing),
    /// List the laptops.
    Laptops {
        /// Only of the branch with this code.
        #[arg(long)]
        branch: Option<String>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Switch a laptop off.
    Revoke {
        /// Its code, e.g. A07.
        #[arg(long)]
        device: String,
    },
    /// Have a lost laptop destroy what it has: one person asks, another confirms.
    Wipe {
        #[command(subcommand)]
        step: Wipe,
    },
    /// List the open conflicts, the longest open first.
    Conflicts {
        /// Only of the branch with this code.
        #[arg(long)]
        branch: Option<String>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Settle a conflict.
    Settle {
        /// Its id.
        #[arg(long)]
        conflict: RecordId,
        /// Its version, as the list shows it: what has changed since is refused.
        #[arg(long)]
        seen: Version,
        /// Which value is to stand.
        #[arg(long, value_enum)]
        take: Side,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        name: Name,
    },
    /// List the engineers, with how many visits are open.
    Engineers {
        /// Only of the branch with this code.
        #[arg(long)]
        branch: Option<String>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Give the open visits of an engineer in a branch to a colleague of that branch.
    Reassign {
        /// Code of the branch whose visits are given, and of the colleague.
        #[arg(long)]
        branch: String,
        /// The engineer's name.
        #[arg(long)]
        from: String,
        /// Code of the branch that the engineer is in now, for one who moved; the same without it.
        #[arg(long)]
        now_in: Option<String>,
        /// The colleague's name.
        #[arg(long)]
        to: String,
        /// The engineer has left, and is to be noted so.
        #[arg(long)]
        leaves: bool,
    },
    /// Move an engineer, and their laptops, to another branch.
    MoveEngineer {
        /// Code of the branch they are in.
        #[arg(long)]
        branch: String,
        /// Their name.
        #[arg(long)]
        engineer: String,
        /// Code of the branch they go to.
        #[arg(long)]
        to: String,
    },
    /// List what people at HQ did, newest first.
    Trail {
        /// Lines.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        count: u32,
        #[command(flatten)]
        listing: Listing,
    },
}

/// A step on the way to a wipe.
#[derive(Debug, Subcommand)]
pub enum Wipe {
    /// Ask for it.
    Ask {
        /// The laptop's code, e.g. A07.
        #[arg(long)]
        device: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        name: Name,
    },
    /// Confirm it, as another person than the one who asked.
    Confirm {
        /// The laptop's code, e.g. A07.
        #[arg(long)]
        device: String,
        #[command(flatten)]
        name: Name,
    },
    /// Take it back, before it was confirmed.
    Withdraw {
        /// The laptop's code, e.g. A07.
        #[arg(long)]
        device: String,
        #[command(flatten)]
        name: Name,
    },
}

/// Runs a command.
pub async fn run(hq: &Hq, office: Office) -> Result<(), Box<dyn Error>> {
    match office {
        Office::Status(listing) => status(hq, listing).await?,
        Office::Check(listing) => check(hq, listing).await?,
        Office::Laptops { branch, listing } => laptops(hq, branch.as_deref(), listing).await?,
        Office::Conflicts { branch, listing } => conflicts(hq, branch.as_deref(), listing).await?,
        Office::Engineers { branch, listing } => engineers(hq, branch.as_deref(), listing).await?,
        Office::Trail { count, listing } => trail(hq, count, listing).await?,
        Office::Revoke { device } => {
            let code = hq.revoke(By::Keeper, &device).await?.code;
            tell("hq.said.revoked", &[("code", &code)])?;
        }
        Office::Wipe { step } => wipe(hq, step).await?,
        Office::Settle { conflict, seen, take, reason, name } => {
            let person = person(hq, &name).await?;
            let choice = match take {
                Side::Standing => Choice::Standing,
                Side::Other => Choice::Other,
            };
            hq.settle_conflict(&person, conflict, seen, choice, &reason).await?;
            tell("hq.said.settled", &[("what", &conflict.to_string())])?;
        }
        Office::Reassign { branch, from, now_in, to, leaves } => {
            let from = staff::known(hq, now_in.as_ref().unwrap_or(&branch), &from).await?;
            let to = staff::known(hq, &branch, &to).await?;
            let Reassigned { visits, elsewhere } = staff::reassign(hq, By::Keeper, from, to, leaves).await?;
            tell("hq.said.reassigned", &[("n", &visits.to_string())])?;
            if elsewhere > 0 {
                tell("hq.said.elsewhere", &[("n", &elsewhere.to_string()), ("branch", &branch)])?;
            }
        }
        Office::MoveEngineer { branch, engineer, to } => {
            let engineer_id = staff::known(hq, &branch, &engineer).await?;
            staff::transfer(hq, By::Keeper, engineer_id, &to).await?;
            tell("hq.said.moved", &[("who", &engineer), ("to", &to)])?;
        }
    }
    Ok(())
}

async fn wipe(hq: &Hq, step: Wipe) -> Result<(), Box<dyn Error>> {
    match step {
        Wipe::Ask { device, reason, name } => {
            let entry = hq.ask_wipe(&person(hq, &name).await?, &device, &reason).await?;
            tell("hq.said.wipeAsked", &[("code", &entry.code)])?;
        }
        Wipe::Confirm { device, name } => {
            let entry = hq.confirm_wipe(&person(hq, &name).await?, &device).await?;
            tell("hq.said.wipeConfirmed", &[("code", &entry.code)])?;
        }
        Wipe::Withdraw { device, name } => {
            let entry = hq.withdraw_wipe(&person(hq, &name).await?, &device).await?;
            tell("hq.said.wipeWithdrawn", &[("code", &entry.code)])?;
        }
    }
    Ok(())
}

/// Says a sentence of the catalogue, in the language of the terminal.
pub fn tell(key: &str, places: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
    Ok(say(&Words::of_terminal()?.with(key, places))?)
}

/// Says what the line that follows is, to whoever looks at the terminal: scripts read the line alone.
pub fn label(key: &str, places: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
    use std::io::Write;
    Ok(writeln!(io::stderr(), "{}", Words::of_terminal()?.with(key, places))?)
}

/// The person whose password is given.
async fn person(hq: &Hq, name: &Name) -> Result<Person, Box<dyn Error>> {
    let password = match env::var(PASSWORD) {
        Ok(password) => password,
        Err(_) if io::stdin().is_terminal() => {
            let words = Words::of_terminal()?;
            rpassword::prompt_password(words.with("hq.said.passwordAsked", &[("who", &name.account)]))?
        }
        Err(_) => io::read_to_string(io::stdin())?,
    };
    Ok(hq.person(&name.account, password.trim()).await?)
}
