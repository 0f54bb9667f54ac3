//! HQ as laptops meet it: a real server in this process, a real HTTP client, a real database. Here it is SQLite; the
//! same tests run on PostgreSQL from `postgres.rs`.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod bundle;
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
mod flips;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod house;
#[cfg(test)]
mod import;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod office;
#[cfg(test)]
mod parting;
#[cfg(test)]
#[path = "place/sqlite.rs"]
mod place;
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
mod sums;
#[cfg(test)]
mod tight;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod watch;
