//! Lists as tables, or as JSON for scripts.

use super::{
    Listing,
    table::Table,
    words::{Language, Words},
};
use crate::say;
use chrono::{DateTime, Local, Utc};
use doorstep_domain::id::BranchId;
use doorstep_hq::{
    Hq,
    backup::{Made, Restored},
    conflicts::Found,
    laptops::LaptopEntry,
    paging::{Next, PAGE_COUNT_MAX},
    rights::By,
    staff::{self, EngineerEntry},
    status::Status,
    storage::What,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    error::Error,
    io::{self, Write},
    path::Path,
};

type Done = Result<(), Box<dyn Error>>;

fn words(listing: Listing) -> Result<Words, Box<dyn Error>> {
    Words::of(listing.language.unwrap_or_else(Language::of_terminal))
}

fn heads(words: &Words, columns: &[(&str, bool)]) -> Table {
    let heads: Vec<(String, bool)> = columns.iter().map(|(key, right)| (words.get(key), *right)).collect();
    Table::new(&heads)
}

fn print(table: &Table) -> Done {
    for line in table.lines() {
        say(&line)?;
    }
    Ok(())
}

fn as_json(value: &impl Serialize) -> Done {
    Ok(say(&serde_json::to_string_pretty(value)?)?)
}

fn time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}

async fn branch(hq: &Hq, code: Option<&str>) -> Result<Option<BranchId>, Box<dyn Error>> {
    match code {
        Some(code) => Ok(Some(staff::branch(hq, code).await?)),
        None => Ok(None),
    }
}

async fn all_laptops(hq: &Hq, of: Option<BranchId>) -> Result<Vec<LaptopEntry>, Box<dyn Error>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = hq.laptops(By::Keeper, of, after, PAGE_COUNT_MAX).await?;
        all.extend(page.laptops);
        match page.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

/// What the keeper has to do again after a restore, in the terminal's language; beside the output, which scripts read.
pub fn restored(restored: &Restored) -> Done {
    let words = Words::of(Language::of_terminal())?;
    let mut out = io::stderr().lock();
    writeln!(out, "{}", words.with("hq.restored", &[("at", &time(restored.manifest.made_at))]))?;
    if !restored.damaged.is_empty() {
        let files: Vec<_> = restored.damaged.iter().map(|file| file.display().to_string()).collect();
        writeln!(out, "{}", words.with("hq.restored_damaged", &[("files", &files.join("\n"))]))?;
    }
    Ok(())
}

/// What a backup holds.
pub fn backed_up(made: &Made, folder: &Path) -> Done {
    let (attachments, copied) = (made.manifest.attachments.to_string(), made.copied.to_string());
    let places = [
        ("folder", &*folder.display().to_string()),
        ("at", &*time(made.manifest.made_at)),
        ("n", &*attachments),
        ("copied", &*copied),
    ];
    Ok(say(&Words::of_terminal()?.with("hq.said.backedUp", &places))?)
}

/// What is damaged, a line each; nothing is printed but that there is none.
pub async fn check(hq: &Hq, listing: Listing) -> Done {
    let checked = hq.check().await?;
    let words = words(listing)?;
    if listing.json {
        as_json(&checked)?;
    } else {
        for damage in &checked.damage {
            say(&format!("{} {damage}", words.get(what(damage.what))))?;
        }
        let count = |number: u64| number.to_string();
        let (records, operations) = (count(checked.records), count(checked.operations));
        let places = [("records", &*records), ("operations", &operations), ("files", &count(checked.attachments))];
        say(&words.with("hq.checked", &places))?;
    }
    let count = checked.damage.len();
    if count == 0 { Ok(()) } else { Err(words.with("hq.check_damaged", &[("count", &count.to_string())]).into()) }
}

fn what(what: What) -> &'static str {
    match what {
        What::Structure => "hq.damage_structure",
        What::Row => "hq.damage_row",
        What::Hash => "hq.damage_hash",
        What::Sum => "hq.damage_sum",
        What::File => "hq.damage_file",
    }
}

pub async fn laptops(hq: &Hq, code: Option<&str>, listing: Listing) -> Done {
    let all = all_laptops(hq, branch(hq, code).await?).await?;
    if listing.json { as_json(&all) } else { print(&laptop_table(&words(listing)?, &all)) }
}

