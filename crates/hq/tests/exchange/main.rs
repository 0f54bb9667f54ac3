//! HQ as laptops meet it: a real server in this process, a real HTTP client, a real database in a folder.

#[cfg(test)]
mod attachments;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod enrolment;
#[cfg(test)]
mod house;
#[cfg(test)]
mod import;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod pull;
#[cfg(test)]
mod push;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod tls;
