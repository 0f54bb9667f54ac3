//! The same tests as in `main.rs`, with HQ's records on PostgreSQL.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod checksums;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod crossing;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod enrolment;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod house;
#[cfg(test)]
mod import;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod office;
#[cfg(test)]
mod parting;
#[cfg(test)]
#[path = "place/postgres.rs"]
mod place;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod pull;
#[cfg(test)]
mod push;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod room;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod watch;
