//! HQ as laptops meet it: a real server in this process, a real HTTP client, a real database in a folder.

mod attachments;
mod enrolment;
mod house;
mod import;
mod merge;
mod pull;
mod push;
mod storage;
mod tls;
