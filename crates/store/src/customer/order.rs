//! The order of customers in a list: as a Chinese directory has them, by the sound of their names.
//!
//! Pure but for [`keep`] and [`fill`], which run in the caller's transaction.

use crate::Result;
use doorstep_domain::{Doc, Kind, id::RecordId};
use pinyin::ToPinyin;
use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;

/// Characters of a name that count; names that agree so far stand by their id.
const CHARS_MAX: usize = 40;
/// Customers that are given their place at once.
const BATCH: usize = 2_000;

/// Characters that sound otherwise in the names of places and firms than the table's first reading says.
const SOUNDS: [(&str, &str, char, char); 12] = [
    ("重庆", "chong", '2', '重'),
    ("长", "chang", '2', '长'),
    ("厦门", "xia", '4', '厦'),
    ("西藏", "zang", '4', '藏'),
    ("六安", "lu", '4', '六'),
    ("乐清", "yue", '4', '乐'),
    ("朝阳", "chao", '2', '朝'),
    ("台州", "tai", '1', '台'),
    ("银行", "hang", '2', '行'),
    ("都", "du", '1', '都'),
    ("番禺", "pan", '1', '番'),
    ("蚌埠", "beng", '4', '蚌'),
];

/// The key by which a name is ordered: syllable by syllable, then tone, then the character itself, so that names that
/// begin alike stand together. Letters and digits are ordered among the syllables as they are typed.
pub(crate) fn key(name: &str) -> String {
    let mut key = String::new();
    for (at, c) in name.char_indices().take(CHARS_MAX) {
        let known = SOUNDS.iter().find(|(word, _, _, odd)| {
            *odd == c
                && word
                    .find(c)
                    .and_then(|before| name.get(at.checked_sub(before)?..))
                    .is_some_and(|from| from.starts_with(word))
        });
        match (known, c.to_pinyin()) {
            (Some((_, sound, tone, _)), _) => key.extend(sound.chars().chain(['\u{1}', *tone, c])),
            (None, Some(sound)) => {
                let numbered = sound.with_tone_num_end();
                let tone = numbered.chars().last().filter(char::is_ascii_digit).unwrap_or('5');
                key.extend(sound.plain().chars().chain(['\u{1}', tone, c]));
            }
            (None, None) => key.extend(c.to_lowercase()),
        }
    }
    key
}

/// Gives customers among these records their place.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn keep(connection: &mut SqliteConnection, rows: &[(Kind, RecordId, &Doc)]) -> Result<()> {
    let customers = rows.iter().filter(|(kind, _, _)| *kind == Kind::CUSTOMER);
    let places: Vec<_> = customers
        .map(|(_, id, doc)| {
            let name = doc.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
            place(id, name)
        })
        .collect();
    set(connection, &places).await
}

/// Gives every customer that has no place yet one: those that an earlier version stored.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn fill(connection: &mut SqliteConnection) -> Result<()> {
    loop {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, ifnull(doc ->> '$.name', '') FROM record WHERE kind = 'customer' AND place IS NULL LIMIT ?",
        )
        .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let places: Vec<_> = rows.iter().map(|(id, name)| place(id, name)).collect();
        set(connection, &places).await?;
    }
}

fn place(id: &impl Serialize, name: &str) -> serde_json::Value {
    json!({"k": Kind::CUSTOMER, "i": id, "key": key(name)})
}

async fn set(connection: &mut SqliteConnection, places: &[serde_json::Value]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    sqlx::query(SET).bind(serde_json::to_string(places)?).execute(connection).await?;
    Ok(())
}

/// The kind comes with the id: where it stands here as a word, SQLite goes through all customers and, for each of them,
/// through all of these.
pub(crate) const SET: &str = "\
UPDATE record SET place = new.value ->> '$.key' FROM json_each(?) AS new
WHERE record.kind = new.value ->> '$.k' AND record.id = new.value ->> '$.i' AND record.place IS NOT new.value ->> '$.key'";

#[cfg(test)]
mod tests {
    use super::key;

    fn sorted(names: &[&'static str]) -> Vec<&'static str> {
        let mut names = names.to_vec();
        names.sort_by_key(|name| key(name));
        names
    }

    #[test]
    fn names_stand_as_in_a_directory() {
        let names =
            ["中铁二局", "安徽路桥", "四川路桥", "北京市政", "渝岭交通", "G7611 项目部", "成都公路", "阿坝公路"];
        let order =
            ["阿坝公路", "安徽路桥", "北京市政", "成都公路", "G7611 项目部", "四川路桥", "渝岭交通", "中铁二局"];
        assert_eq!(sorted(&names), order);
    }

    #[test]
    fn syllables_are_compared_before_letters_and_like_characters_stand_together() {
        // xi'an before xian; 川 and 穿 sound alike, and each keeps its own together.
        assert_eq!(sorted(&["先达", "西安"]), ["西安", "先达"]);
        assert_eq!(sorted(&["穿山", "川西", "川北"]), ["川北", "川西", "穿山"]);
    }

    #[test]
    fn places_that_sound_otherwise_stand_where_people_look_for_them() {
        assert_eq!(
            sorted(&["重型机械", "重庆路桥", "大渡河", "长江航道"]),
            ["长江航道", "重庆路桥", "大渡河", "重型机械"]
        );
    }

    #[test]
    fn a_name_without_any_chinese_and_an_empty_one_have_a_key_too() {
        assert_eq!((key(""), key("ACME 2")), (String::new(), "acme 2".to_owned()));
    }
}
