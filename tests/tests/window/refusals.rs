//! What goes wrong is said in the window in plain words, and the work goes on.

use crate::engineer;
use anyhow::{Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    samples,
    window::{self, Window, id},
};
use serde_json::json;

/// Waits for a failure of this code and checks that a person can read it.
async fn said(window: &Window, code: &str, words: &str) -> Result<()> {
    window.until_attribute(&id("error"), "data-code", code).await?;
    let shown = window.text(&id("error")).await?;
    ensure!(shown.contains(words), "{code} reads: {shown}");
    ensure!(!shown.contains(code) && !shown.contains('_'), "a name of ours is on screen: {shown}");
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_is_said_in_plain_words_and_the_work_goes_on() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = Home::new()?;
    let window = Window::open(&home, "refusals", None).await?;
    engineer::make_a_store(&window).await?;
    window.fill(&id("device-name"), "笔记本").await?;
    window.fill(&id("enrolment-code"), "DS1-没有这个码").await?;
    window.click(&id("enrol")).await?;
    said(&window, "code_wrong", "绑定码不正确").await?;
    engineer::enrol(&window, &hq.enrolment_code("CD", "张伟").await?).await?;

    let not_a_list = folder.path().join("客户名单.xlsx");
    std::fs::write(&not_a_list, samples::signature()?)?;
    window.go("customers/import").await?;
    window.choose_file(&id("import-file"), &not_a_list).await?;
    said(&window, "not_a_table", "不是表格").await?;
    samples::workbook(&not_a_list, &[&["客户名称"], &["雅江桥隧工程有限公司"]])?;
    ensure!(engineer::import(&window, &not_a_list).await? == "1");

    let customer = window.call(
        "customer_list",
        json!({
            "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 1,
        }),
    );
    let customer = customer.await?["rows"][0]["id"].clone();
    let planned = window.call(
        "visit_plan",
        json!({
            "customer_id": customer, "kind": "fault", "subject": "照片", "planned_on": null, "installation_id": null,
        }),
    );
    window.go(&format!("visits/{}", engineer::text(&planned.await?["id"])?)).await?;
    let not_a_photo = folder.path().join("现场.jpg");
    std::fs::write(&not_a_photo, "这是一段文字")?;
    window.choose_file(&id("visit-photo-input"), &not_a_photo).await?;
    let words = "return document.body.innerText.includes('这个文件不是能打开的图片')";
    window.until("what is wrong with the photo", words).await?;
    std::fs::write(&not_a_photo, samples::photo(800, 600)?)?;
    window.choose_file(&id("visit-photo-input"), &not_a_photo).await?;
    window.scroll_to(&id("attachment")).await?;
    window.see(&format!("{} img", id("attachment"))).await?;

    drop(hq);
    window.click(&id("nav-sync")).await?;
    window.click(&id("sync-start")).await?;
    said(&window, "hq_unreachable", "连不上总部").await?;
    let waiting = window.call("sync_state", json!({})).await?["waiting"].clone();
    ensure!(waiting.as_u64().unwrap_or_default() > 0, "what waits is still there: {waiting}");
    window.close().await
}
