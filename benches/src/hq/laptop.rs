//! A laptop as HQ meets it: a token, a sequence, a cursor in each feed, and changes to hand in. It keeps no record.

use super::{Failed, line::Line};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    id::{BranchId, RecordId},
    merge::Change,
};
use doorstep_wire::{Hello, HelloReply, Op, Outcome, PROTOCOL, Pull, Push, PushReply, path};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use std::{collections::BTreeMap, net::SocketAddr};

/// A simulated laptop.
#[derive(Debug)]
pub struct Laptop {
    /// What opens HQ to it.
    pub token: String,
    /// Its branch.
    pub branch: BranchId,
    /// How far it is in each feed.
    pub cursors: BTreeMap<String, u64>,
    /// The last sequence it gave.
    pub seq: u64,
}

/// What an exchange brought.
#[derive(Debug, Default, Clone, Copy)]
pub struct Brought {
    /// Entries that came.
    pub entries: u64,
    /// Bytes that came, packed.
    pub bytes: u64,
}

/// A page as far as a laptop without a store reads it.
#[derive(Deserialize)]
struct Skimmed {
    entries: Vec<IgnoredAny>,
    next: u64,
    more: bool,
}

impl Laptop {
    /// Hello, push, and pull until nothing more comes.
    pub async fn sync(&mut self, hq: SocketAddr, changes: u64, now: DateTime<Utc>) -> Result<Brought, Failed> {
        let mut line = Line::to(hq, &self.token).await?;
        let hello = Hello {
            protocol: PROTOCOL,
            app_version: "bench".to_owned(),
            incarnation: 1,
            last_seq: self.seq + changes,
            acked_seq: self.seq,
            site_epoch: 1,
            clock: now,
        };
        let reply: HelloReply = line.post(path::HELLO, &hello).await?;
        let ops: Vec<Op> = (0..changes).map(|_| self.change(now)).collect();
        let pushed: PushReply = line.post(path::PUSH, &Push { incarnation: 1, ops }).await?;
        let landed = pushed.acks.iter().all(|ack| matches!(ack.outcome, Outcome::Accepted { .. }));
        if !landed || pushed.acks.len() as u64 != changes || pushed.acked_seq != self.seq {
            return Err("a change did not land".into());
        }
        let mut brought = Brought::default();
        for feed in reply.feeds.into_keys() {
            loop {
                let after = self.cursors.get(&feed).copied().unwrap_or(0);
                let page: Skimmed =
                    line.post(path::PULL, &Pull { feed: feed.clone(), after, site_epoch: 1, fresh_until: 0 }).await?;
                brought.entries += page.entries.len() as u64;
                self.cursors.insert(feed.clone(), page.next);
                if !page.more {
                    break;
                }
            }
        }
        brought.bytes = line.received;
        Ok(brought)
    }

    /// A customer of its branch, about 600 bytes.
    fn change(&mut self, now: DateTime<Utc>) -> Op {
        self.seq += 1;
        let id = RecordId::new(now, std::array::from_fn(|_| fastrand::u8(..)));
        let fields = [
            ("branch_id", Value::from(self.branch.to_string())),
            ("name", Value::from(format!("四川路桥第{}工程公司", fastrand::u32(..)))),
            ("address", Value::from("四川省成都市高新区天府大道北段 1700 号环球中心")),
            ("phone", Value::from(format!("028-{:08}", fastrand::u32(..100_000_000)))),
            ("notes", Value::from(format!("隧道掘进机 {:016x},主轴承温度偏高,下次上门带密封件。", fastrand::u64(..)))),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), Change { value, base: 0 }));
        Op { seq: self.seq, kind: Kind::CUSTOMER, id, fields: fields.into(), seen: 0, seen_visit: 0, at: now }
    }
}
