//! Customers of the sample: three trees and a few that stand alone.

use crate::id;
use chrono::{Days, NaiveDate};
use doorstep_app::{App, Failure};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// Ids of the sample's customers and installations by name.
#[derive(Debug, Default)]
pub(crate) struct Customers {
    pub customers: HashMap<&'static str, String>,
    pub installations: HashMap<&'static str, String>,
    pub contacts: HashMap<&'static str, String>,
}

/// Name, level, the one above, region, address, telephone, days until the file ends.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, i64);

// Local numbers that begin with 7 are given to nobody.
const CUSTOMERS: [Row; 18] = [
    ("川江路桥建设集团有限公司", "group", "", "四川 成都", "高新区示例大道 88 号", "028-70006100", 400),
    (
        "川江路桥第三工程有限公司",
        "company",
        "川江路桥建设集团有限公司",
        "四川 绵阳",
        "涪城区样板路 12 号",
        "0816-7003301",
        210,
    ),
    (
        "绵九高速 LJ12 标项目经理部",
        "project_office",
        "川江路桥第三工程有限公司",
        "四川 绵阳",
        "平武县古城镇驻地",
        "0816-7003312",
        120,
    ),
    ("LJ12-2 标段", "section", "绵九高速 LJ12 标项目经理部", "四川 绵阳", "平武县白马隧道出口", "", 120),
    (
        "川江路桥第五工程有限公司",
        "company",
        "川江路桥建设集团有限公司",
        "四川 乐山",
        "市中区滨江路 6 号",
        "0833-7005500",
        25,
    ),
    (
        "乐西高速 TJ7 标项目部",
        "project_office",
        "川江路桥第五工程有限公司",
        "四川 马边",
        "马边县荣丁镇",
        "0833-7005577",
        300,
    ),
    ("渝岭交通工程集团有限公司", "group", "", "重庆", "两江新区样例街 19 号", "023-70007700", 365),
    ("渝岭交通第一分公司", "company", "渝岭交通工程集团有限公司", "重庆", "渝北区示范路 3 号", "023-70007711", 12),
    (
        "渝武扩能 TJ2 标项目部",
        "project_office",
        "渝岭交通第一分公司",
        "重庆 合川",
        "合川区钱塘镇驻地",
        "023-70007722",
        365,
    ),
    ("蜀道公路勘察设计研究院有限公司", "company", "", "四川 成都", "武侯区科华样路 55 号", "028-70002255", 500),
    ("锦程公路工程咨询有限公司", "company", "", "四川 成都", "青羊区文翁样街 10 号", "028-70001810", 90),
    ("雅砻江交通建设开发有限公司", "company", "", "四川 西昌", "航天示范大道 2 号", "0834-7009090", -20),
    ("康巴公路养护有限公司", "company", "", "四川 康定", "折多样板路 1 号", "0836-7004141", 180),
    ("巴蜀通达监理有限公司", "company", "", "四川 成都", "金牛区一环样路 77 号", "028-70007788", 240),
    ("嘉陵桥隧工程有限公司", "company", "", "四川 南充", "顺庆区示例滨江路 8 号", "0817-7006262", 330),
    (
        "G7611 西香段 XX4 标项目部",
        "project_office",
        "嘉陵桥隧工程有限公司",
        "四川 盐源",
        "盐源县梅雨镇驻地",
        "0834-7006264",
        330,
    ),
    ("岷峨造价事务所", "company", "", "四川 眉山", "东坡区三苏样路 21 号", "028-70003838", 60),
    ("攀西公路建设有限责任公司", "company", "", "四川 攀枝花", "东区炳草岗样街 9 号", "0812-7001919", 700),
];

/// Name, customer, position, mobile.
const CONTACTS: [(&str, &str, &str, &str); 16] = [
    ("周建国", "川江路桥建设集团有限公司", "成本合约部 部长", "13800000101"),
    ("何雨桐", "川江路桥第三工程有限公司", "造价工程师", "13800000102"),
    ("覃喆", "绵九高速 LJ12 标项目经理部", "合同部 部长", "13800000103"),
    ("赵堃", "绵九高速 LJ12 标项目经理部", "计量员", "13800000104"),
    ("阿木子", "乐西高速 TJ7 标项目部", "合同部 副部长", "13800000105"),
    ("冉光明", "渝岭交通第一分公司", "经营科 科长", "13800000106"),
    ("龚雪", "渝武扩能 TJ2 标项目部", "造价员", "13800000107"),
    ("单立人", "蜀道公路勘察设计研究院有限公司", "概预算室 主任", "13800000108"),
    ("曾毅", "蜀道公路勘察设计研究院有限公司", "高级工程师", "13800000109"),
    ("骆晓琳", "锦程公路工程咨询有限公司", "总经理助理", "13800000110"),
    ("马海日则", "雅砻江交通建设开发有限公司", "工程部 部长", "13800000111"),
    ("泽仁卓玛", "康巴公路养护有限公司", "计划科 科员", "13800000112"),
    ("仇小平", "巴蜀通达监理有限公司", "计量监理", "13800000113"),
    ("邓𠮷祥", "嘉陵桥隧工程有限公司", "成本部 经理", "13800000114"),
    ("解放", "岷峨造价事务所", "所长", "13800000115"),
    ("尉迟琳", "攀西公路建设有限责任公司", "信息中心 主管", "13800000116"),
];

