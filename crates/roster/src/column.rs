//! What a column can mean, and the headings people give it. Only words; no table is looked at here.

use std::collections::HashMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What we take from a customer list (M14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The customer's name, at whatever level.
    Name,
    /// Group (集团).
    Group,
    /// Company.
    Company,
    /// Project office (项目部).
    ProjectOffice,
    /// Section (标段).
    Section,
    /// Which level the name is at, in words.
    Level,
    /// The unit above.
    Parent,
    /// Our own number for the customer.
    Number,
    /// Region, as the vendor cuts its territory.
    Region,
    /// Province.
    Province,
    /// City.
    City,
    /// Street address.
    Address,
    /// Postcode.
    Postcode,
    /// The customer's telephone.
    Phone,
    /// A person there.
    ContactName,
    /// That person's mobile.
    ContactMobile,
    /// That person's position.
    ContactPosition,
    /// That person's mail address.
    ContactEmail,
    /// Product in use.
    Product,
    /// Its version.
    ProductVersion,
    /// Dongle or licence number (加密锁号 / 授权号).
    DongleNumber,
    /// Quota edition (定额版本).
    QuotaEdition,
    /// Maintenance until (维护期至).
    MaintenanceUntil,
    /// Kind of database.
    DatabaseKind,
    /// What is to be known about the machine.
    MachineNotes,
    /// Validity of the file (档案有效期).
    FileValidUntil,
    /// Notes.
    Notes,
}

impl Column {
    /// All of them, in the order a person would look for them.
    pub const ALL: [Self; 27] = [
        Self::Name,
        Self::Group,
        Self::Company,
        Self::ProjectOffice,
        Self::Section,
        Self::Level,
        Self::Parent,
        Self::Number,
        Self::Region,
        Self::Province,
        Self::City,
        Self::Address,
        Self::Postcode,
        Self::Phone,
        Self::ContactName,
        Self::ContactMobile,
        Self::ContactPosition,
        Self::ContactEmail,
        Self::Product,
        Self::ProductVersion,
        Self::DongleNumber,
        Self::QuotaEdition,
        Self::MaintenanceUntil,
        Self::DatabaseKind,
        Self::MachineNotes,
        Self::FileValidUntil,
        Self::Notes,
    ];

