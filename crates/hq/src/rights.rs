//! Who acts at HQ, and what that lets them do: an account with its role, within its branch where it has one, or HQ's keeper
//! at the machine itself.

use crate::accounts::Role;
use doorstep_domain::{Code, Refusal, id::BranchId};

/// What an account may do beyond looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Settle conflicts.
    Settle,
    /// Give a leaver's visits to a colleague.
    Reassign,
    /// Switch laptops off, and ask that one be wiped.
    SwitchOff,
    /// What reaches beyond a branch: confirm a wipe, move an engineer, hand in what waits on a laptop that is off.
    House,
    /// Read the trail.
    Trail,
}

/// A person at HQ, by their account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account's name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The branch that bounds it; absent for all of them.
    pub branch_id: Option<BranchId>,
}

impl Person {
    /// # Errors
    /// [`Code::OutOfScope`].
    pub fn may(&self, right: Right) -> Result<(), Refusal> {
        let may = match (self.role, right) {
            (Role::Administrator, _) => true,
            (Role::ServiceCentre, right) => right != Right::Trail,
            (Role::BranchManager, right) => matches!(right, Right::Settle | Right::Reassign | Right::SwitchOff),
            (Role::Assistant, _) => false,
        };
        // Whoever is bound to a branch does nothing beyond it, whatever the role.
        let beyond = matches!(right, Right::House | Right::Trail) && self.branch_id.is_some();
        if may && !beyond { Ok(()) } else { Err(Refusal::new(Code::OutOfScope, "not for an account of this role")) }
    }

    /// Whether what belongs to this branch is theirs to see.
    ///
    /// # Errors
    /// [`Code::OutOfScope`].
    pub fn sees(&self, branch: Option<BranchId>) -> Result<(), Refusal> {
        if self.branch_id.is_none() || self.branch_id == branch {
            Ok(())
        } else {
            Err(Refusal::new(Code::OutOfScope, "of another branch"))
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// HQ's keeper, at the machine: may do what one person may.
    Keeper,
    /// An account.
    Account(&'a Person),
}

impl By<'_> {
    /// The account, for the trail.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Keeper => None,
            Self::Account(person) => Some(&person.name),
        }
    }

    /// The one branch that they see; absent for all.
    #[must_use]
    pub fn branch(&self) -> Option<BranchId> {
        match self {
            Self::Keeper => None,
            Self::Account(person) => person.branch_id,
        }
    }

    /// # Errors
    /// As [`Person::may`].
    pub fn may(&self, right: Right) -> Result<(), Refusal> {
        match self {
            Self::Keeper => Ok(()),
            Self::Account(person) => person.may(right),
        }
    }

    /// # Errors
    /// As [`Person::sees`].
    pub fn sees(&self, branch: Option<BranchId>) -> Result<(), Refusal> {
        match self {
            Self::Keeper => Ok(()),
            Self::Account(person) => person.sees(branch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::id::RecordId;

    const ALL: [Right; 5] = [Right::Settle, Right::Reassign, Right::SwitchOff, Right::House, Right::Trail];

    fn person(role: Role, branch: Option<u128>) -> Person {
        let branch_id = branch.map(|n| RecordId(uuid::Uuid::from_u128(n)).into());
        Person { name: "周芳".to_owned(), role, branch_id }
    }

    #[test]
    fn a_role_may_do_what_it_is_for_and_nothing_beyond_its_branch() {
        let rights = |person: &Person| ALL.iter().filter(|right| person.may(**right).is_ok()).count();
        assert_eq!(rights(&person(Role::Administrator, None)), 5);
        assert_eq!(rights(&person(Role::ServiceCentre, None)), 4);
        assert_eq!(rights(&person(Role::BranchManager, Some(1))), 3);
        assert_eq!(rights(&person(Role::Administrator, Some(1))), 3);
        assert_eq!(rights(&person(Role::Assistant, None)), 0);
        let manager = person(Role::BranchManager, Some(1));
        manager.sees(manager.branch_id).unwrap();
        for other in [person(Role::Assistant, Some(2)).branch_id, None] {
            assert_eq!(manager.sees(other).unwrap_err().code, Code::OutOfScope);
        }
        person(Role::Assistant, None).sees(manager.branch_id).unwrap();
    }
}
