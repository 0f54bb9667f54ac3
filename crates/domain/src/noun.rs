//! Nouns: what all others need to know of a kind of record stands here, once, beside its type.
//!
//! A kind is one line in the list at the end and one [`Description`] beside its type. No part of a description has a
//! default, so that whoever adds a kind has said of it all there is to say; the test `kinds::every_kind_walks` then takes
//! it from one laptop through HQ to another.

use crate::{
    Doc, Refusal,
    id::RecordId,
    kind::{self, Kind},
    open::Open,
    parked,
    reference::{self, Reference},
};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A typed reading of a document. Every field has a default, so that what was never set reads.
pub trait Noun: kind::Named + Serialize + DeserializeOwned + JsonSchema + Default {
    /// What others need to know of its kind.
    const DESCRIPTION: Description;

    /// What must hold for a single record whatever is around it: lengths, ranges, needed fields.
    ///
    /// # Errors
    /// The rule that does not hold, with its field.
    fn check(&self) -> Result<(), Refusal>;
}

/// What others need to know of a kind of record.
#[derive(Debug, Clone)]
pub struct Description {
    /// Fields that people set one by one, as they leave them. States, signatures, seals and ownership change by their own
    /// steps.
    pub settable: &'static [&'static str],
    /// How a record comes about.
    pub creation: Creation,
    /// Whether laptops write it.
    pub written_by: WrittenBy,
    /// Until when a person may delete it.
    pub deletion: Deletion,
    /// Fields that name what it hangs on, the nearest first. It goes where that goes.
    pub parents: &'static [&'static str],
    /// Who may have it.
    pub audience: Audience,
    /// Whether it goes along when what it hangs on is dispatched to an engineer, and is withdrawn with it.
    pub dispatch: Dispatch,
    /// What of it is on a paper.
    pub paper: Paper,
    /// Every field that holds the id of another record.
    pub references: &'static [Reference],
    /// How it is found.
    pub search: Search,
    /// What it is called in a list: the first of these fields that has a text, `name.zh` being one within another. Where
    /// there is none, it is called as what it hangs on.
    pub called: &'static [&'static str],
    /// When it is still to be done, and whose it is.
    pub open: Option<fn(&Doc) -> Option<Open>>,
    /// Texts that machines write, and no rule for people's texts is held against.
    pub verbatim: Verbatim,
    /// Fields that may be larger than [`crate::record::FIELD_BYTES_MAX`], and how many bytes they may have.
    pub large: &'static [(&'static str, usize)],
    /// How long it is kept.
    pub retention: Retention,
    /// What remains of it when a person asks for erasure.
    pub erasure: Erasure,
}

/// How a record comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// A person fills in its fields.
    Direct,
    /// By a step that has a command of its own, or at HQ.
    Step,
    /// In the files that HQ imports.
    Import,
}

/// Who writes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenBy {
    /// Laptops, and HQ.
    Laptops,
    /// HQ; of this field alone, laptops.
    HqBut(&'static str),
    /// HQ; it comes to laptops read-only.
    Hq,
}

/// Until when a person may delete a record.
#[derive(Debug, Clone, Copy)]
pub enum Deletion {
    /// Not at all.
    Never,
    /// While what it hangs on may change.
    Anytime,
    /// While nothing hangs on it.
    Unused,
    /// As long as this rule has nothing against it.
    While(fn(&Doc) -> Result<(), Refusal>),
}

/// Who may have a record. What says nothing, as a kind of a newer version, is its author's and reaches nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every laptop.
    Everybody,
    /// The laptops of its branch.
    Branch,
    /// The laptops of the engineer who wrote it. What only HQ may read is encrypted to HQ's key on top: its author's
    /// laptop keeps it, unreadable, for an HQ that has to be restored.
    Author,
}

/// The field of a root with the engineer who takes it over, of whatever branch.
pub const DISPATCHED_TO: &str = "dispatched_to";

/// What a dispatch carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatch {
    /// It goes along with what it hangs on.
    Along,
    /// It is dispatched itself, by its field [`DISPATCHED_TO`].
    Itself,
    /// It stays where it is.
    Stays,
}

/// What of a record is on a paper. Whoever changes what is, without having seen that it was sealed, makes a proposal for an
/// amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// Nothing.
    Nothing,
    /// It is a root: put before people, sealed and printed as a whole, but for these fields.
    Root(&'static [&'static str]),
    /// It is on the paper of its root, but for these fields.
    Part(&'static [&'static str]),
    /// The same; once sealed it travels inside the document, and its record need not.
    Inside(&'static [&'static str]),
}