    /// Headings that mean this column, the one we write ourselves first in Chinese, then in English
    /// somewhere after it.
    #[must_use]
    pub fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Name => &[
                "客户名称",
                "单位名称",
                "单位全称",
                "客户全称",
                "客户",
                "单位",
                "名称",
                "用户名称",
                "用户单位",
                "客户单位",
                "使用单位",
                "customer",
                "customer name",
                "name",
                "organization",
                "organisation",
                "account name",
            ],
            Self::Group => &["集团", "集团名称", "所属集团", "集团公司", "总公司", "group", "group name"],
            Self::Company => {
                &["公司", "公司名称", "所属公司", "企业名称", "子公司", "分公司", "施工单位", "company", "company name"]
            }
            Self::ProjectOffice => &[
                "项目部",
                "项目部名称",
                "项目名称",
                "项目",
                "项目经理部",
                "工程项目",
                "工程名称",
                "project office",
                "project",
                "project name",
            ],
            Self::Section => &["标段", "标段名称", "合同段", "标段号", "标", "section", "contract section", "lot"],
            Self::Level => &["级别", "层级", "客户级别", "单位级别", "单位层级", "客户层级", "level"],
            Self::Parent => &[
                "上级单位",
                "上级",
                "上级公司",
                "隶属单位",
                "主管单位",
                "上级客户",
                "所属单位",
                "parent",
                "parent unit",
            ],
            Self::Number => &[
                "客户编号",
                "编号",
                "客户编码",
                "客户代码",
                "单位编号",
                "客户号",
                "档案编号",
                "number",
                "customer number",
                "customer no",
                "customer id",
                "customer code",
            ],
            Self::Region => &["区域", "地区", "大区", "片区", "所属区域", "销售区域", "region", "area"],
            Self::Province => &["省份", "省", "所在省", "所属省份", "省市", "省自治区", "province", "state"],
            Self::City => &["城市", "市", "所在城市", "地市", "所在市", "市州", "city"],
            Self::Address => &[
                "地址",
                "通讯地址",
                "详细地址",
                "单位地址",
                "联系地址",
                "办公地址",
                "收件地址",
                "项目地址",
                "address",
                "street address",
            ],
            Self::Postcode => &["邮编", "邮政编码", "postcode", "zip", "zip code", "postal code"],
            Self::Phone => &[
                "电话",
                "联系电话",
                "单位电话",
                "办公电话",
                "座机",
                "固定电话",
                "固话",
                "电话号码",
                "客户电话",
                "phone",
                "telephone",
                "tel",
                "phone number",
                "office phone",
            ],
            Self::ContactName => &[
                "联系人",
                "联系人姓名",
                "姓名",
                "负责人",
                "使用人",
                "客户联系人",
                "操作人员",
                "contact",
                "contact name",
                "contact person",
            ],
            Self::ContactMobile => &[
                "手机",
                "手机号",
                "手机号码",
                "联系人手机",
                "联系人电话",
                "移动电话",
                "联系手机",
                "mobile",
                "mobile phone",
                "cell phone",
                "contact mobile",
                "contact phone",
            ],
            Self::ContactPosition => {
                &["职务", "职位", "岗位", "联系人职务", "position", "job title", "contact position"]
            }
            Self::ContactEmail => &[
                "邮箱",
                "电子邮箱",
                "电子邮件",
                "联系人邮箱",
                "邮件地址",
                "邮件",
                "email",
                "e-mail",
                "mail",
                "contact email",
            ],
            Self::Product => &[
                "产品",
                "产品名称",
                "软件名称",
                "软件",
                "使用产品",
                "软件产品",
                "使用软件",
                "product",
                "product name",
                "software",
            ],
            Self::ProductVersion => &["版本", "版本号", "软件版本", "产品版本", "version", "product version"],
            Self::DongleNumber => &[
                "加密锁号",
                "授权号",
                "加密锁",
                "锁号",
                "加密狗号",
                "加密狗",
                "狗号",
                "加密锁编号",
                "加密锁号授权号",
                "授权编号",
                "授权码",
                "许可号",
                "序列号",
                "dongle",
                "dongle number",
                "dongle no",
                "licence number",
                "license number",
                "dongle or licence number",
                "serial number",
            ],
            Self::QuotaEdition => &["定额版本", "定额", "定额库", "定额库版本", "定额编办", "quota edition", "quota"],
            Self::MaintenanceUntil => &[
                "维护期至",
                "维护期",
                "维护到期",
                "维护到期日",
                "维护到期时间",
                "服务期至",
                "服务到期日",
                "服务到期",
                "维护截止日期",
                "到期日期",
                "到期时间",
                "到期日",
                "maintenance until",
                "maintenance",
                "maintenance end",
                "expiry date",
            ],
            Self::DatabaseKind => &["数据库类型", "数据库", "database kind", "database", "database type"],
            Self::MachineNotes => {
                &["机器备注", "机器情况", "电脑配置", "机器配置", "计算机配置", "操作系统", "machine notes", "machine"]
            }
            Self::FileValidUntil => &[
                "档案有效期",
                "档案有效期至",
                "有效期至",
                "有效期",
                "档案到期",
                "validity of the file",
                "file valid until",
                "valid until",
            ],
            Self::Notes => &[
                "备注",
                "说明",
                "备注说明",
                "其他",
                "其它",
                "备注信息",
                "notes",
                "note",
                "remarks",
                "remark",
                "comments",
            ],
        }
    }
}

/// Every heading, folded, with what it means.
static NAMED: LazyLock<HashMap<String, Column>> = LazyLock::new(|| {
    let mut named = HashMap::new();
    for column in Column::ALL {
        for heading in column.headings() {
            named.entry(folded(heading)).or_insert(column);
        }
    }
    named
});

/// Headings compare by letters, digits and characters alone: width, case, blanks and marks don't count.
pub(crate) fn folded(heading: &str) -> String {
    heading.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The heading without what stands in brackets: 手机(必填) is 手机.
pub(crate) fn without_brackets(heading: &str) -> String {
    let mut depth = 0_usize;
    heading
        .nfkc()
        .filter(|c| {
            match c {
                '(' | '[' | '【' => depth += 1,
                ')' | ']' | '】' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// The column a heading names, whole or without its brackets.
pub(crate) fn named(heading: &str) -> Option<Column> {
    if heading.chars().count() > 40 {
        return None;
    }
    NAMED.get(&folded(heading)).or_else(|| NAMED.get(&folded(&without_brackets(heading)))).copied()
}

/// The column whose longest heading is part of this one: 项目经理部联系人手机号 names a mobile.
/// Short English words hide in others and single characters mean too little, so both are left out.
pub(crate) fn partly_named(heading: &str) -> Option<Column> {
    let whole = folded(heading);
    if whole.chars().count() > 40 {
        return None;
    }
    NAMED
        .iter()
        .filter(|(part, _)| part.chars().count() >= if part.is_ascii() { 5 } else { 2 })
        .filter_map(|(part, column)| {
            let at = whole.rfind(part.as_str())?;
            // What a Chinese heading means stands at its end; then the longer word says more.
            Some(((at + part.len(), part.len()), std::cmp::Reverse(*column), *column))
        })
        .max()
        .map(|(_, _, column)| column)
}
