//! What becomes of a request on the line, and what is noted of those that reach HQ.

use crate::{
    ledger::Row,
    line::{Answer, Asked, Request, Response},
    temper::Fate,
    verdict::{Audience, audience},
    world::{Holder, World},
};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use doorstep_domain::Kind;
use doorstep_wire::{EntryBody, Missing, Page, Push, PushReply, path};
use serde_json::{Value, json};

impl World {
    /// Lets a laptop's request go on, as chance has it.
    ///
    /// # Errors
    /// A finding.
    pub async fn deliver(&mut self, number: usize) -> Result<()> {
        // Nothing but a file's bytes travels without being looked at.
        let bytes = self.parked.get(&number).is_some_and(|asked| ["GET", "PATCH"].contains(&asked.request.method));
        let fate = match self.chance.weighed(&self.temper.fates) {
            _ if bytes && self.chance.happens(self.temper.garbles) => Fate::Garbled,
            fate => fate.unwrap_or(Fate::Pass),
        };
        self.deliver_as(number, fate).await
    }

    /// Lets a laptop's request go on in a given way.
    ///
    /// # Errors
    /// A finding.
    pub async fn deliver_as(&mut self, number: usize, fate: Fate) -> Result<()> {
        let asked = self.parked.remove(&number).with_context(|| format!("laptop {number} asks nothing"))?;
        if fate != Fate::Pass {
            self.trace.note(format!("{fate:?}"));
            self.trace.count(name(fate));
        }
        let answer = self.answer(&asked, fate).await?;
        if matches!(fate, Fate::LaptopDies | Fate::LaptopDiesAfter) {
            return self.restart_laptop(number, None).await;
        }
        // The laptop waits for it: it was not stopped.
        drop(asked.answer.send(answer));
        self.until_it_waits(number).await?;
        if self.laptop(number)?.exchanges() { Ok(()) } else { self.glance(number).await }
    }

    async fn answer(&mut self, asked: &Asked, fate: Fate) -> Result<Answer> {
        let request = &asked.request;
        let bytes = request.body.len();
        match fate {
            Fate::Pass => Ok(Answer::Came(self.reach(request).await?)),
            Fate::LostBefore | Fate::LaptopDies => Ok(Answer::Broken),
            Fate::LostAfter | Fate::LaptopDiesAfter => self.reach(request).await.map(|_| Answer::Broken),
            Fate::Doubled => {
                let first = self.reach(request).await?;
                let second = self.reach(request).await?;
                let is_first = self.chance.happens(500);
                Ok(Answer::Came(if is_first { first } else { second }))
            }
            Fate::Late => {
                self.late.push(request.clone());
                Ok(Answer::Broken)
            }
            Fate::Again => {
                self.late.push(request.clone());
                Ok(Answer::Came(self.reach(request).await?))
            }
            Fate::CutBefore => {
                let cut = self.chance.below(bytes);
                self.hq()?.answer(request, Some(cut)).await?;
                Ok(Answer::Broken)
            }
            Fate::CutAfter => {
                let response = self.reach(request).await?;
                let cut = self.chance.below(response.body.len());
                Ok(Answer::Cut(response, cut))
            }
            Fate::Stranger => {
                let body = "<html>请登录</html>".into();
                Ok(Answer::Came(Response { status: 200, headers: Default::default(), body }))
            }
            Fate::Garbled => {
                let request = Request { body: garbled(request.method, "PATCH", &request.body), ..request.clone() };
                let response = self.reach(&request).await?;
                let body = garbled(request.method, "GET", &response.body);
                self.garbled |= body != response.body || request.method == "PATCH";
                Ok(Answer::Came(Response { body, ..response }))
            }
            Fate::HqDies => {
                self.restart_hq().await?;
                Ok(Answer::Broken)
            }
            Fate::HqDiesAfter => {
                self.reach(request).await?;
                self.restart_hq().await?;
                Ok(Answer::Broken)
            }
        }
    }