/// How a record is found.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// What a hit opens.
    pub opens: Opens,
    /// Names and numbers, which match as a whole and by their beginning.
    pub called: &'static [&'static str],
    /// The name that is also found by its sound.
    pub spoken: Option<&'static str>,
    /// What else stands on it.
    pub more: &'static [&'static str],
    /// Telephones, of which people write several into one field.
    pub phones: &'static [&'static str],
    /// Running text.
    pub notes: &'static [&'static str],
    /// The field with a sealed document: what it holds is found by it.
    pub document: Option<&'static str>,
}

impl Search {
    /// It is not found.
    pub const NOT: Self =
        Self { opens: Opens::Nothing, called: &[], spoken: None, more: &[], phones: &[], notes: &[], document: None };
    /// A part that has running text alone.
    #[must_use]
    pub const fn in_text(notes: &'static [&'static str]) -> Self {
        Self { opens: Opens::Parent, notes, ..Self::NOT }
    }
}

/// What a hit opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// Nothing: it is not searched.
    Nothing,
    /// The record.
    Itself,
    /// The record, unless this field says that another stands for it.
    ItselfUnless(&'static str),
    /// What it hangs on.
    Parent,
    /// What it hangs on, and it is a hit of its own beside that.
    ParentAsOwnHit,
}

/// What of a record machines write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbatim {
    /// Nothing.
    Nothing,
    /// This field.
    Field(&'static str),
    /// All of it.
    Everything,
}

/// How long a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// As long as what it hangs on.
    WithParent,
    /// While it is in use, and so many years after the last thing that hung on it.
    Years(u8),
    /// As long as HQ says.
    Hq,
}

/// What remains of a record when a person asks that what is known of them be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// All of it: it says nothing of a person.
    Untouched,
    /// All but these fields.
    Fields(&'static [&'static str]),
    /// That there was one.
    Tombstone,
    /// Of a sealed paper its number and hash, and that it was erased as asked (已按要求删除).
    SealedStub,
}

/// What a description is written with.
pub(crate) mod prelude {
    pub(crate) use super::{
        Audience, Creation, Deletion, Description, Dispatch, Erasure, Noun, Opens, Paper, Retention, Search, Verbatim,
        WrittenBy,
    };
    pub(crate) use crate::reference::references;
}

/// A kind that this version does not know: it is kept and carried as it came, for its author.
const UNKNOWN: Description = Description {
    settable: &[],
    creation: Creation::Step,
    written_by: WrittenBy::Laptops,
    deletion: Deletion::Never,
    parents: &["visit_id", "customer_id"],
    audience: Audience::Author,
    dispatch: Dispatch::Stays,
    paper: Paper::Nothing,
    references: reference::OF_ANY_KIND,
    search: Search::NOT,
    called: &["name"],
    open: None,
    verbatim: Verbatim::Everything,
    large: &[],
    retention: Retention::WithParent,
    erasure: Erasure::Tombstone,
};

/// A kind with its type's reading.
struct Described {
    kind: Kind,
    description: Description,
    check: fn(&Doc) -> Result<(), Refusal>,
    parked: fn(&Doc) -> Vec<String>,
    schema: fn() -> Schema,
}

impl Described {
    const fn of<T: Noun>() -> Self {
        Self {
            kind: T::KIND,
            description: T::DESCRIPTION,
            check: |doc| crate::record::read::<T>(doc)?.check(),
            parked: parked::fields::<T>,
            schema: || schema_for!(T),
        }
    }
}

fn described(kind: &Kind) -> Option<&'static Described> {
    DESCRIBED.iter().find(|described| described.kind == *kind)
}

/// What is known of a kind; of one that this version does not know, what holds for all of those.
#[must_use]
pub fn describe(kind: &Kind) -> &'static Description {
    described(kind).map_or(&UNKNOWN, |described| &described.description)
}

/// Every kind that this version knows, with its description.
pub fn all() -> impl Iterator<Item = (&'static Kind, &'static Description)> {
    DESCRIBED.iter().map(|described| (&described.kind, &described.description))
}

/// The shape of a known kind's documents.
#[must_use]
pub fn schema(kind: &Kind) -> Option<Schema> {
    described(kind).map(|described| (described.schema)())
}

