//! Two engineers change the same part of a visit with no network: both see it, one settles it, both agree.

use crate::engineer::{self, list, text};
use anyhow::{Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    window::{self, Window, id},
};
use serde_json::{Value, json};

const FIRST: &str = "打印模板引用了停用的字体";
const SECOND: &str = "打印机驱动把边距改成了零";
const REASON: &str = "已和张伟核对，以现场情况为准";

/// A visit with a problem whose cause nobody has found yet; gives both.
async fn visit_with_a_problem(window: &Window) -> Result<(String, String)> {
    let visit = engineer::planned(window, "fault", "单价分析表打印错位").await?;
    let problem = json!({ "kind": "problem", "fields": { "visit_id": visit, "symptom": "第 2 页起列宽变化" } });
    let problem = text(&window.call("record_create", problem).await?["id"])?;
    Ok((visit, problem))
}

/// Writes the cause into its field, with no network in sight.
async fn write_cause(window: &Window, visit: &str, cause: &str) -> Result<()> {
    window.go(&format!("visits/{visit}")).await?;
    window.fill(&id("problem-cause"), cause).await?;
    let written = async || {
        let file = window.call("visit_get", json!({ "id": visit })).await?;
        Ok((file["problems"][0]["problem"]["cause"] == cause).then_some(()))
    };
    doorstep_tests::wait::until("the cause in the store", std::time::Duration::from_secs(20), written).await
}

/// What a laptop has of the visit and of its conflicts, without what belongs to one laptop.
async fn agreed(window: &Window, visit: &str) -> Result<Value> {
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    let asked = json!({ "show": "settled", "record_id": null, "visit_id": visit, "offset": 0, "limit": 10 });
    let page = window.call("conflict_list", asked).await?;
    let settled = list(&page["rows"])?.iter().map(|row| {
        let (standing, other, how) = (&row["standing"], &row["other"], &row["settled"]);
        json!([
            standing["value"],
            standing["engineer"],
            other["value"],
            other["engineer"],
            how["by"],
            how["reason"],
            how["value"]
        ])
    });
    Ok(json!({ "problem": file["problems"][0]["problem"], "settled": settled.collect::<Vec<_>>() }))
}

#[tokio::test]
async fn two_people_edit_the_same_visit_offline_both_see_it_one_settles_it_and_both_agree() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let homes = [Home::new()?, Home::new()?];
    let first = engineer::laptop(&hq, &homes[0], "CD", "张伟").await?;
    let (visit, _) = visit_with_a_problem(&first).await?;
    engineer::sync(&first).await?;
    let second = engineer::laptop(&hq, &homes[1], "CD", "李娜").await?;
    write_cause(&first, &visit, FIRST).await?;
    write_cause(&second, &visit, SECOND).await?;
    for window in [&first, &second, &first] {
        engineer::sync(window).await?;
    }

    for window in [&first, &second] {
        window.read(&id("sync-conflicts"), "1").await?;
        window.go(&format!("visits/{visit}")).await?;
        window.see(&id("notice-conflicts")).await?;
        window.click(&id("show-conflicts")).await?;
        window.see(&id("conflict")).await?;
        window.read(&id("side-standing"), FIRST).await?;
        window.read(&id("side-standing"), "张伟").await?;
        window.read(&id("side-other"), SECOND).await?;
        window.read(&id("side-other"), "李娜").await?;
        // What stands meanwhile is what HQ got first, on both laptops.
        let file = window.call("visit_get", json!({ "id": visit })).await?;
        ensure!(file["problems"][0]["problem"]["cause"] == FIRST, "{}", file["problems"]);
    }

    second.click(&id("choose-other")).await?;
    second.fill(&id("conflict-reason"), REASON).await?;
    second.click(&id("conflict-settle")).await?;
    second.see("[data-testid=page-conflicts] [data-testid=empty-state]").await?;
    for window in [&second, &first] {
        engineer::sync(window).await?;
    }
    let (one, other) = (agreed(&first, &visit).await?, agreed(&second, &visit).await?);
    ensure!(one == other, "they differ: {one} and {other}");
    ensure!(one["problem"]["cause"] == SECOND, "{one}");
    let trail = json!([[FIRST, "张伟", SECOND, "李娜", "李娜", REASON, SECOND]]);
    ensure!(one["settled"] == trail, "the trail is {}", one["settled"]);

    first.read(&id("sync-conflicts"), "0").await?;
    first.click(&id("open-conflicts")).await?;
    first.read(&id("settlement"), REASON).await?;
    first.go(&format!("visits/{visit}")).await?;
    first.see(&id("problem-cause")).await?;
    ensure!(!first.has(&id("notice-conflicts")).await?, "the visit still asks to settle");
    for window in [first, second] {
        window.close().await?;
    }
    Ok(())
}
