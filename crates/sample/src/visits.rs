//! Visits of the sample: some signed this week, one under way, some agreed for today and the days to come.

use crate::{SampleClock, customers::Customers, id, pictures};
use chrono::{DateTime, Duration, NaiveTime, Utc};
use doorstep_app::{App, Failure};
use serde_json::{Value, json};
use std::sync::Arc;

/// A visit that was made and signed: days ago, customer, dongle, kind, subject, contact, problem.
struct Made {
    days_ago: i64,
    customer: &'static str,
    dongle: &'static str,
    kind: &'static str,
    subject: &'static str,
    contact: &'static str,
    position: &'static str,
    problem: [&'static str; 5],
    question: [&'static str; 2],
    open_point: Option<&'static str>,
}

const MADE: [Made; 4] = [
    Made {
        days_ago: 1,
        customer: "蜀道公路勘察设计研究院有限公司",
        dongle: "LH-2023-03300",
        kind: "fault",
        subject: "打开大项目时提示数据库超时",
        contact: "单立人",
        position: "概预算室 主任",
        problem: [
            "打开含 3,200 条清单的项目时等待约 40 秒后提示“数据库超时”，每天出现 3 至 5 次。",
            "SQL Server 索引碎片率达 87%，统计信息半年未更新；服务器内存上限被设为 2 GB。",
            "已向单主任说明：不是项目数据损坏，是数据库长期未维护，数据完整。",
            "重建索引并更新统计信息，内存上限改为 8 GB；同一项目打开时间由 41 秒降至 3 秒。",
            "演示了“数据库维护”菜单的用法，建议每月第一个周一执行一次，并先做备份。",
        ],
        question: [
            "定额调价后历史项目会不会跟着变？",
            "不会。历史项目保存了编制时的定额与价格，只有执行“更新价格”才会改变。",
        ],
        open_point: Some("提供每月自动维护的脚本，并安排一次远程回访"),
    },
    Made {
        days_ago: 2,
        customer: "绵九高速 LJ12 标项目经理部",
        dongle: "LH-2018-00317",
        kind: "upgrade",
        subject: "从 10.6 升级到 11.0",
        contact: "覃喆",
        position: "合同部 部长",
        problem: [
            "升级后“材料调差”报表第 2 页页脚错位，面积单位 m² 显示为 m2。",
            "旧版自定义报表模板引用了已停用的字体。",
            "已向覃部长说明原因：模板字体问题，不影响计算结果。",
            "更换模板字体并重新发布，核对 12 张报表，打印结果与旧版一致。",
            "示范了在“报表设计”中更换字体和恢复默认模板的方法。",
        ],
        question: ["以后升级要不要先备份？", "要。升级前请先做完整备份，程序也会提示；备份可在“数据管理”中完成。"],
        open_point: None,
    },
    Made {
        days_ago: 3,
        customer: "岷峨造价事务所",
        dongle: "LH-2018-00460",
        kind: "data_processing",
        subject: "三个旧项目合并为一个",
        contact: "解放",
        position: "所长",
        problem: [
            "三个 2019 年的 Access 项目需要合并，合并后清单编号重复。",
            "三个项目使用同一编号规则，合并时未勾选“重新编号”。",
            "已向解所长说明编号重复的原因和对汇总的影响。",
            "在副本上合并并重新编号，共 1,563 条，合并前后总造价一致：¥ 86,241,907.35。",
            "逐步演示了合并与核对总价的步骤，并请客户自己操作了一遍。",
        ],
        question: ["原来的三个项目还在吗？", "在。合并在副本上进行，原项目没有改动。"],
        open_point: Some("寄送 11.2 版新功能说明（纸质两份）"),
    },
    Made {
        days_ago: 6,
        customer: "康巴公路养护有限公司",
        dongle: "LH-2022-02544",
        kind: "installation",
        subject: "新电脑安装与数据迁移",
        contact: "泽仁卓玛",
        position: "计划科 科员",
        problem: [
            "新电脑插入加密锁后程序提示“未检测到授权”。",
            "系统未安装加密锁驱动。",
            "已说明：加密锁正常，新电脑缺少驱动。",
            "安装驱动 4.12 并重启，授权识别正常；迁移项目 27 个，逐个打开核对。",
            "演示了驱动状态的查看方法和备用 USB 口的使用。",
        ],
        question: ["旧电脑还能用吗？", "一把加密锁同一时间只能在一台电脑上使用。"],
        open_point: None,
    },
];

/// Days from today, hour, customer, dongle, kind, subject, contact, mobile.
type Agreed = (i64, u32, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const AGREED: [Agreed; 5] = [
    (0, 14, "渝武扩能 TJ2 标项目部", "LH-2022-02051", "fault", "计算调差时程序无响应", "龚雪", "13800000107"),
    (
        0,
        16,
        "锦程公路工程咨询有限公司",
        "LH-2016-00071",
        "upgrade",
        "升级到 11.2 并核对自定义定额",
        "骆晓琳",
        "13800000110",
    ),
    (1, 10, "川江路桥第三工程有限公司", "LH-2021-01206", "preventive", "四季度巡检", "何雨桐", "13800000102"),
    (2, 9, "雅砻江交通建设开发有限公司", "LH-2024-04112", "training", "新员工上机培训", "马海日则", "13800000111"),
    (3, 15, "嘉陵桥隧工程有限公司", "LH-2023-03871", "return_visit", "上季度服务回访", "邓𠮷祥", "13800000114"),
];

pub(crate) async fn play(app: &Arc<App>, clock: &SampleClock, all: &Customers) -> Result<(), Failure> {
    for made in &MADE {
        let start = at(app, -made.days_ago, 9);
        clock.turn_to(start - Duration::days(1));
        signed(app, clock, all, made, start).await?;
        clock.turn_to_now();
    }
    for agreed in &AGREED {
        let visit = plan(app, all, agreed.2, agreed.3, agreed.4, agreed.5).await?;
        agree(app, &visit, at(app, agreed.0, agreed.1), agreed.6, agreed.7).await?;
    }
    plan(app, all, "乐西高速 TJ7 标项目部", "LH-2020-00914", "fault", "单价分析表打印不全").await?;
    plan(app, all, "渝岭交通第一分公司", "LH-2017-00145", "presales", "11.2 版演示与续保沟通").await?;
    under_way(app, all).await
}

/// A moment `days` from today at `hour` where the laptop is.
fn at(app: &Arc<App>, days: i64, hour: u32) -> DateTime<Utc> {
    let world = app.world();
    let day = world.day(world.now()) + Duration::days(days);
    let zone = Duration::minutes(i64::from(world.zone_minutes(world.now())));
    day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()).and_utc() - zone
}

async fn plan(
    app: &Arc<App>,
    all: &Customers,
    customer: &str,
    dongle: &str,
    kind: &str,
    subject: &str,
) -> Result<String, Failure> {
    let args = json!({
        "customer_id": all.customers.get(customer), "kind": kind, "subject": subject, "planned_on": null,
        "installation_id": all.installations.get(dongle),
    });
    id(app, "visit_plan", args).await
}

async fn agree(app: &Arc<App>, visit: &str, at: DateTime<Utc>, with: &str, phone: &str) -> Result<(), Failure> {
    let agreed_at = (at - Duration::days(1)).min(app.world().now());
    let appointment = json!({ "with": with, "phone": phone, "at": at, "means": "phone", "agreed_at": agreed_at });
    step(app, visit, json!({ "step": "agree", "appointment": appointment })).await
}

async fn step(app: &Arc<App>, visit: &str, step: Value) -> Result<(), Failure> {
    app.call("visit_step", json!({ "id": visit, "step": step })).await.map(drop)
}

async fn create(app: &Arc<App>, kind: &str, fields: Value) -> Result<String, Failure> {
    id(app, "record_create", json!({ "kind": kind, "fields": fields })).await
}

/// A visit from the plan to the signature.
async fn signed(
    app: &Arc<App>,
    clock: &SampleClock,
    all: &Customers,
    made: &Made,
    start: DateTime<Utc>,
) -> Result<(), Failure> {
    let visit = plan(app, all, made.customer, made.dongle, made.kind, made.subject).await?;
    agree(app, &visit, start + Duration::minutes(30), made.contact, "13800000108").await?;
    clock.turn_to(start);
    step(app, &visit, json!({ "step": "depart", "at": start })).await?;
    step(app, &visit, json!({ "step": "arrive", "at": start + Duration::minutes(34) })).await?;
    step(app, &visit, json!({ "step": "begin", "at": start + Duration::minutes(40) })).await?;
    clock.turn_to(start + Duration::minutes(118));
    let [symptom, cause, explanation, action, guidance] = made.problem;
    let problem = json!({
        "visit_id": visit, "symptom": symptom, "cause": cause, "explanation": explanation, "action": action,
        "guidance": guidance, "solved": "solved",
    });
    create(app, "problem", problem).await?;
    let [question, answer] = made.question;
    create(app, "question", json!({ "visit_id": visit, "question": question, "answer": answer })).await?;
    if let Some(text) = made.open_point {
        let due = (app.world().day(start) + Duration::days(made.days_ago + 3)).to_string();
        let fields = json!({
            "visit_id": visit, "customer_id": all.customers.get(made.customer), "text": text, "who": "张伟", "due": due,
        });
        create(app, "open_point", fields).await?;
    }
    answer_all(app, &visit).await?;
    let presented = app.call("visit_present", json!({ "id": visit })).await?;
    let outcome = json!({
        "mode": "drawn", "name": made.contact, "position": made.position, "signature": pictures::signature(app)?,
    });
    let args = json!({
        "id": visit, "text_hash": presented["visit"]["signing"]["text_hash"], "outcome": outcome,
        "opinion": { "grade": 5, "words": "响应快，讲解清楚。" },
    });
    app.call("visit_sign", args).await.map(drop)
}

/// The visit of this morning: on site, with a failed item, a photo and a problem being worked on.
async fn under_way(app: &Arc<App>, all: &Customers) -> Result<(), Failure> {
    let visit =
        plan(app, all, "川江路桥建设集团有限公司", "LH-2019-00882", "preventive", "数据库巡检与备份检查").await?;
    let now = app.world().now();
    let start = now - Duration::minutes(95);
    agree(app, &visit, start + Duration::minutes(30), "周建国", "13800000101").await?;
    step(app, &visit, json!({ "step": "depart", "at": start })).await?;
    step(app, &visit, json!({ "step": "arrive", "at": start + Duration::minutes(28) })).await?;
    step(app, &visit, json!({ "step": "begin", "at": start + Duration::minutes(35) })).await?;
    let file = app.call("visit_get", json!({ "id": visit })).await?;
    for checklist in file["checklists"].as_array().into_iter().flatten() {
        let sections = checklist["template"]["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
        for section in sections.iter().take(2) {
            let args = json!({ "visit": visit, "template": checklist["template_id"], "section": section["id"] });
            app.call("section_as_expected", args).await?;
        }
        fail_one(app, &visit, checklist).await?;
    }
    let problem = json!({
        "visit_id": visit, "symptom": "最近一次完整备份停留在 5 个月前，备份计划任务状态为“失败”。",
        "cause": "备份盘可用空间不足 1 GB。",
    });
    create(app, "problem", problem).await?;
    Ok(())
}

/// Fails the last yes/no item of a checklist's second section, with a remark and a photo.
async fn fail_one(app: &Arc<App>, visit: &str, checklist: &Value) -> Result<(), Failure> {
    let items = checklist["template"]["sections"][1]["items"].as_array();
    let item = items.into_iter().flatten().rfind(|item| item["answer"]["kind"] == "yes_no" && item["internal"] != true);
    let Some(item) = item else { return Ok(()) };
    let of = json!({ "template": checklist["template_id"], "item": item["id"] });
    let args = json!({
        "visit": visit, "template": of["template"], "item": of["item"], "value": "no",
        "remark": "现场确认不符合，已拍照，处理后复查。",
    });
    app.call("answer_set", args).await?;
    let args = json!({
        "visit": visit, "about": null, "item": of, "role": "photo", "upload": pictures::photo(app)?,
        "name": "现场照片.jpg", "caption": "现场情况",
    });
    app.call("attachment_add", args).await.map(drop)
}

/// Answers what the checklists still need, as a careful engineer would on a good day.
async fn answer_all(app: &Arc<App>, visit: &str) -> Result<(), Failure> {
    // Answers bring further items up, so that one pass is not always enough.
    for _ in 0..6 {
        let file = app.call("visit_get", json!({ "id": visit })).await?;
        let mut open = 0;
        for checklist in file["checklists"].as_array().into_iter().flatten() {
            let shown = checklist["review"]["items"].as_array().into_iter().flatten();
            for item in shown.filter(|i| i["outcome"] == "open") {
                open += usize::from(answer(app, visit, checklist, &item["item"]).await?);
            }
        }
        if open == 0 {
            break;
        }
    }
    Ok(())
}

async fn answer(app: &Arc<App>, visit: &str, checklist: &Value, item: &Value) -> Result<bool, Failure> {
    let sections = checklist["template"]["sections"].as_array().into_iter().flatten();
    let found = sections.flat_map(|s| s["items"].as_array().into_iter().flatten()).find(|i| i["id"] == *item);
    let Some(found) = found else { return Ok(false) };
    let kind = &found["answer"];
    let good = |options: &Value| {
        let options = options.as_array().into_iter().flatten();
        // Each of these visits has its problem and its question.
        let denies = |o: &Value| o["says"] == "no_problem" || o["says"] == "no_question";
        options.filter(|o| o["fails"] != true && !denies(o)).map(|o| o["id"].clone()).next().unwrap_or_default()
    };
    let value = match kind["kind"].as_str().unwrap_or_default() {
        "yes_no" => json!("yes"),
        "choice" if kind["expected"].is_string() => kind["expected"].clone(),
        "choice" => good(&kind["options"]),
        "choices" => json!([good(&kind["options"])]),
        "number" => kind["min"]
            .as_f64()
            .map_or_else(|| json!(kind["max"].as_f64().unwrap_or(8.0) / 2.0), |min| json!(min * 4.0)),
        "text" if found["required"] == true => json!("已核对，见问题记录。"),
        "date" if found["required"] == true => json!(app.world().day(app.world().now()).to_string()),
        "photo" if found["required"] == true => {
            let args = json!({
                "visit": visit, "about": null, "item": { "template": checklist["template_id"], "item": item },
                "role": "photo", "upload": pictures::photo(app)?, "name": "现场照片.jpg", "caption": "",
            });
            app.call("attachment_add", args).await?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    let args =
        json!({ "visit": visit, "template": checklist["template_id"], "item": item, "value": value, "remark": null });
    app.call("answer_set", args).await?;
    Ok(true)
}
