//! Where a customer stands: group → company → project office → section, any level alone (M14). Reads
//! levels out of columns, words and names. Never invents a unit that is not written.

pub use doorstep_domain::{customer::Level, seal::PathPart};
use unicode_normalization::UnicodeNormalization;

use crate::drafts::RowCode;

const LEVELS: [Level; 4] = [Level::Group, Level::Company, Level::ProjectOffice, Level::Section];

/// Reads a level from a cell: 集团, 公司, 分公司, 项目部, 标段 and their English names.
pub(crate) fn level_from_words(cell: &str) -> Option<Level> {
    let word: String = cell.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    match word.as_str() {
        "集团" | "集团公司" | "集团级" | "group" => Some(Level::Group),
        "公司" | "分公司" | "子公司" | "单位" | "公司级" | "company" | "branch" => Some(Level::Company),
        "项目部" | "项目" | "项目经理部" | "指挥部" | "项目级" | "projectoffice" | "project" => {
            Some(Level::ProjectOffice)
        }
        "标段" | "标" | "合同段" | "工区" | "标段级" | "section" | "lot" => Some(Level::Section),
        _ => None,
    }
}

/// The level a unit's name speaks of; a company when it says nothing.
pub(crate) fn level_of_name(name: &str) -> Level {
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    if ends(&["标段", "合同段", "工区", "标"]) {
        Level::Section
    } else if ends(&["项目部", "项目经理部", "经理部", "指挥部", "项目"]) {
        Level::ProjectOffice
    } else if ends(&["集团", "集团公司", "集团有限公司", "集团股份有限公司", "集团有限责任公司", "总公司"])
    {
        Level::Group
    } else {
        Level::Company
    }
}

fn below(level: Level) -> Option<Level> {
    LEVELS.into_iter().find(|other| *other > level)
}

fn above(level: Level) -> Option<Level> {
    LEVELS.into_iter().rev().find(|other| *other < level)
}

/// What a row says about where its customer stands; cells are trimmed, blank ones `None`.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The columns of the four levels, outermost first.
    pub by_level: [Option<String>; 4],
    pub name: Option<String>,
    pub level: Option<Level>,
    pub parent: Option<String>,
}

/// The way down, the customer last; and what a person should look at.
pub(crate) fn trace(told: Told) -> (Vec<PathPart>, Vec<RowCode>) {
    // Those that the row itself says are groups.
    let mut groups_told: Vec<String> = told.by_level.first().cloned().flatten().into_iter().collect();
    groups_told.extend(told.name.clone().filter(|name| {
        told.level == Some(Level::Group) || told.level.is_none() && level_of_name(name) == Level::Group
    }));
    let mut parts: Vec<PathPart> = LEVELS
        .into_iter()
        .zip(told.by_level)
        .filter_map(|(level, name)| Some(PathPart { level, name: name? }))
        .collect();
    let mut codes = Vec::new();
    if let Some(name) = told.name
        && parts.iter().all(|part| part.name != name)
    {
        let pieces = pieces(&name, told.level, &parts);
        if pieces.len() > 1 {
            codes.push(RowCode::SplitFromName);
        }
        for piece in pieces {
            if let Err(code) = hang(&mut parts, piece) {
                codes.push(code);
            }
        }
    }
    if let Some(parent) = told.parent
        && parts.iter().all(|part| part.name != parent)
    {
        put_above(&mut parts, parent, &mut codes);
    }
    let group_is_told = parts.iter().any(|part| part.level == Level::Group);
    let is_group = |part: &&PathPart| level_of_name(&part.name) == Level::Group || groups_told.contains(&part.name);
    if parts
        .iter()
        .filter(is_group)
        .any(|part| part.level != Level::Group && (!group_is_told || groups_told.contains(&part.name)))
    {
        codes.push(RowCode::GroupAsCompany);
    }
    (parts, codes)
}

/// Hangs a unit into the way down at its level, or at the next free one below when that is taken.
fn hang(parts: &mut Vec<PathPart>, piece: PathPart) -> Result<(), RowCode> {
    if parts.iter().any(|part| part.name == piece.name) {
        return Ok(());
    }
    let deepest = parts.iter().map(|part| part.level).max();
    let level = match deepest {
        Some(deepest) if piece.level <= deepest => below(deepest).ok_or(RowCode::LevelConflict)?,
        _ => piece.level,
    };
    parts.push(PathPart { level, ..piece });
    Ok(())
}

/// Puts the unit above on top of the way, one level up at least.
fn put_above(parts: &mut Vec<PathPart>, parent: String, codes: &mut Vec<RowCode>) {
    let is_alone = parts.len() == 1;
    let Some(top) = parts.first_mut() else { return };
    let mut level = level_of_name(&parent);
    if level >= top.level {
        match above(top.level) {
            Some(above) => level = above,
            None => {
                // 集团 under a 总公司: the lower one is a company of it.
                if !is_alone {
                    codes.push(RowCode::LevelConflict);
                    return;
                }
                top.level = Level::Company;
                level = Level::Group;
            }
        }
    }
    parts.insert(0, PathPart { level, name: parent });
}

/// One name may hold several units: `集团/公司/项目部`, or run on as 四川路桥有限公司成绵项目部二标段.
fn pieces(name: &str, level: Option<Level>, above: &[PathPart]) -> Vec<PathPart> {
    if let Some(level) = level {
        return vec![PathPart { level, name: name.to_owned() }];
    }
    let by_mark: Vec<&str> = name
        .split(['/', '／', '\\', '>', '＞', '→', '》', '|', '｜'])
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect();
    let found: Vec<&str> = match by_mark.as_slice() {
        [single] => run_on(single),
        several => several.to_vec(),
    };
    let mut pieces: Vec<PathPart> = Vec::new();
    for piece in found {
        pieces.push(PathPart { level: level_of_name(piece), name: piece.to_owned() });
    }
    if above.is_empty() { in_order(pieces) } else { pieces }
}

/// Cuts a name that runs on behind 公司 and behind 项目部, where enough is left on both sides.
fn run_on(name: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = name;
    for (ending, goes_on) in [
        ("公司", &["项目部", "经理部", "指挥部", "标段", "合同段"][..]),
        ("项目部", &["标段", "合同段", "工区"][..]),
        ("经理部", &["标段", "合同段", "工区"][..]),
    ] {
        let Some(at) = rest.rfind(ending) else { continue };
        let (head, tail) = rest.split_at(at + ending.len());
        let named = goes_on.iter().any(|word| tail.ends_with(word) || tail.contains(word));
        // 四川路桥有限公司项目部 says no more than that it has one.
        let has_own_name = !goes_on.contains(&tail);
        if named && has_own_name && head.chars().count() > 3 {
            pieces.push(head);
            rest = tail;
        }
    }
    pieces.push(rest);
    pieces
}

/// Units written in a row go from the outermost to the innermost: where words leave it open, each is at
/// least one level below the one before, and leaves room for those behind it.
fn in_order(mut pieces: Vec<PathPart>) -> Vec<PathPart> {
    for at in 1..pieces.len() {
        let before = pieces.get(at - 1).map(|piece| piece.level);
        let Some(piece) = pieces.get_mut(at) else { break };
        if let Some(before) = before.filter(|before| piece.level <= *before) {
            piece.level = below(before).unwrap_or(Level::Section);
        }
    }
    if let [first, second, ..] = pieces.as_mut_slice()
        && first.level == Level::Company
        && second.level == Level::ProjectOffice
        && level_of_name(&second.name) == Level::Company
    {
        first.level = Level::Group;
        second.level = Level::Company;
    }
    pieces
}
