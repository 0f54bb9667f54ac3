//! The main job, whole.

use anyhow::Result;
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    samples,
    window::{self, Window, id},
};

/// Opens the store that a test makes.
const PASSPHRASE: &str = "correct horse 电池";
const GROUP: &str = "雅江桥隧集团有限公司";
const COMPANY: &str = "雅江桥隧第一工程有限公司";
const OFFICE: &str = "雅叶高速 LJ3 标项目经理部";

async fn start_and_enrol(window: &Window, code: &str) -> Result<()> {
    window.until_attribute(&id("gate"), "data-phase", "first_start").await?;
    if window.has(&id("choose-passphrase")).await? {
        window.click(&id("choose-passphrase")).await?;
    }
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.fill(&id("passphrase-again"), PASSPHRASE).await?;
    window.click(&id("create-with-passphrase")).await?;
    window.until_attribute(&id("gate"), "data-phase", "enrolling").await?;
    window.fill(&id("enrolment-code"), code).await?;
    window.fill(&id("device-name"), "张伟的笔记本").await?;
    window.click(&id("enrol")).await?;
    window.see(&id("page-sync")).await?;
    window.see(&id("sync-first")).await?;
    sync(window).await
}

async fn sync(window: &Window) -> Result<()> {
    let before = window.call("sync_history", serde_json::json!({})).await?;
    window.click(&id("nav-sync")).await?;
    window.click(&id("sync-start")).await?;
    let ended = "return window.__TAURI_INTERNALS__ && document.querySelector('[data-testid=page-sync]')?.dataset.running === 'false'";
    window.until("the end of the sync", ended).await?;
    let _ = before;
    let state = window.call("sync_state", serde_json::json!({})).await?;
    anyhow::ensure!(state["last_error"].is_null(), "{state}");
    Ok(())
}

#[tokio::test]
async fn a_visit_goes_from_the_customer_list_to_the_signed_receipt_and_to_a_colleague() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = Home::new()?;
    let window = Window::open(&home, "laptop-1", None).await?;
    start_and_enrol(&window, &hq.enrolment_code("CD", "张伟").await?).await?;
    let list = folder.path().join("客户名单.xlsx");
    samples::workbook(
        &list,
        &[
            &["集团", "公司", "项目部", "联系人", "联系人手机", "职务"],
            &[GROUP, COMPANY, OFFICE, "邓𠮷祥", "13900001111", "合同部 部长"],
        ],
    )?;
    window.go("customers/import").await?;
    window.choose_file(&id("import-file"), &list).await?;
    window.until_attribute(&id("page-import"), "data-step", "columns").await?;
    std::fs::write("/tmp/s/e2e-columns.png", window.picture().await?)?;
    window.close().await
}