    /// A late request comes to HQ; nobody waits for the answer.
    ///
    /// # Errors
    /// A finding.
    pub async fn late_comes(&mut self) -> Result<()> {
        if self.late.is_empty() {
            return Ok(());
        }
        let at = self.chance.below(self.late.len());
        let request = self.late.swap_remove(at);
        self.trace.note(format!("late: {}", request.name()));
        self.trace.count("late requests that came");
        self.reach(&request).await.map(drop)
    }

    /// A request reaches HQ whole; its answer is looked at before anything becomes of it.
    async fn reach(&mut self, request: &Request) -> Result<Response> {
        let request = if self.temper.newer { with_something_newer(request) } else { request.clone() };
        let mut response = self.hq()?.answer(&request, None).await?;
        self.trace.note(format!("  HQ answers {} with {} bytes", response.status, response.body.len()));
        self.trace.weigh(&response.body);
        // A file whose laptop has not sent it is asked for again and again, and that is no work.
        self.requests += u64::from(response.status != 404);
        if response.status == 500 {
            ensure!(self.hq_snagged, "HQ failed: {} {}", request.name(), String::from_utf8_lossy(&response.body));
        }
        if response.status == 507 {
            self.trace.count("requests for which HQ had no room");
            ensure!(self.hq_full, "HQ found no room: {} {}", request.name(), String::from_utf8_lossy(&response.body));
        }
        let mends = [path::DIGEST, path::BUCKET].contains(&request.path.as_str());
        // What an HQ that was restored does not have any more leaves by the digest.
        ensure!(!mends || !self.ledger.restores.is_empty(), "a laptop's records differ from HQ's by their digest");
        if response.status == 200 && request.path == path::PUSH {
            self.pushed(&request, &response)?;
        }
        if response.status == 200 && request.path == path::OFFER {
            let holder = self.holder(&request)?.clone();
            self.ledger.offered_back(&holder, &request.read()?, &serde_json::from_slice(&response.body)?)?;
        }
        if response.status == 200 && request.path == path::MISSING {
            let Missing { missing } = serde_json::from_slice(&response.body)?;
            missing.iter().for_each(|_| self.trace.count("files that HQ lost and a laptop had"));
        }
        if response.status == 200 && request.path == path::PULL {
            self.pulled(&request, &response)?;
        }
        if self.temper.newer && response.status == 200 && request.method == "POST" {
            response.body = newer_body(&response.body).into();
        }
        Ok(response)
    }

    /// Before it is known whether HQ hears it: what is offered stays as it is.
    ///
    /// # Errors
    /// A finding.
    pub fn offered(&mut self, request: &Request) -> Result<()> {
        if request.path != path::PUSH {
            return Ok(());
        }
        let device = self.holder(request)?.device.clone();
        self.ledger.offered(&device, &request.read::<Push>()?)
    }

    fn holder(&self, request: &Request) -> Result<&Holder> {
        let holder = request.headers.get("authorization").and_then(|token| self.holders.get(token));
        holder.context("a token of nobody")
    }

    fn pushed(&mut self, request: &Request, response: &Response) -> Result<()> {
        let push: Push = request.read()?;
        let reply: PushReply = serde_json::from_slice(&response.body)?;
        let holder = self.holder(request)?.clone();
        self.ledger.answered(&holder.device, &holder.branch, &push, &reply)
    }

    /// A laptop asks HQ for what is another branch's: a feed, and the bytes of a file.
    ///
    /// # Errors
    /// When it gets it.
    pub async fn pry(&mut self, number: usize) -> Result<()> {
        let identity = self.laptop(number)?.identity().await?;
        let own = identity.branch_id.to_string();
        let token = format!("Bearer {}", identity.token);
        let Some(other) = self.branches.iter().find(|branch| **branch != own) else { return Ok(()) };
        let pull = json!({"feed": format!("branch:{other}"), "after": 0, "site_epoch": identity.site_epoch});
        let mut request = Request::post(path::PULL, &pull)?;
        request.headers.insert("authorization", token.clone());
        let response = self.hq()?.answer(&request, None).await?;
        ensure!(response.status != 200, "a laptop of {own} pulled the feed of {other}");
        let all = || self.files.iter().chain(&self.lost_files);
        let is_foreign = |hash: &str| all().all(|(other, branch, _)| other != hash || *branch != own);
        let foreign: Vec<&str> = self.files.iter().map(|(hash, ..)| hash.as_str()).filter(|h| is_foreign(h)).collect();
        let Some(hash) = self.chance.pick(&foreign).copied() else { return Ok(()) };
        let mut request = Request::of_bytes("GET", hash);
        request.headers.insert("authorization", token);
        let response = self.hq()?.answer(&request, None).await?;
        self.trace.count("files of another branch that were asked for");
        ensure!(response.status / 100 != 2, "a laptop of {own} got the bytes of {hash}, a file of another branch");
        Ok(())
    }