/// Reads a document and checks it. One of an unknown kind passes.
pub(crate) fn check(kind: &Kind, doc: &Doc) -> Result<(), Refusal> {
    described(kind).map_or(Ok(()), |described| (described.check)(doc))
}

/// The fields that do not read; none of an unknown kind.
pub(crate) fn parked(kind: &Kind, doc: &Doc) -> Vec<String> {
    described(kind).map(|described| (described.parked)(doc)).unwrap_or_default()
}

impl Description {
    /// What a document hangs on: kind and id.
    #[must_use]
    pub fn parent(&self, doc: &Doc) -> Option<(Kind, RecordId)> {
        self.parents.iter().find_map(|field| self.named_by(field, doc))
    }

    /// What a field of its own names.
    fn named_by(&self, field: &str, doc: &Doc) -> Option<(Kind, RecordId)> {
        let reference = self.references.iter().find(|reference| reference.path == field)?;
        let id = doc.get(field)?.as_str()?.parse().ok()?;
        let target = match reference.target_field() {
            Some(field) => doc.get(field)?.as_str()?,
            None => reference.target,
        };
        Some((Kind::parse(target).ok()?, id))
    }

    /// Whether it hangs on a root, or may.
    #[must_use]
    pub fn is_of_a_root(&self) -> bool {
        let roots = |field: &&&str| {
            let reference = self.references.iter().find(|reference| reference.path == **field);
            reference.is_some_and(|reference| reference.tie == reference::Tie::Visit)
        };
        self.parents.iter().any(|field| roots(&field))
    }

    /// Whether laptops write this field.
    #[must_use]
    pub fn is_written_by_laptops(&self, field: &str) -> bool {
        match self.written_by {
            WrittenBy::Laptops => true,
            WrittenBy::HqBut(own) => field == own,
            WrittenBy::Hq => false,
        }
    }

    /// Whether a field is on the paper of its root, or of the record itself.
    #[must_use]
    pub fn is_on_paper(&self, field: &str) -> bool {
        match self.paper {
            Paper::Nothing => false,
            Paper::Root(free) | Paper::Part(free) | Paper::Inside(free) => !free.contains(&field),
        }
    }

    /// Whether its texts in `field` are for people's rules to judge.
    #[must_use]
    pub fn is_peoples(&self, field: &str) -> bool {
        match self.verbatim {
            Verbatim::Nothing => true,
            Verbatim::Field(machines) => field != machines,
            Verbatim::Everything => false,
        }
    }

    /// What a document is called by its own fields; empty where it has no name of its own.
    #[must_use]
    pub fn title<'d>(&self, doc: &'d Doc) -> &'d str {
        let text = |path: &&str| {
            let mut parts = path.split('.');
            let first = doc.get(parts.next()?)?;
            parts.try_fold(first, |value: &Value, part| value.get(part))?.as_str().filter(|text| !text.is_empty())
        };
        self.called.iter().find_map(text).unwrap_or_default()
    }
}

macro_rules! kinds {
    ($($constant:ident $name:literal $noun:ty;)+) => {
        impl Kind {
            $(#[doc = concat!("[`", stringify!($noun), "`]")] pub const $constant: Kind = Kind::known($name);)+
            /// Every kind that this version knows.
            pub const KNOWN: &'static [Kind] = &[$(Kind::$constant),+];
        }

        $(impl kind::Named for $noun {
            const KIND: Kind = Kind::$constant;
        })+

        static DESCRIBED: &[Described] = &[$(Described::of::<$noun>()),+];
    };
}

kinds! {
    CUSTOMER "customer" crate::customer::Customer;
    CONTACT "contact" crate::customer::Contact;
    INSTALLATION "installation" crate::customer::Installation;
    VISIT "visit" crate::visit::Visit;
    PROBLEM "problem" crate::visit::Problem;
    QUESTION "question" crate::visit::Question;
    OPEN_POINT "open_point" crate::visit::OpenPoint;
    ANSWER "answer" crate::checklist::Answer;
    ATTACHMENT "attachment" crate::attachment::Attachment;
    SEAL "seal" crate::seal::Seal;
    SATISFACTION "satisfaction" crate::visit::Satisfaction;
    CONFLICT "conflict" crate::conflict::Conflict;
    TEMPLATE "template" crate::checklist::Template;
    PRODUCT "product" crate::staff::Product;
    COMPANY "company" crate::staff::Company;
    BRANCH "branch" crate::staff::Branch;
    ENGINEER "engineer" crate::staff::Engineer;
}
