//! A laptop with a branch's week on it: every screen of daily work.

use super::camera::{self, Camera};
use crate::{
    samples,
    window::{Window, id},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// What the pictures are taken of.
pub struct Week {
    customer: String,
    at_work: String,
    presented: String,
    sealed: String,
    list: PathBuf,
    _folder: TempDir,
}

impl Week {
    /// Finds the customers and visits of the week, and puts one visit before its customer.
    pub async fn prepared(window: &Window) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("客户名单.xlsx");
        let rows: [&[&str]; 6] = [
            &["集团", "公司", "项目部", "地区", "电话", "联系人", "手机", "职务", "加密锁号", "备注"],
            &[
                "",
                "岷峨造价事务所",
                "",
                "四川 眉山",
                "028-38200001",
                "解放",
                "13800000115",
                "所长",
                "LH-2018-00460",
                "",
            ],
            &[
                "青衣江路桥集团有限公司",
                "青衣江路桥第二工程有限公司",
                "雅西高速 C7 标项目部",
                "四川 雅安",
                "0835-2620001",
                "罗澜",
                "13900004401",
                "造价员",
                "LH-2024-04410",
                "电话预约",
            ],
            &[
                "青衣江路桥集团有限公司",
                "青衣江路桥第二工程有限公司",
                "",
                "四川 雅安",
                "0835-26200",
                "何军",
                "1390000",
                "",
                "",
                "电话不全",
            ],
            &["", "大渡河公路养护有限公司", "", "四川 泸定", "0836-2620009", "扎西", "13900004403", "科员", "", ""],
            &["", "", "", "四川 康定", "0836-2830001", "泽仁", "13900004404", "会计", "", "没有写名称"],
        ];
        samples::workbook(&list, &rows)?;
        let at_work = visit(window, "working").await?;
        let sealed = visit(window, "sealed").await?;
        let file = window.call("visit_get", json!({ "id": at_work })).await?;
        let customer = text(&file["visit"]["customer_id"])?;
        let presented = present_one(window).await?;
        Ok(Self { customer, at_work, presented, sealed, list, _folder: folder })
    }

    /// Takes a picture of each screen.
    pub async fn pictures(&self, window: &Window, camera: &Camera) -> Result<()> {
        self.lists(window, camera).await?;
        self.import(window, camera).await?;
        self.visit(window, camera).await?;
        self.signing(window, camera).await?;
        self.receipt(window, camera).await
    }

    async fn lists(&self, window: &Window, camera: &Camera) -> Result<()> {
        let customer = format!("customers/{}", self.customer);
        let pages = [
            ("today", "today", id("page-today")),
            ("customers", "customers", id("customer-line")),
            ("customer", &*customer, id("customer-title")),
            ("visits", "visits", id("visit-line")),
            ("sync", "sync", id("sync-last")),
            ("settings", "settings", id("page-settings")),
        ];
        for (screen, place, sign) in pages {
            camera::at(window, place, &sign).await?;
            camera.take(window, screen).await?;
        }
        camera::at(window, "sync", &id("sync-last")).await?;
        window.scroll_to(&id("stick")).await?;
        camera.take(window, "sync-by-file").await?;
        camera::at(window, &customer, &id("customer-title")).await?;
        window.click(&id("customer-menu")).await?;
        window.click(&id("customer-merge")).await?;
        window.see(&id("merge-into")).await?;
        camera.take(window, "customer-merge").await?;
        window.click("[data-testid=merge-customer] header button").await?;
        camera::at(window, "today", &id("page-today")).await?;
        window.click(&id("plan")).await?;
        window.see(&id("plan-date")).await?;
        camera.take(window, "plan").await?;
        window.click("[data-testid=plan-visit] header button").await?;
        window.click(&id("open-search")).await?;
        camera.take(window, "search-empty").await?;
        window.fill_and_stay(&id("search-input"), "lq").await?;
        window.see(&id("search-hit")).await?;
        camera.take(window, "search").await?;
        camera::anew(window).await?;
        window.see(&id("page-today")).await.map(drop)
    }

    async fn import(&self, window: &Window, camera: &Camera) -> Result<()> {
        camera::at(window, "customers/import", &id("page-import")).await?;
        camera.take(window, "import-file").await?;
        window.choose_file(&id("import-file"), &self.list).await?;
        window.until_attribute(&id("page-import"), "data-step", "columns").await?;
        camera.take(window, "import-columns").await?;
        window.click(&id("import-continue")).await?;
        window.until_attribute(&id("page-import"), "data-step", "review").await?;
        camera.take(window, "import-duplicates").await?;
        window.click(&id("tab-bad")).await?;
        camera.take(window, "import-errors").await
    }

    async fn visit(&self, window: &Window, camera: &Camera) -> Result<()> {
        camera::at(window, &format!("visits/{}", self.at_work), &id("track")).await?;
        camera.take(window, "visit").await?;
        for part in ["checklists", "problems", "attachments"] {
            window.scroll_to(&format!("[data-part={part}] h2")).await?;
            camera.take(window, &format!("visit-{part}")).await?;
        }
        self.unprintable(window, camera).await?;
        window.click(&id("steps-more")).await?;
        camera.take(window, "visit-steps").await?;
        window.click(&id("step-cancel")).await?;
        window.see(&id("step-panel")).await?;
        camera.take(window, "visit-step").await?;
        camera::at(window, &format!("visits/{}", self.sealed), &id("seal")).await?;
        camera.take(window, "visit-sealed").await
    }

    /// Something was handed over that no font of the papers can write.
    async fn unprintable(&self, window: &Window, camera: &Camera) -> Result<()> {
        let set = async |handed_over: Value| {
            let fields = json!({ "handed_over": handed_over });
            window.call("record_set", json!({ "kind": "visit", "id": self.at_work, "fields": fields })).await
        };
        set(json!("加密锁一把 😀，蒙古文说明书 ᠮᠣᠩᠭᠣᠯ")).await?;
        camera::anew(window).await?;
        camera::at(window, &format!("visits/{}", self.at_work), &id("notice-unprintable")).await?;
        camera.take(window, "visit-unprintable").await?;
        set(Value::Null).await?;
        camera::anew(window).await?;
        camera::at(window, &format!("visits/{}", self.at_work), &id("track")).await
    }

    async fn signing(&self, window: &Window, camera: &Camera) -> Result<()> {
        camera::at(window, &format!("visits/{}/sign", self.presented), "#signing-body canvas").await?;
        camera.take(window, "signing-read").await?;
        window.click(&id("signing-next")).await?;
        window.click(&id("grade-4")).await?;
        camera.take(window, "signing-opinion").await?;
        window.click(&id("signing-next")).await?;
        window.scroll_to(&id("signature")).await?;
        let strokes: [&[(f64, f64)]; 2] = [
            &[(-180.0, -30.0), (-120.0, 30.0), (-60.0, -40.0), (0.0, 30.0)],
            &[(40.0, -30.0), (90.0, 30.0), (160.0, -20.0), (220.0, 10.0)],
        ];
        window.draw(&id("signature"), &strokes).await?;
        camera.take(window, "signing-sign").await?;
        for mode in ["paper", "refused"] {
            window
                .click(&format!("label:has([data-testid=signing-{mode}]), label[data-testid=signing-{mode}]"))
                .await?;
            camera.take(window, &format!("signing-{mode}")).await?;
        }
        camera::at(window, &format!("visits/{}/sign", self.sealed), &id("signing-done")).await?;
        camera.take(window, "signing-done").await
    }

    async fn receipt(&self, window: &Window, camera: &Camera) -> Result<()> {
        camera::at(window, &format!("visits/{}/receipt", self.sealed), "[data-testid=receipt] canvas").await?;
        camera.take(window, "receipt").await?;
        window.click(&id("receipt-print")).await?;
        window.see("[data-testid=print-dialog] :is([data-testid=empty-state], [data-testid=printer])").await?;
        camera.take(window, "print").await?;
        window.click("[data-testid=print-dialog] header button").await
    }
}

