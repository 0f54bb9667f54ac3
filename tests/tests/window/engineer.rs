//! What an engineer does at the window, step by step.

use anyhow::{Context, Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    wait,
    window::{Window, id},
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Opens the stores that tests make.
pub const PASSPHRASE: &str = "correct horse 电池";
/// How long a sync may take.
const SYNC_MAX: Duration = Duration::from_secs(60);

pub fn list(value: &Value) -> Result<&[Value]> {
    Ok(value.as_array().with_context(|| format!("not a list: {value}"))?)
}

pub fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("not a text: {value}"))?.to_owned())
}

/// A laptop of an engineer, enrolled and synced once.
pub async fn laptop(hq: &Headquarters, home: &Home, branch: &str, engineer: &str) -> Result<Window> {
    let window = Window::open(home, engineer, None).await?;
    make_a_store(&window).await?;
    enrol(&window, &hq.enrolment_code(branch, engineer).await?).await?;
    Ok(window)
}

/// A visit to a customer of its own that stands as planned, where how it came there is not what is tested.
pub async fn planned(window: &Window, kind: &str, subject: &str) -> Result<String> {
    let customer = json!({ "kind": "customer", "fields": { "name": "雅江桥隧工程有限公司", "level": "company" } });
    let customer = &window.call("record_create", customer).await?["id"];
    let visit = json!({
        "customer_id": customer, "kind": kind, "subject": subject, "planned_on": null, "installation_id": null,
    });
    text(&window.call("visit_plan", visit).await?["id"])
}

/// First start: a store with a passphrase.
pub async fn make_a_store(window: &Window) -> Result<()> {
    window.until_attribute(&id("gate"), "data-phase", "first_start").await?;
    // Where there is a keychain, it is offered first.
    if window.has(&id("choose-passphrase")).await? {
        window.click(&id("choose-passphrase")).await?;
    }
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.fill(&id("passphrase-again"), PASSPHRASE).await?;
    window.click(&id("create-with-passphrase")).await?;
    window.until_attribute(&id("gate"), "data-phase", "enrolling").await
}

/// Enrolment, and the first sync that the window offers.
pub async fn enrol(window: &Window, code: &str) -> Result<()> {
    window.fill(&id("enrolment-code"), code).await?;
    window.fill(&id("device-name"), "服务部的笔记本").await?;
    window.click(&id("enrol")).await?;
    window.see(&id("sync-first")).await?;
    sync(window).await
}

/// Syncs from the sync page, to the end.
pub async fn sync(window: &Window) -> Result<()> {
    window.click(&id("nav-sync")).await?;
    let before = list(&window.call("sync_history", json!({})).await?)?.len();
    window.click(&id("sync-start")).await?;
    let ended = || async {
        let runs = window.call("sync_history", json!({})).await?;
        Ok((list(&runs)?.len() > before).then_some(()))
    };
    wait::until("the end of the sync", SYNC_MAX, ended).await?;
    window.until_attribute(&id("page-sync"), "data-running", "false").await?;
    let state = window.call("sync_state", json!({})).await?;
    ensure!(state["last_error"].is_null() && state["waiting"] == 0, "the sync did not go through: {state}");
    Ok(())
}

/// Imports a customer list; gives how many customers came of it.
pub async fn import(window: &Window, file: &Path) -> Result<String> {
    window.click(&id("nav-customers")).await?;
    window.click(&id("customers-menu")).await?;
    window.click(&id("import")).await?;
    window.choose_file(&id("import-file"), file).await?;
    window.until_attribute(&id("page-import"), "data-step", "columns").await?;
    window.click(&id("import-continue")).await?;
    window.until_attribute(&id("page-import"), "data-step", "review").await?;
    window.click(&id("import-run")).await?;
    let created = window.attribute(&id("import-done"), "data-created").await?;
    window.click(&id("import-show")).await?;
    Ok(created)
}

