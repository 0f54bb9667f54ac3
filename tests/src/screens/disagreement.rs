//! Two laptops whose engineers changed the same things without a network: the conflicts, and how they are settled.

use super::{
    PASSPHRASE,
    camera::{self, Camera},
};
use crate::{
    headquarters::Headquarters,
    home::Home,
    wait,
    window::{Window, id},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a sync may take.
const SYNC_MAX: Duration = Duration::from_secs(60);

/// Takes the pictures; the laptops and their HQ are gone afterwards.
pub async fn pictures(camera: &mut Camera) -> Result<()> {
    let screens =
        ["conflict", "conflict-times", "conflict-settled", "conflict-none", "visit-conflict", "sync-conflict"];
    if !screens.iter().any(|screen| camera.wants(screen)) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let homes = [Home::new()?, Home::new()?];
    let first = laptop(&hq, &homes[0], "张伟").await?;
    let visit = visit(&first).await?;
    sync(&first).await?;
    let second = laptop(&hq, &homes[1], "李娜").await?;
    let problem = second.call("visit_get", json!({ "id": visit })).await?["problems"][0]["id"].clone();
    let sides = [
        (&first, "打印模板引用了停用的字体“仿宋_GB2312”，新电脑上没有安装", "2026-11-26T02:00:00Z", "周建国"),
        (&second, "客户升级了打印机驱动，纸张边距被改成 0，退回旧驱动后正常", "2026-11-26T06:30:00Z", "何雨桐"),
    ];
    for (window, cause, at, with) in sides {
        let cause = json!({ "kind": "problem", "id": problem, "fields": { "cause": cause } });
        window.call("record_set", cause).await?;
        let agreed = json!({ "with": with, "phone": "13800000101", "at": at, "means": "phone", "agreed_at": "2026-11-24T02:00:00Z" });
        window.call("visit_step", json!({ "id": visit, "step": { "step": "agree", "appointment": agreed } })).await?;
    }
    for window in [&first, &second] {
        sync(window).await?;
    }
    first.close().await?;
    let asked = json!({ "show": "open", "record_id": null, "visit_id": null, "offset": 0, "limit": 10 });
    let rows = second.call("conflict_list", asked).await?["rows"].clone();
    let of = |field: &str| {
        let found = rows.as_array().into_iter().flatten().find(|row| row["field"] == field);
        text(&found.with_context(|| format!("no conflict about {field}: {rows}"))?["id"])
    };
    let (cause, appointment) = (of("cause")?, of("appointment")?);
    each(camera, &second, async |camera: &Camera| {
        camera::at(&second, &format!("conflicts/{cause}"), &id("choose-other")).await?;
        second.click(&id("choose-other")).await?;
        second.fill(&id("conflict-reason"), "已和张伟核对，以现场情况为准").await?;
        camera.take(&second, "conflict").await?;
        camera::at(&second, &format!("conflicts/{appointment}"), &id("choose-other")).await?;
        camera.take(&second, "conflict-times").await?;
        camera::at(&second, &format!("visits/{visit}"), &id("notice-conflicts")).await?;
        camera.take(&second, "visit-conflict").await?;
        camera::at(&second, "sync", &id("open-conflicts")).await?;
        camera.take(&second, "sync-conflict").await
    })
    .await?;
    for row in rows.as_array().into_iter().flatten() {
        let settled = json!({ "id": row["id"], "choice": "other", "reason": "已和张伟核对，以现场情况为准" });
        second.call("conflict_settle", settled).await?;
    }
    sync(&second).await?;
    each(camera, &second, async |camera: &Camera| {
        camera::at(&second, "conflicts", "[data-testid=page-conflicts] [data-testid=empty-state]").await?;
        camera.take(&second, "conflict-none").await?;
        second.click("[data-testid=conflicts-show] .option:last-child").await?;
        second.see(&id("settlement")).await?;
        camera.take(&second, "conflict-settled").await
    })
    .await?;
    second.close().await
}

async fn each(camera: &mut Camera, window: &Window, take: impl AsyncFn(&Camera) -> Result<()>) -> Result<()> {
    for (size, look) in camera.views() {
        camera.look(window, size, look).await?;
        take(camera).await?;
    }
    Ok(())
}

async fn laptop(hq: &Headquarters, home: &Home, engineer: &str) -> Result<Window> {
    let window = Window::open(home, engineer, None).await?;
    window.call("session_create", json!({ "passphrase": PASSPHRASE })).await?;
    let code = hq.enrolment_code("CD", engineer).await?;
    window.call("session_enrol", json!({ "code": code, "device_name": engineer })).await?;
    sync(&window).await?;
    window.run("location.hash = '#/'; location.reload()").await?;
    window.see(&id("page-today")).await?;
    Ok(window)
}

async fn sync(window: &Window) -> Result<()> {
    window.call("sync_start", json!({})).await?;
    let ended = async || {
        let state = window.call("sync_state", json!({})).await?;
        anyhow::ensure!(state["last_error"].is_null(), "the sync did not go through: {state}");
        Ok((state["running"] == false).then_some(()))
    };
    wait::until("the end of the sync", SYNC_MAX, ended).await
}

async fn visit(window: &Window) -> Result<String> {
    let customer = json!({ "kind": "customer", "fields": { "name": "雅江桥隧第一工程有限公司", "level": "company" } });
    let customer = window.call("record_create", customer).await?["id"].clone();
    let planned = json!({
        "customer_id": customer, "kind": "fault", "subject": "单价分析表打印错位", "planned_on": null,
        "installation_id": null,
    });
    let visit = text(&window.call("visit_plan", planned).await?["id"])?;
    let problem = json!({ "visit_id": visit, "symptom": "单价分析表从第 2 页起列宽变化" });
    window.call("record_create", json!({ "kind": "problem", "fields": problem })).await?;
    Ok(visit)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("not a text: {value}"))?.to_owned())
}
