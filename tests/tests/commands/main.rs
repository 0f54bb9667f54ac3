//! Whole pieces of work through the commands, without a window: a real HQ, real stores, real papers.

#![cfg(test)]

mod agreeing;
mod background;
mod conflicts;
mod customers;
mod damage;
mod enrolment;
mod exchange;
mod faults;
mod files;
mod ground;
mod host;
mod list;
mod newer;
mod printing;
mod signing;
mod store;
mod stranger;
mod times;
mod typed;
mod visits;
mod wiping;
