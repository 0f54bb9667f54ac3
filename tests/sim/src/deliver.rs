//! What becomes of a request on the line, and what is noted of those that reach HQ.

use crate::{
    line::{Answer, Asked, Request, Response},
    temper::Fate,
    world::World,
};
use anyhow::{Context, Result, ensure};
use doorstep_domain::Kind;
use doorstep_wire::{EntryBody, Page, Push, PushReply, path};
use serde_json::{Value, json};

impl World {
    /// Lets a laptop's request go on, as chance has it.
    ///
    /// # Errors
    /// A finding.
    pub async fn deliver(&mut self, number: usize) -> Result<()> {
        let fate = self.chance.weighed(&self.temper.fates).unwrap_or(Fate::Pass);
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
        self.until_it_waits(number).await
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
        self.requests += 1;
        let request = if self.temper.newer { with_something_newer(request) } else { request.clone() };
        let mut response = self.hq()?.answer(&request, None).await?;
        self.trace.note(format!("  HQ answers {} with {} bytes", response.status, response.body.len()));
        self.trace.weigh(&response.body);
        if response.status == 500 {
            ensure!(self.hq_snagged, "HQ failed: {} {}", request.name(), String::from_utf8_lossy(&response.body));
        }
        if response.status == 200 && request.path == path::PUSH {
            self.pushed(&request, &response)?;
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
        let holder = request.headers.get("authorization").and_then(|token| self.holders.get(token));
        let device = holder.context("a token of nobody")?.device.clone();
        self.ledger.offered(&device, &request.read::<Push>()?)
    }

    fn pushed(&mut self, request: &Request, response: &Response) -> Result<()> {
        let push: Push = request.read()?;
        let reply: PushReply = serde_json::from_slice(&response.body)?;
        let holder = request.headers.get("authorization").and_then(|token| self.holders.get(token));
        let holder = holder.context("a token of nobody")?.clone();
        self.ledger.answered(&holder.device, &holder.branch, &push, &reply)
    }

    /// Nothing of another branch is in a page.
    fn pulled(&mut self, request: &Request, response: &Response) -> Result<()> {
        let page: Page = serde_json::from_slice(&response.body)?;
        let holder = request.headers.get("authorization").and_then(|token| self.holders.get(token));
        let holder = holder.context("a token of nobody")?;
        for entry in &page.entries {
            let EntryBody::State(state) = &entry.body else { continue };
            let branch = state.doc.get("branch_id").and_then(Value::as_str);
            let is_everyones =
                [Kind::TEMPLATE, Kind::PRODUCT, Kind::COMPANY, Kind::BRANCH].contains(&entry.kind) || branch.is_none();
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
        Fate::LaptopDies => "laptops that died asking",
        Fate::LaptopDiesAfter => "laptops that died before their answer",
        Fate::HqDies => "HQ died before a request",
        Fate::HqDiesAfter => "HQ died after a request",
    }
}
