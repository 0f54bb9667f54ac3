//! Lines of a list that are probably no customers: totals, signatures and remarks under it. A guess, for a person
//! to confirm or not; nothing is taken out here.

use unicode_normalization::UnicodeNormalization;

use crate::drafts::RowCode;
use crate::sheet::Row;

/// Characters behind a word of totals that may still be the total: 合计：共 1,024 家.
const TOTAL_CHARS_MAX: usize = 16;

/// Words before a total.
const OF_WHAT: [&str; 8] = ["以上", "本页", "本表", "全部", "本月", "本年", "客户", "单位"];
/// Words of totals; 共 alone needs a number behind it.
const TOTALS: [&str; 11] =
    ["合计", "总计", "小计", "共计", "累计", "总共", "汇总", "总数", "grandtotal", "subtotal", "total"];
/// What units are called; a name with one of them is no total.
const UNITS: [&str; 8] = ["公司", "集团", "项目", "标段", "局", "院", "处", "指挥部"];

/// Words of those who made, checked and signed a list, and of remarks under it.
const NOTES: [&str; 74] = [
    "填表人",
    "填表单位",
    "填表日期",
    "填表时间",
    "填表",
    "填报人",
    "填报单位",
    "填报日期",
    "填报时间",
    "填报",
    "制表人",
    "制表单位",
    "制表日期",
    "制表时间",
    "制表",
    "制单人",
    "制单",
    "编制人",
    "编制单位",
    "编制日期",
    "编制",
    "审核人",
    "审核日期",
    "审核",
    "审批人",
    "审批",
    "复核人",
    "复核",
    "批准人",
    "批准",
    "核准",
    "经办人",
    "经办",
    "经手人",
    "统计人",
    "统计日期",
    "统计时间",
    "汇总人",
    "负责人",
    "单位负责人",
    "部门负责人",
    "主管领导",
    "主管",
    "签字",
    "签名",
    "签章",
    "盖章",
    "签收",
    "日期",
    "时间",
    "打印日期",
    "打印时间",
    "打印人",
    "导出日期",
    "导出时间",
    "导出人",
    "更新日期",
    "更新时间",
    "截止日期",
    "截至日期",
    "报送人",
    "报送日期",
    "提交人",
    "提交日期",
    "备注",
    "说明",
    "数据来源",
    "页码",
    "preparedby",
    "reviewedby",
    "approvedby",
    "signature",
    "date",
    "notes",
];
/// Words that end a list.
const ENDS: [&str; 7] = ["以下空白", "以下无正文", "此页无正文", "本页无正文", "完", "结束", "end"];

/// Why a row is probably no customer. `names` are its cells in columns of names, `has_more` that other columns
/// something is taken from are filled.
pub(crate) fn no_customer(row: &Row, names: &[&str], has_more: bool) -> Option<RowCode> {
    let names: Vec<String> = names.iter().map(|name| plain(name)).filter(|name| !name.is_empty()).collect();
    if names.iter().any(|name| name.chars().any(char::is_alphabetic)) {
        let only_one = row.cells.iter().filter(|cell| !cell.trim().is_empty()).count() == 1;
        let code = names.iter().find_map(|name| code_of(name));
        return code.or_else(|| (only_one && names.iter().any(|n| is_remark(n))).then_some(RowCode::LooksLikeNote));
    }
    let code = row.cells.iter().find_map(|cell| code_of(&plain(cell)));
    // Lines that are numbered beforehand, or ruled.
    code.or_else(|| (!has_more).then_some(RowCode::LooksLikeNote))
}

/// In one width and case, without blanks: 合　计 is 合计.
fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

fn code_of(words: &str) -> Option<RowCode> {
    if is_total(words) {
        Some(RowCode::LooksLikeTotal)
    } else if is_note(words) {
        Some(RowCode::LooksLikeNote)
    } else {
        None
    }
}

fn is_total(words: &str) -> bool {
    let mut words = words.trim_matches(['-', '=', '*', '(', '[']);
    while let Some(rest) = OF_WHAT.iter().find_map(|before| words.strip_prefix(before)) {
        words = rest;
    }
    if UNITS.iter().any(|unit| words.contains(unit)) {
        return false;
    }
    let is_short = |rest: &str| rest.chars().count() <= TOTAL_CHARS_MAX;
    let counts = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || "一二三四五六七八九十百".contains(c));
    if let Some(rest) = TOTALS.iter().find_map(|total| words.strip_prefix(total)) {
        let rest = rest.trim_start_matches([':', ',', '-', '共', '数', '(', '=', '有']);
        return is_short(rest) && (rest.is_empty() || counts(rest) || rest.starts_with(['家', '户']));
    }
    let rest = words.strip_prefix('共').map(|rest| rest.trim_start_matches(['有', '计', ':']));
    rest.is_some_and(|rest| is_short(rest) && counts(rest))
}

fn is_note(words: &str) -> bool {
    let words = words.trim_start_matches(['(', '[', '-', '*', '※', '【']);
    let bare = words.trim_end_matches([')', ']', ':', '】', '-', '_', '.', '。']);
    let is_page = words.strip_prefix('第').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        && words.contains('页');
    let is_remark = ["注", "附注", "附", "note"].iter().any(|word| {
        let behind = words.strip_prefix(word).map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        behind.is_some_and(|rest| rest.starts_with(':'))
    });
    let is_signed = NOTES.iter().any(|word| {
        let rest = words.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '(', '_', ')', ']', '-', '/', '、']))
    });
    is_page || is_remark || is_signed || ENDS.contains(&bare)
}

/// A sentence that stands alone on its line.
fn is_remark(words: &str) -> bool {
    words.contains('。') || words.ends_with(':') || words.starts_with(['※', '*', '★'])
}