/// Plans a visit of a customer for a day; gives its id.
pub async fn plan(window: &Window, customer: &str, subject: &str, day: &str) -> Result<String> {
    let args =
        json!({ "query": customer, "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 5 });
    let found = window.call("customer_list", args).await?;
    window.fill(&id("customers-search"), customer).await?;
    // A line that moves up under the pointer is not what was pressed.
    window.read(&id("customers-count"), &found["total"].to_string()).await?;
    let line = format!("[data-customer=\"{}\"]", text(&found["rows"][0]["id"])?);
    window.click(&line).await?;
    ensure!(window.text(&id("customer-title")).await? == customer, "another customer's file is open");
    window.click(&id("plan")).await?;
    window.fill_date(&id("plan-date"), day).await?;
    window.fill(&id("plan-subject"), subject).await?;
    window.click(&id("plan-submit")).await?;
    window.until_attribute(&id("visit-workspace"), "data-state", "planned").await?;
    window.attribute(&id("visit-workspace"), "data-visit").await
}

/// Agrees the appointment with the first contact on file, at the time the window suggests.
pub async fn agree(window: &Window) -> Result<()> {
    window.click(&id("step-agree")).await?;
    window.click(&id("step-with")).await?;
    window.click("[role=option]").await?;
    window.click(&id("step-confirm")).await?;
    window.until_attribute(&id("visit-workspace"), "data-state", "agreed").await
}

/// Sets out, arrives, begins: each now.
pub async fn go_there_and_begin(window: &Window) -> Result<()> {
    for (step, state) in [("depart", "on_the_way"), ("arrive", "arrived"), ("begin", "working")] {
        window.click(&id(&format!("step-{step}"))).await?;
        window.click(&id("step-confirm")).await?;
        window.until_attribute(&id("visit-workspace"), "data-state", state).await?;
    }
    Ok(())
}

/// Answers everything that keeps the visit from the customer, item by item as it comes up.
pub async fn answer_what_is_asked(window: &Window, visit: &str) -> Result<()> {
    // Answers bring further items up.
    for _ in 0..8 {
        let file = window.call("visit_get", json!({ "id": visit })).await?;
        let mut asked = 0;
        for checklist in list(&file["checklists"])? {
            for missing in list(&checklist["review"]["missing"])? {
                // A fault visit gets its problem, the others none.
                let denied = if file["visit"]["kind"] == "fault" { "no_problem" } else { "problem" };
                answer(window, checklist, missing, denied).await?;
                asked += 1;
            }
        }
        if asked == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("the checklists still ask after eight rounds")
}

/// An answer that passes and does not say what is denied.
async fn answer(window: &Window, checklist: &Value, item: &Value, denied: &str) -> Result<()> {
    let sections = list(&checklist["template"]["sections"])?;
    let mut items = sections.iter().flat_map(|section| section["items"].as_array().into_iter().flatten());
    let found = items.find(|one| one["id"] == *item).with_context(|| format!("no item {item}"))?;
    let kind = &found["answer"];
    let place = format!("{} [data-testid=\"answer-{}\"]", within(checklist)?, text(item)?);
    let fits = |o: &&Value| o["fails"] != true && o["says"] != denied;
    let good = || list(&kind["options"])?.iter().find(fits).context("no good option");
    let choice = match kind["kind"].as_str().unwrap_or_default() {
        "yes_no" => Some("yes".to_owned()),
        "choice" if kind["expected"].is_string() => Some(text(&kind["expected"])?),
        "choice" | "choices" => Some(text(&good()?["id"])?),
        _ => None,
    };
    if let Some(choice) = choice {
        return choose(window, checklist, &text(item)?, &choice).await;
    }
    match kind["kind"].as_str() {
        Some("date") => window.fill_date(&place, "2026-12-01").await?,
        Some("number") => window.fill(&place, "12").await?,
        _ => window.fill(&place, "路衡公路造价 11.2").await?,
    }
    answered(window, checklist, &text(item)?).await
}

/// Clicks an option of an item and waits until it is stored.
pub async fn choose(window: &Window, checklist: &Value, item: &str, option: &str) -> Result<()> {
    let pill = format!("{} [data-testid=\"answer-{item}-{option}\"]", within(checklist)?);
    window.click(&pill).await?;
    answered(window, checklist, item).await
}

async fn answered(window: &Window, checklist: &Value, item: &str) -> Result<()> {
    let place = format!("{} [data-testid=\"item-{item}\"]", within(checklist)?);
    let script = "const e = document.querySelector(arguments[0]); return e && e.dataset.outcome !== 'open'";
    window.until_with(&format!("the answer to {item}"), SYNC_MAX, script, vec![json!(place)]).await.map(drop)
}

/// The selector of a checklist of the visit.
pub fn within(checklist: &Value) -> Result<String> {
    Ok(format!("[data-testid=\"checklist-{}\"]", text(&checklist["template"]["code"])?))
}

/// A checklist of the visit, by its code.
pub async fn checklist(window: &Window, visit: &str, code: &str) -> Result<Value> {
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    let found = list(&file["checklists"])?.iter().find(|one| one["template"]["code"] == code).cloned();
    found.with_context(|| format!("the visit has no checklist {code}"))
}

/// Hands the laptop to the customer, who reads, gives an opinion and signs by drawing.
pub async fn have_it_signed(window: &Window, grade: u8, words: &str) -> Result<String> {
    window.click(&id("step-present")).await?;
    window.until_attribute(&id("signing"), "data-step", "read").await?;
    window.see("#signing-body canvas").await?;
    window.click(&id("signing-next")).await?;
    window.click(&id(&format!("grade-{grade}"))).await?;
    window.fill(&id("opinion-words"), words).await?;
    window.click(&id("signing-next")).await?;
    window.click(&id("consent")).await?;
    window.scroll_to(&id("signature")).await?;
    let strokes: [&[(f64, f64)]; 3] = [
        &[(-200.0, -40.0), (-150.0, 20.0), (-90.0, -30.0), (-40.0, 40.0)],
        &[(-10.0, -50.0), (0.0, 0.0), (10.0, 60.0)],
        &[(40.0, 0.0), (90.0, -40.0), (150.0, 30.0), (220.0, -20.0)],
    ];
    window.draw(&id("signature"), &strokes).await?;
    window.until_attribute(&id("signature"), "data-strokes", "3").await?;
    window.click(&id("signing-confirm")).await?;
    window.text(&id("signing-number")).await
}

/// Adds a printer by its address and prints the receipt that is open on it.
pub async fn print(window: &Window, address: &str) -> Result<()> {
    window.click(&id("receipt-print")).await?;
    window.fill(&id("printer-address"), address).await?;
    window.click(&id("printer-add")).await?;
    window.see(&format!("label:has(input[value=\"{address}\"]:checked)")).await?;
    window.click(&id("print-confirm")).await?;
    let closed = "return document.querySelector('[data-testid=print-dialog]') === null";
    window.until("the end of printing", closed).await.map(drop)
}