    /// What is its author's alone goes to their laptops and to no others, and neither does a conflict about it.
    fn is_for(&self, holder: &Holder, row: &Row) -> Result<()> {
        let about = self.ledger.conflicts.get(&row.1).map_or(row, |place| &place.0);
        let author = self.ledger.author.get(about).filter(|_| matches!(audience(&about.0), Audience::Author));
        ensure!(
            author.is_none_or(|author| *author == holder.engineer),
            "{row:?} of engineer {author:?} went to a laptop of {}",
            holder.engineer
        );
        Ok(())
    }

    /// Nothing of another branch is in a page.
    fn pulled(&mut self, request: &Request, response: &Response) -> Result<()> {
        let page: Page = serde_json::from_slice(&response.body)?;
        let holder = self.holder(request)?.clone();
        for entry in &page.entries {
            let EntryBody::State(state) = &entry.body else { continue };
            if entry.kind == Kind::CONFLICT {
                let text = |name: &str| state.doc.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let place = ((text("record_kind"), text("record_id")), text("field"));
                let id = entry.id.to_string();
                if state.doc.get("about_seal") == Some(&Value::Bool(true)) {
                    self.ledger.proposals.insert(id.clone());
                } else {
                    self.ledger.proposals.remove(&id);
                }
                self.ledger.conflicts.insert(id, place);
            }
            self.is_for(&holder, &(entry.kind.to_string(), entry.id.to_string()))?;
            let branch = state.doc.get("branch_id").and_then(Value::as_str);
            // A conflict goes where its record goes, and names the branch in which it came up.
            let is_everyones = entry.kind == Kind::CONFLICT
                || [Kind::TEMPLATE, Kind::PRODUCT, Kind::COMPANY, Kind::BRANCH].contains(&entry.kind)
                || branch.is_none();
            ensure!(
                is_everyones || branch == Some(holder.branch.as_str()),
                "{} {} of branch {branch:?} went to a laptop of {}",
                entry.kind,
                entry.id,
                holder.branch
            );
        }
        Ok(())
    }
}

/// A message as a newer version writes it: with fields that this one does not know.
fn with_something_newer(request: &Request) -> Request {
    if request.method != "POST" {
        return request.clone();
    }
    Request { body: newer_body(&request.body).into(), ..request.clone() }
}

/// The bytes of a file with one of them changed.
fn garbled(method: &str, of: &str, bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if method == of
        && let Some(byte) = bytes.get_mut(middle)
    {
        *byte ^= 1;
    }
    bytes.into()
}

fn newer_body(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut message)) => {
            message.insert("a_newer_field".to_owned(), json!({"of": ["another", 2.5, null]}));
            Value::Object(message).to_string().into_bytes()
        }
        _ => body.to_vec(),
    }
}

fn name(fate: Fate) -> &'static str {
    match fate {
        Fate::Pass => "requests that went through",
        Fate::LostBefore => "requests lost",
        Fate::LostAfter => "answers lost",
        Fate::Doubled => "requests doubled",
        Fate::Late => "requests late",
        Fate::Again => "requests that came again",
        Fate::CutBefore => "requests cut",
        Fate::CutAfter => "answers cut",
        Fate::Stranger => "strangers",
        Fate::Garbled => "files garbled",
        Fate::LaptopDies => "laptops that died asking",
        Fate::LaptopDiesAfter => "laptops that died before their answer",
        Fate::HqDies => "HQ died before a request",
        Fate::HqDiesAfter => "HQ died after a request",
    }
}