/// The first visit of the week in a state.
async fn visit(window: &Window, state: &str) -> Result<String> {
    let args = json!({ "query": "", "filter": "all", "customer_id": null, "offset": 0, "limit": 100 });
    let rows = window.call("visit_list", args).await?["rows"].clone();
    let found = rows.as_array().into_iter().flatten().find(|row| row["state"] == state);
    text(&found.with_context(|| format!("no visit is {state}"))?["id"])
}

/// A return visit that lies before the customer.
async fn present_one(window: &Window) -> Result<String> {
    if let Ok(earlier) = visit(window, "presented").await {
        return Ok(earlier);
    }
    let sealed = visit(window, "sealed").await?;
    let customer = window.call("visit_get", json!({ "id": sealed })).await?["visit"]["customer_id"].clone();
    let plan = json!({
        "customer_id": customer, "kind": "return_visit", "subject": "升级后使用情况回访", "planned_on": null,
        "installation_id": null,
    });
    let visit = text(&window.call("visit_plan", plan).await?["id"])?;
    let now = window.run("return new Date(Date.now() - 2700000).toISOString()").await?;
    for step in [
        json!({ "step": "depart", "at": now, "without_appointment": "在附近服务，客户来电邀请" }),
        json!({ "step": "arrive", "at": now }),
        json!({ "step": "begin", "at": now }),
    ] {
        window.call("visit_step", json!({ "id": visit, "step": step })).await?;
    }
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    for checklist in file["checklists"].as_array().into_iter().flatten() {
        let args = json!({ "visit": visit, "template": checklist["template_id"] });
        window.call("checklist_remove", args).await?;
    }
    let problem = json!({
        "visit_id": visit, "symptom": "导出的报表在 WPS 中打开时页眉错位", "cause": "WPS 默认缩放 95%",
        "explanation": "已向客户说明是打印缩放设置，不影响数据", "action": "改为 100% 并另存模板",
        "guidance": "演示了页面设置中的缩放选项", "solved": "solved",
    });
    window.call("record_create", json!({ "kind": "problem", "fields": problem })).await?;
    window.call("visit_present", json!({ "id": visit })).await?;
    Ok(visit)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("not a text: {value}"))?.to_owned())
}
