//! Pictures on their way between this window and others: copied, pasted, dropped.

use crate::engineer::{self, list};
use anyhow::{Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    samples,
    window::{self, Window, id},
};
use serde_json::{Value, json};

/// Width of a receipt that is copied as a picture, in pixels.
const COPIED_WIDTH: u64 = 1240;

/// Waits until the visit has so many attachments, and gives them.
pub async fn attachments(window: &Window, visit: &str, count: usize) -> Result<Vec<Value>> {
    let shown = format!("return document.querySelectorAll('{}').length === {count}", id("attachment"));
    window.scroll_to("[data-part=attachments]").await?;
    window.until(&format!("{count} attachments"), &shown).await?;
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    Ok(list(&file["attachments"])?.iter().map(|entry| entry["attachment"].clone()).collect())
}

/// Takes a visit to where its receipt can be read, without a checklist.
async fn put_before_the_customer(window: &Window, visit: &str) -> Result<()> {
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    for checklist in list(&file["checklists"])? {
        let args = json!({ "visit": visit, "template": checklist["template_id"] });
        window.call("checklist_remove", args).await?;
    }
    let now = window.run("return new Date().toISOString()").await?;
    for step in [
        json!({ "step": "depart", "at": now, "without_appointment": "客户来电邀请" }),
        json!({ "step": "arrive", "at": now }),
        json!({ "step": "begin", "at": now }),
    ] {
        window.call("visit_step", json!({ "id": visit, "step": step })).await?;
    }
    window.call("visit_present", json!({ "id": visit })).await.map(drop)
}

#[tokio::test]
async fn the_receipt_is_copied_as_a_picture_and_pictures_are_pasted_and_dropped_onto_a_visit() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = Home::new()?;
    let window = engineer::laptop(&hq, &home, "CD", "张伟").await?;
    let visit = engineer::planned(&window, "return_visit", "照片").await?;
    put_before_the_customer(&window, &visit).await?;

    window.go(&format!("visits/{visit}/receipt")).await?;
    window.see("[data-testid=receipt] canvas").await?;
    window.click(&id("receipt-copy")).await?;
    window.read(".toast", "已复制").await?;
    window.go(&format!("visits/{visit}")).await?;
    window.see(&id("visit-workspace")).await?;
    window.paste().await?;
    let pasted = attachments(&window, &visit, 1).await?;
    ensure!(pasted[0]["role"] == "photo" && pasted[0]["width"] == COPIED_WIDTH, "the receipt came as {pasted:?}");

    let photo = STANDARD.encode(samples::photo(800, 600)?);
    window.drop_onto("[data-part=overview]", "现场.jpg", "image/jpeg", &photo).await?;
    let dropped = attachments(&window, &visit, 2).await?;
    ensure!(dropped.iter().any(|one| one["name"] == "现场.jpg" && one["role"] == "photo"), "{dropped:?}");
    // A photo that was copied in part is not taken, and says so; what is there stays.
    let cut = STANDARD.encode(&samples::photo(800, 600)?[..4000]);
    window.drop_onto("[data-part=attachments] fieldset", "半张.jpg", "image/jpeg", &cut).await?;
    window.until("what is wrong", "return document.body.innerText.includes('只复制了一部分')").await?;
    attachments(&window, &visit, 2).await?;
    window.close().await
}
