//! No line at all: a customer entered twice is merged, what waits goes to HQ by file, and a colleague takes it apart.

use crate::engineer::{self, text};
use anyhow::{Context, Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    window::{self, Window, id},
};
use serde_json::{Value, json};
use std::path::PathBuf;

const STAYS: &str = "四川兴蜀公路建设有限公司";
const GOES: &str = "兴蜀公路公司";

async fn customer(window: &Window, name: &str) -> Result<String> {
    let args = json!({ "kind": "customer", "fields": { "name": name, "level": "company" } });
    text(&window.call("record_create", args).await?["id"])
}

/// Merges one customer into another from its file.
async fn merge(window: &Window, from: &str, into: &str) -> Result<()> {
    window.go(&format!("customers/{from}")).await?;
    window.click(&id("customer-menu")).await?;
    window.click(&id("customer-merge")).await?;
    window.click(&id("merge-into")).await?;
    window.fill_and_stay(&id("merge-into"), into).await?;
    window.click(".popup [role=option]").await?;
    window.click(&id("merge-submit")).await
}

/// Exports what waits; gives where the file is.
async fn export(window: &Window) -> Result<PathBuf> {
    window.click(&id("nav-sync")).await?;
    window.click(&id("stick-export")).await?;
    let said = window.text(&id("stick-exported")).await?;
    let path = said.split_whitespace().map(PathBuf::from).find(|path| path.is_absolute());
    path.with_context(|| said.clone())
}

async fn waiting(window: &Window) -> Result<Value> {
    Ok(window.call("sync_state", json!({})).await?["waiting"].clone())
}

#[tokio::test]
async fn with_no_line_at_all_work_goes_to_hq_by_file_and_a_merged_customer_is_taken_apart_by_a_colleague() -> Result<()>
{
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let homes = [Home::new()?, Home::new()?];
    let first = engineer::laptop(&hq, &homes[0], "CD", "张伟").await?;
    let (stays, goes) = (customer(&first, STAYS).await?, customer(&first, GOES).await?);
    merge(&first, &goes, STAYS).await?;
    first.read(&id("customer-title"), STAYS).await?;
    first.read(&id("merged-row"), GOES).await?;

    let file = export(&first).await?;
    ensure!(waiting(&first).await? != 0, "nothing counts as sent before HQ's answer is here");
    let answer = folder.path().join("answer.doorstep");
    hq.take_bundle(&file, &answer).await?;
    // What is no answer says so, and takes nothing.
    let other = folder.path().join("other.doorstep");
    std::fs::write(&other, b"PK\x03\x04")?;
    first.choose_file(&id("stick-file"), &other).await?;
    first.until_attribute(&id("error"), "data-code", "not_a_bundle").await?;
    first.choose_file(&id("stick-file"), &answer).await?;
    first.see(&id("stick-answer")).await?;
    ensure!(waiting(&first).await? == 0, "HQ has it all: {}", waiting(&first).await?);

    let second = engineer::laptop(&hq, &homes[1], "CD", "李娜").await?;
    // The address of the one that was merged leads to the one that stands for it.
    second.go(&format!("customers/{goes}")).await?;
    second.read(&id("customer-title"), STAYS).await?;
    ensure!(second.attribute(&id("customer-file"), "data-customer").await? == stays, "another file is open");
    second.click(&id("unmerge")).await?;
    second.until("nothing merged any more", "return !document.querySelector('[data-testid=merged]')").await?;
    second.go(&format!("customers/{goes}")).await?;
    second.read(&id("customer-title"), GOES).await?;
    for window in [&second, &first] {
        engineer::sync(window).await?;
    }
    first.go(&format!("customers/{goes}")).await?;
    first.read(&id("customer-title"), GOES).await?;
    for window in [first, second] {
        window.close().await?;
    }
    Ok(())
}
