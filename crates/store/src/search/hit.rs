//! Hits as people see them.

use super::{
    card::{Card, text},
    grams::normalised,
    query::Query,
    rank::Rank,
};
use crate::{Result, record::parse_id};
use doorstep_domain::{Doc, Kind, id::RecordId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use std::{collections::HashSet, sync::Arc};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A customer, by its own names and numbers or by those of a product in use there.
    Customer,
    /// A person at a customer.
    Contact,
    /// A visit, by its subject or the number on its paper.
    Visit,
    /// Something written about a customer or on a visit.
    Note,
}

/// A hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hit {
    /// What was found.
    pub kind: HitKind,
    /// The customer, the contact, the visit, or the record that the note stands in.
    pub id: RecordId,
    /// What to open: kind (customer or visit) and id.
    pub open: (Kind, RecordId),
    /// Its name; of a note, the words around what was found.
    pub title: String,
    /// Where it belongs.
    pub subtitle: String,
    /// When the visit was or will be (RFC 3339, or a day); `None` for customers and contacts.
    pub at: Option<String>,
}

/// Most steps from a merged customer to the one that stands for it.
const REDIRECTS_MAX: u32 = 8;
/// Characters of a note before what was found, and in all.
const LEAD_CHARS: usize = 12;
const NOTE_CHARS: usize = 60;

/// A record that matches, before it is read.
#[derive(Debug)]
pub(crate) struct Found {
    hit: HitKind,
    kind: String,
    id: String,
    open_kind: String,
    open: String,
    /// How it matches; `None` where that is told by the record itself.
    rank: Option<Rank>,
}

impl Found {
    /// Found by a name or number.
    pub(crate) fn named([kind, id, open_kind, open]: [String; 4], rank: Option<Rank>) -> Self {
        let hit = match kind.as_str() {
            "contact" => HitKind::Contact,
            "customer" | "installation" => HitKind::Customer,
            _ => HitKind::Visit,
        };
        Self { hit, kind, id, open_kind, open, rank }
    }

    /// Found by what is written in it.
    pub(crate) fn noted([kind, id, open_kind, open]: [String; 4]) -> Self {
        Self { hit: HitKind::Note, kind, id, open_kind, open, rank: Some(Rank::Noted) }
    }

    /// What may be in the list once: a contact is itself, all else is what it opens.
    pub(crate) fn once(&self) -> (HitKind, String) {
        (self.hit, if self.hit == HitKind::Contact { self.id.clone() } else { self.open.clone() })
    }
}

/// Reads what was found: by rank, and within one in the same order, each once. Sealed documents stay unread: they are
/// large, and the visit says enough.
pub(crate) async fn shown(connection: &mut SqliteConnection, query: &Query, found: &[Found]) -> Result<Vec<Hit>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT w.key AS place, iif(r.kind = 'seal', json_object('number', r.doc ->> '$.number'), r.doc) AS doc, \
                      o.doc AS open_doc, c.doc AS customer_doc \
               FROM json_each(?) w \
               CROSS JOIN record r ON r.kind = w.value ->> '$[0]' AND r.id = w.value ->> '$[1]' \
               CROSS JOIN record o ON o.kind = w.value ->> '$[2]' AND o.id = w.value ->> '$[3]' \
               LEFT JOIN record c ON c.kind = 'customer' AND c.id = iif(o.kind = 'visit', o.customer_id, o.id) \
               ORDER BY w.key";
    let wanted: Vec<_> = found.iter().map(|f| json!([f.kind, f.id, f.open_kind, f.open])).collect();
    let rows = sqlx::query(sql).bind(serde_json::to_string(&wanted)?).fetch_all(&mut *connection).await?;
    let mut ranked = Vec::with_capacity(found.len());
    for row in &rows {
        let Some(found) = found.get(row.try_get::<u32, _>("place")? as usize) else { continue };
        let mut docs = Docs::read(row)?;
        let rank = match found.rank {
            Some(rank) => rank,
            None => Rank::of(query, &Card::of(&Kind::parse(&found.kind)?, &docs.doc)),
        };
        let open = docs.redirected(connection, parse_id(&found.open)?).await?;
        ranked.push((rank, found.once(), docs.hit(query, found, (Kind::parse(&found.open_kind)?, open))?));
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    let mut seen = HashSet::new();
    Ok(ranked.into_iter().filter(|(_, once, _)| seen.insert(once.clone())).map(|(.., hit)| hit).collect())
}

/// A record, what it opens, and the customer of that; often they are one.
struct Docs {
    doc: Arc<Doc>,
    open: Arc<Doc>,
    customer: Arc<Doc>,
}