/// Dongle number, customer, product code, version, quota edition, database, days until maintenance ends.
const INSTALLATIONS: [(&str, &str, &str, &str, &str, &str, i64); 12] = [
    ("LH-2018-00317", "绵九高速 LJ12 标项目经理部", "LH-GJ", "11.0", "2018 部颁公路工程预算定额", "Access", 200),
    ("LH-2021-01206", "川江路桥第三工程有限公司", "LH-GJ", "11.2", "2018 部颁公路工程预算定额", "SQL Server", 320),
    ("LH-2019-00882", "川江路桥建设集团有限公司", "LH-GJ", "11.2", "2018 部颁公路工程预算定额", "SQL Server", 320),
    ("LH-2020-00914", "乐西高速 TJ7 标项目部", "LH-GJ", "10.6", "2018 部颁公路工程预算定额", "Access", 18),
    ("LH-2022-02051", "渝武扩能 TJ2 标项目部", "LH-GJ", "11.0", "2018 部颁公路工程预算定额", "Access", 150),
    ("LH-2017-00145", "渝岭交通第一分公司", "LH-GJ", "9.8", "2007 部颁公路工程预算定额", "Access", -45),
    (
        "LH-2023-03300",
        "蜀道公路勘察设计研究院有限公司",
        "LH-GJ",
        "11.2",
        "2018 部颁公路工程预算定额",
        "SQL Server",
        410,
    ),
    ("LH-2016-00071", "锦程公路工程咨询有限公司", "LH-GJ", "10.6", "2018 部颁公路工程预算定额", "Access", 75),
    ("LH-2024-04112", "雅砻江交通建设开发有限公司", "LH-GJ", "11.0", "2018 部颁公路工程预算定额", "Access", 260),
    ("LH-2022-02544", "康巴公路养护有限公司", "LH-GJ", "11.0", "2018 部颁公路工程预算定额", "Access", 33),
    ("LH-2023-03871", "嘉陵桥隧工程有限公司", "LH-GJ", "11.2", "2018 部颁公路工程预算定额", "SQL Server", 190),
    ("LH-2018-00460", "岷峨造价事务所", "LH-GJ", "11.0", "2018 部颁公路工程预算定额", "Access", 5),
];

/// Adds the sample's customers with people and products.
pub(crate) async fn add(app: &Arc<App>) -> Result<Customers, Failure> {
    let today = app.world().day(app.world().now());
    let mut all = Customers::default();
    for (number, (name, level, above, region, address, phone, days)) in (1001..).zip(CUSTOMERS) {
        let fields = json!({
            "name": name, "level": level, "parent_id": all.customers.get(above), "region": region, "address": address,
            "phone": phone, "number": format!("KH-{number}"), "file_valid_until": day(today, days),
            "key_account": level == "group",
        });
        let customer = id(app, "record_create", json!({ "kind": "customer", "fields": some(fields) })).await?;
        all.customers.insert(name, customer);
    }
    for (name, customer, position, mobile) in CONTACTS {
        let fields = json!({
            "customer_id": all.customers.get(customer), "name": name, "position": position, "mobile": mobile,
        });
        let contact = id(app, "record_create", json!({ "kind": "contact", "fields": fields })).await?;
        all.contacts.insert(name, contact);
    }
    let products = app.call("products", json!({})).await?;
    for (dongle, customer, product, version, edition, database, days) in INSTALLATIONS {
        let listed = products.as_array().into_iter().flatten().find(|p| p["product"]["code"] == product);
        let fields = json!({
            "customer_id": all.customers.get(customer), "product_id": listed.map(|p| p["id"].clone()),
            "product_name": listed.map(|p| p["product"]["name"]["zh"].clone()), "version": version,
            "dongle_number": dongle, "quota_edition": edition, "database_kind": database,
            "maintenance_until": day(today, days),
        });
        let installation = id(app, "record_create", json!({ "kind": "installation", "fields": some(fields) })).await?;
        all.installations.insert(dongle, installation);
    }
    Ok(all)
}

/// Without the fields that are `null`.
fn some(mut fields: Value) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    fields
}

fn day(today: NaiveDate, days: i64) -> String {
    let shift = Days::new(days.unsigned_abs());
    if days < 0 { today - shift } else { today + shift }.to_string()
}
