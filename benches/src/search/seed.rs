//! A branch's records as they might be: customers in road building and cost estimation, and what was noted on visits.
//!
//! The same seed always gives the same texts.

use fastrand::Rng;

const PLACES: &[&str] = &[
    "四川",
    "成都",
    "重庆",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "湖北",
    "湖南",
    "广西",
    "绵阳",
    "德阳",
    "宜宾",
    "泸州",
    "乐山",
    "南充",
    "达州",
    "雅安",
    "广元",
    "遂宁",
    "内江",
    "自贡",
    "攀枝花",
    "西昌",
    "巴中",
    "广安",
    "眉山",
    "资阳",
    "阿坝",
    "甘孜",
    "凉山",
    "青白江",
    "龙泉驿",
    "都江堰",
    "新津",
    "双流",
    "郫都",
    "温江",
    "彭州",
    "邛崃",
    "崇州",
    "简阳",
    "江油",
    "峨眉山",
];
const GROUPS: &[&str] = &[
    "中铁",
    "中交",
    "中建",
    "中水",
    "川路",
    "华西",
    "蜀道",
    "川交",
    "铁建",
    "省交投",
    "城投",
    "水电",
    "路桥",
    "交建",
    "市政",
];
const TRADES: &[&str] = &[
    "路桥",
    "公路",
    "交通建设",
    "市政工程",
    "水利水电",
    "建筑安装",
    "造价咨询",
    "工程监理",
    "勘察设计",
    "园林绿化",
    "机电安装",
    "隧道工程",
    "爆破工程",
    "检测",
    "养护",
    "项目管理",
    "建设工程",
    "城市建设",
    "轨道交通",
    "电力建设",
];
const FIRMS: &[&str] =
    &["有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "集团股份有限公司", "设计院", "事务所", "工程处"];
const PARTS: &[&str] =
    &["", "", "第一分公司", "第二分公司", "第三分公司", "西南分公司", "总承包部", "造价部", "合同部"];
const ROADS: &[&str] =
    &["绵九", "成乐", "久马", "峨汉", "沿江", "仁沐新", "广平", "巴万", "宜彝", "乐西", "泸石", "德遂"];
const BRANDS: &str = "宏鑫瑞诚达远恒盛泰安华康兴隆顺通利丰裕和嘉源博创众合志新天地金石长江海川岳峰林森旭日晨光明辉腾飞\
                      翔鹏凯旋胜捷迅雷霆睿智慧仁义德厚道正信实力强伟业基宝玉珠峡谷溪泉";
const SURNAMES: &str =
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢";
const GIVEN: &str =
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰志建国文武斌鹏飞浩宇欣怡子涵梓轩诗雨晨曦思琪雪梅";
const SOFTWARE: &[&str] = &["公路造价系统", "市政计价软件", "清单计价软件", "算量软件", "资料管理软件", "投标工具"];
const SYMPTOMS: &[&str] = &[
    "打开文件时提示数据库被占用",
    "导出报表后第三列为空",
    "加密锁识别不到",
    "升级后定额库无法加载",
    "打印预览乱码",
    "汇总金额与清单合计不一致",
    "材料价格无法批量调整",
    "项目文件损坏无法恢复",
    "导入清单时行号错位",
    "取费程序计算错误",
    "安装到一半报错退出",
    "网络锁连接超时",
    "费率文件丢失",
    "工料机汇总重复",
    "换算系数没有生效",
    "审核批注保存不了",
];
const CAUSES: &[&str] = &[
    "杀毒软件隔离了驱动",
    "系统时间不正确",
    "补丁没有安装完整",
    "两个版本装在同一目录",
    "客户误删了配置文件",
    "磁盘空间不足",
    "定额版本与项目不符",
    "报表模板被修改",
    "操作系统缺少运行库",
    "共享目录没有写权限",
    "数据线接触不良",
    "客户机房断电",
];
const ACTIONS: &[&str] = &[
    "重新安装驱动并加入白名单",
    "校正时间后重启软件",
    "补装最新补丁",
    "分开安装到不同目录",
    "从备份恢复配置文件",
    "清理磁盘并迁移数据",
    "更换为对应的定额库",
    "恢复默认报表模板",
    "安装运行库",
    "开放共享目录权限",
    "更换接口后恢复正常",
    "用修复工具恢复项目文件",
];
const GUIDES: &[&str] = &[
    "每天下班前备份一次",
    "升级前先导出项目",
    "不要直接拔出加密锁",
    "费率调整后重新汇总",
    "多人编辑时先锁定标段",
    "报送前用自检功能核对",
];

/// A customer.
pub struct Customer {
    /// Name.
    pub name: String,
    /// Number the vendor gave it.
    pub number: String,
    /// Region.
    pub region: String,
    /// Telephone.
    pub phone: String,
}

/// A text from `texts`.
fn one<'a>(rng: &mut Rng, texts: &[&'a str]) -> &'a str {
    texts.get(rng.usize(..texts.len())).copied().unwrap_or_default()
}