fn laptop_table(words: &Words, laptops: &[LaptopEntry]) -> Table {
    let columns = [
        ("hq.code", false),
        ("hq.engineer", false),
        ("hq.branch", false),
        ("hq.seen", false),
        ("hq.version", false),
        ("hq.waiting", true),
        ("hq.standing", false),
    ];
    let mut table = heads(words, &columns);
    for laptop in laptops {
        table.row([
            laptop.code.clone(),
            laptop.engineer.clone().unwrap_or_default(),
            laptop.branch.clone().unwrap_or_default(),
            laptop.seen_at.map_or_else(|| words.get("hq.never"), time),
            laptop.app_version.clone(),
            laptop.waiting.map(|waiting| waiting.to_string()).unwrap_or_default(),
            words.get(&format!("hq.standing.{}", name(&laptop.standing))),
        ]);
    }
    table
}

/// How a word of ours is written in JSON.
fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

pub async fn status(hq: &Hq, listing: Listing) -> Done {
    let mut status = hq.status(By::Keeper).await?;
    status.laptops.laptops = all_laptops(hq, None).await?;
    status.laptops.next = None;
    if listing.json {
        return as_json(&status);
    }
    let words = words(listing)?;
    say(&words.with("hq.status", &[("at", &time(status.at))]))?;
    say("")?;
    say(&counts(&words, &status))?;
    for (version, count) in &status.counts.versions {
        say(&format!("  {} {version}: {count}", words.get("hq.version")))?;
    }
    say("")?;
    print(&laptop_table(&words, &status.laptops.laptops))?;
    say("")?;
    if status.conflicts.is_empty() {
        say(&words.get("hq.conflictsNone"))?;
    } else {
        say(&words.get("hq.conflicts"))?;
        print(&branch_table(&words, &status))?;
    }
    if !status.leavers.is_empty() {
        say("")?;
        say(&words.get("hq.leavers"))?;
        let columns = [("hq.engineer", false), ("hq.branch", false), ("hq.openVisits", true)];
        let mut table = heads(&words, &columns);
        for leaver in status.leavers {
            table.row([leaver.engineer, leaver.branch.unwrap_or_default(), leaver.open_visits.to_string()]);
        }
        print(&table)?;
    }
    Ok(())
}

fn counts(words: &Words, status: &Status) -> String {
    let counts = &status.counts;
    let numbers = [counts.active, counts.seen_within_a_day, counts.seen_within_a_week, counts.silent, counts.off]
        .map(|n| n.to_string());
    let [active, day, week, silent, off] = &numbers;
    words.with("hq.counts", &[("active", active), ("day", day), ("week", week), ("silent", silent), ("off", off)])
}

fn branch_table(words: &Words, status: &Status) -> Table {
    let columns =
        [("hq.branch", false), ("hq.open", true), ("hq.overADay", true), ("hq.overAWeek", true), ("hq.oldest", false)];
    let mut table = heads(words, &columns);
    for found in &status.conflicts {
        table.row([
            found.branch.clone().unwrap_or_default(),
            found.open.to_string(),
            found.over_a_day.to_string(),
            found.over_a_week.to_string(),
            found.oldest.map(time).unwrap_or_default(),
        ]);
    }
    table
}

pub async fn conflicts(hq: &Hq, code: Option<&str>, listing: Listing) -> Done {
    let (of, mut after, mut all) = (branch(hq, code).await?, None, Vec::new());
    loop {
        let page = hq.conflicts(By::Keeper, of, after, PAGE_COUNT_MAX).await?;
        all.extend(page.conflicts);
        match page.next {
            Some(next) => after = Some(Next::read_place(&next)?),
            None => break,
        }
    }
    if listing.json {
        return as_json(&all);
    }
    let words = words(listing)?;
    if all.is_empty() {
        return Ok(say(&words.get("hq.conflictsNone"))?);
    }
    for found in all {
        conflict(&words, &found)?;
    }
    Ok(())
}