impl Docs {
    fn read(row: &SqliteRow) -> Result<Self> {
        let text = |column: &str| row.try_get::<Option<&str>, _>(column);
        let read = |text: Option<&str>| text.map(serde_json::from_str).transpose().map(Option::unwrap_or_default);
        let texts = (text("doc")?, text("open_doc")?, text("customer_doc")?);
        let doc = Arc::new(read(texts.0)?);
        let open = if texts.1 == texts.0 { Arc::clone(&doc) } else { Arc::new(read(texts.1)?) };
        let customer = if texts.2 == texts.1 { Arc::clone(&open) } else { Arc::new(read(texts.2)?) };
        Ok(Self { doc, open, customer })
    }

    /// Follows a merged customer to the one that stands for it, when it is here.
    async fn redirected(&mut self, connection: &mut SqliteConnection, mut open: RecordId) -> Result<RecordId> {
        for _ in 0..REDIRECTS_MAX {
            let Ok(into) = text(&self.open, "merged_into").parse::<RecordId>() else { break };
            let sql = "SELECT doc FROM record WHERE kind = 'customer' AND id = ? AND deleted = 0";
            let doc: Option<String> =
                sqlx::query_scalar(sql).bind(into.to_string()).fetch_optional(&mut *connection).await?;
            let Some(doc) = doc else { break };
            self.open = Arc::new(serde_json::from_str(&doc)?);
            self.customer = Arc::clone(&self.open);
            open = into;
        }
        Ok(open)
    }

    fn hit(&self, query: &Query, found: &Found, open: (Kind, RecordId)) -> Result<Hit> {
        let customer = text(&self.customer, "name");
        let (title, subtitle) = match (found.hit, found.kind.as_str()) {
            (HitKind::Customer, "customer") => {
                (customer.into(), [text(&self.doc, "number"), text(&self.doc, "region")])
            }
            (HitKind::Customer, _) => {
                (customer.into(), [text(&self.doc, "product_name"), text(&self.doc, "dongle_number")])
            }
            (HitKind::Contact, _) => (text(&self.doc, "name").into(), [customer, text(&self.doc, "position")]),
            (HitKind::Visit, _) => (self.subject().into(), [self.under(), text(&self.doc, "number")]),
            (HitKind::Note, kind) => (self.note(query, kind)?, [customer, text(&self.open, "subject")]),
        };
        let id = match found.hit {
            HitKind::Customer | HitKind::Visit => open.1,
            HitKind::Contact | HitKind::Note => parse_id(&found.id)?,
        };
        let subtitle = subtitle.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        Ok(Hit { kind: found.hit, id, open, title, subtitle, at: self.at() })
    }

    /// The visit's subject, else its customer, so that a title is never empty.
    fn subject(&self) -> &str {
        Some(text(&self.open, "subject")).filter(|s| !s.is_empty()).unwrap_or(text(&self.customer, "name"))
    }

    fn under(&self) -> &str {
        if text(&self.open, "subject").is_empty() { "" } else { text(&self.customer, "name") }
    }

    fn note(&self, query: &Query, kind: &str) -> Result<String> {
        let notes = Card::of(&Kind::parse(kind)?, &self.doc).notes;
        let around = notes.iter().find_map(|note| around(note, query.words()));
        Ok(around.or_else(|| notes.into_iter().find(|n| !n.is_empty())).unwrap_or_else(|| self.subject().into()))
    }

    fn at(&self) -> Option<String> {
        let within = |field: &str, inner: &str| self.open.get(field)?.get(inner);
        let times = [within("appointment", "at"), within("progress", "arrived_at"), self.open.get("planned_on")];
        times.into_iter().flatten().find_map(|time| time.as_str().map(str::to_owned))
    }
}

/// The part of `note` around the first of `words` that stands in it.
fn around(note: &str, words: &[String]) -> Option<String> {
    let as_typed = words.iter().find_map(|word| note.find(word.as_str())).map(|at| note[..at].chars().count());
    let start = as_typed.or_else(|| place(note, words))?.saturating_sub(LEAD_CHARS);
    let mut rest = note.chars().skip(start);
    let line: String = rest.by_ref().take(NOTE_CHARS).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if rest.next().is_some() { "…" } else { "" };
    Some(format!("{before}{}{after}", line.trim()))
}

/// At which character of `note` the first of `words` stands, when case, width and punctuation do not count.
fn place(note: &str, words: &[String]) -> Option<usize> {
    let mut plain = String::new();
    let mut places = Vec::new();
    for (place, c) in note.chars().enumerate() {
        let piece = normalised(c.encode_utf8(&mut [0; 4]));
        places.extend(std::iter::repeat_n(place, piece.len()));
        plain.push_str(&piece);
    }
    let at = words.iter().find_map(|word| plain.find(word.as_str()))?;
    places.get(at).copied()
}