fn letter(rng: &mut Rng, letters: &str) -> char {
    let at = rng.usize(..letters.chars().count());
    letters.chars().nth(at).unwrap_or('王')
}

fn person(rng: &mut Rng) -> String {
    let mut name = String::from(letter(rng, SURNAMES));
    for _ in 0..rng.usize(1..=2) {
        name.push(letter(rng, GIVEN));
    }
    name
}

fn mobile(rng: &mut Rng) -> String {
    let head = one(rng, &["138", "139", "135", "158", "159", "180", "181", "189", "177", "133"]);
    format!("{head}{:08}", rng.u32(0..100_000_000))
}

/// The `n`th customer.
pub fn customer(rng: &mut Rng, n: usize) -> Customer {
    let place = one(rng, PLACES);
    let name = match rng.u32(0..10) {
        0..5 => {
            let brand: String = (0..2).map(|_| letter(rng, BRANDS)).collect();
            format!("{place}{brand}{}{}{}", one(rng, TRADES), one(rng, FIRMS), one(rng, PARTS))
        }
        5..7 => format!("{}{}{}{}", one(rng, GROUPS), place, one(rng, TRADES), one(rng, FIRMS)),
        _ => {
            let (road, part) = (one(rng, ROADS), rng.u32(1..60));
            format!("{}{place}{road}高速公路{}第{part}标段项目部", one(rng, GROUPS), one(rng, &["一期", "二期", ""]))
        }
    };
    Customer { name, number: format!("KH{n:07}"), region: format!("四川 {place}"), phone: mobile(rng) }
}

/// What was noted on a visit: about seventy characters.
pub fn note(rng: &mut Rng) -> String {
    let (software, symptom, person) = (one(rng, SOFTWARE), one(rng, SYMPTOMS), person(rng));
    let version = format!("V{}.{}.{}", rng.u32(5..9), rng.u32(0..9), rng.u32(100..999));
    let end = match rng.u32(0..4) {
        0 => format!("，联系{}{}", self::person(rng), mobile(rng)),
        1 => format!("，{}{}标段的文件已处理", one(rng, ROADS), rng.u32(1..60)),
        2 => format!("，请{}带回{}份报表核对", self::person(rng), rng.u32(2..90)),
        _ => String::new(),
    };
    format!(
        "{person}的电脑上{software}{version}{symptom}，原因是{}。{}，已请{}确认。提醒{}{end}。",
        one(rng, CAUSES),
        one(rng, ACTIONS),
        self::person(rng),
        one(rng, GUIDES)
    )
}

/// What a visit is for, in one line.
pub fn subject(rng: &mut Rng) -> String {
    format!("{}{}", one(rng, SOFTWARE), one(rng, SYMPTOMS))
}