/// Both values, one below the other, since they are what a person compares.
fn conflict(words: &Words, found: &Found) -> Done {
    let about = &found.conflict;
    say(&format!("{}  --seen {}", found.id, found.version))?;
    if found.unread {
        return Ok(say(&format!("{}\n", words.get("hq.unread")))?);
    }
    let since = about.raised_at.map(time).unwrap_or_default();
    let branch = found.branch.as_deref().unwrap_or_default();
    say(&format!("{}: {branch}  {}: {since}", words.get("hq.branch"), words.get("hq.since")))?;
    say(&format!("{}: {}.{}", words.get("hq.field"), about.record_kind, about.field))?;
    let columns =
        [("hq.standing", false), ("hq.engineer", false), ("hq.code", false), ("hq.at", false), ("hq.value", false)];
    let mut table = heads(words, &columns);
    for (key, side, by) in
        [("hq.stands", &about.standing, &found.standing_by), ("hq.other", &about.other, &found.other_by)]
    {
        table.row([
            words.get(key),
            by.engineer.clone().unwrap_or_default(),
            by.laptop.clone().unwrap_or_default(),
            side.written_at.map(time).unwrap_or_default(),
            side.value.as_str().map_or_else(|| side.value.to_string(), str::to_owned),
        ]);
    }
    print(&table)?;
    Ok(say("")?)
}

pub async fn engineers(hq: &Hq, code: Option<&str>, listing: Listing) -> Done {
    let (of, mut after, mut all) = (branch(hq, code).await?, None, Vec::<EngineerEntry>::new());
    loop {
        let page = staff::engineers(hq, By::Keeper, of, after, PAGE_COUNT_MAX).await?;
        all.extend(page.engineers);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if listing.json {
        return as_json(&all);
    }
    let words = words(listing)?;
    let columns = [("hq.engineer", false), ("hq.branch", false), ("hq.openVisits", true), ("hq.standing", false)];
    let mut table = heads(&words, &columns);
    for engineer in all {
        let standing = match (engineer.left, engineer.manager) {
            (true, _) => words.get("hq.left"),
            (false, true) => words.get("hq.manager"),
            (false, false) => String::new(),
        };
        let branch = engineer.branch.unwrap_or_default();
        table.row([engineer.name, branch, engineer.open_visits.to_string(), standing]);
    }
    print(&table)
}

pub async fn trail(hq: &Hq, count: u32, listing: Listing) -> Done {
    let deeds = hq.trail(None, count).await?;
    if listing.json {
        let lines = deeds.iter().map(|deed| {
            json!({"number": deed.number, "at": deed.at, "account": deed.account, "action": deed.action,
                   "subject": deed.subject})
        });
        return as_json(&lines.collect::<Vec<Value>>());
    }
    let words = words(listing)?;
    let columns =
        [("hq.number", true), ("hq.at", false), ("hq.account", false), ("hq.action", false), ("hq.subject", false)];
    let mut table = heads(&words, &columns);
    for deed in deeds {
        let account = deed.account.unwrap_or_else(|| words.get("hq.keeper"));
        // One that a newer HQ wrote has no word here.
        let key = format!("hq.deed.{}", deed.action.replace(' ', "_"));
        let action = Some(words.get(&key)).filter(|word| *word != key).unwrap_or(deed.action);
        table.row([deed.number.to_string(), time(deed.at), account, action, deed.subject]);
    }
    print(&table)
}

pub async fn accounts(hq: &Hq, listing: Listing) -> Done {
    let accounts = hq.accounts().await?;
    if listing.json {
        // Never the hash of a password.
        let lines = accounts.iter().map(|account| {
            json!({"name": account.name, "role": account.role, "branch_id": account.branch_id,
                   "created_at": account.created_at, "closed_at": account.closed_at})
        });
        return as_json(&lines.collect::<Vec<Value>>());
    }
    let words = words(listing)?;
    let mut table = heads(&words, &[("hq.account", false), ("hq.role", false), ("hq.standing", false)]);
    for account in accounts {
        let role = words.get(&format!("hq.role.{}", account.role));
        let standing = account.closed_at.map(|_| words.get("hq.closed")).unwrap_or_default();
        table.row([account.name, role, standing]);
    }
    print(&table)
}
