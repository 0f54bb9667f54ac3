//! Every table of HQ's, column by column: what is moved, and in what form. A test compares it with what the databases have.

/// In what form a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A count, a number or a moment.
    Count,
    /// Text, JSON included.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID; text on SQLite.
    Id,
    /// Yes or no; 1 or 0 on SQLite.
    Yes,
}

impl Form {
    /// The type of a whole column of it on PostgreSQL.
    pub fn array(self) -> &'static str {
        match self {
            Self::Count => "bigint[]",
            Self::Text => "text[]",
            Self::Bytes => "bytea[]",
            Self::Id => "uuid[]",
            Self::Yes => "boolean[]",
        }
    }
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name on PostgreSQL.
    pub name: &'static str,
    /// Its form.
    pub form: Form,
    /// How SQLite gives it.
    pub source: &'static str,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name, on both.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// Rows that it has before anything happened at HQ.
    pub born: i64,
    /// The column that numbers its rows.
    pub numbered_by: Option<&'static str>,
}

const fn column(name: &'static str, form: Form) -> Column {
    Column { name, form, source: name }
}

const fn count(name: &'static str) -> Column {
    column(name, Form::Count)
}

const fn text(name: &'static str) -> Column {
    column(name, Form::Text)
}

const fn bytes(name: &'static str) -> Column {
    column(name, Form::Bytes)
}

const fn id(name: &'static str) -> Column {
    column(name, Form::Id)
}

const fn yes(name: &'static str) -> Column {
    column(name, Form::Yes)
}

const fn table(name: &'static str, columns: &'static [Column]) -> Table {
    Table { name, columns, born: 0, numbered_by: None }
}

/// All of them; what others refer to comes first. HQ's count of versions is moved apart.
pub const TABLES: &[Table] = &[
    Table {
        born: 1,
        ..table(
            "site",
            &[
                count("epoch"),
                text("address"),
                bytes("key_fingerprint"),
                bytes("next_key"),
                count("next_key_at_ms"),
                text("next_address"),
                count("next_address_at_ms"),
                text("restores"),
            ],
        )
    },
    Table {
        born: 1,
        numbered_by: Some("number"),
        ..table(
            "device",
            &[
                count("number"),
                id("id"),
                text("name"),
                text("public_key"),
                bytes("token_hash"),
                id("branch_id"),
                id("engineer_id"),
                text("app_version"),
                count("incarnation"),
                text("wrapped_store_key"),
                count("clock_off_ms"),
                count("enrolled_at_ms"),
                count("seen_at_ms"),
                count("revoked_at_ms"),
                count("last_seq"),
                count("wipe_asked_at_ms"),
                text("wipe_asked_by"),
                text("wipe_reason"),
                count("wipe_confirmed_at_ms"),
                text("wipe_confirmed_by"),
                count("wipe_told_at_ms"),
            ],
        )
    },
    table(
        "enrolment",
        &[
            bytes("secret_hash"),
            id("branch_id"),
            id("engineer_id"),
            count("expires_at_ms"),
            count("used_at_ms"),
            count("device"),
        ],
    ),
    table(
        "record",
        &[
            text("kind"),
            id("id"),
            text("feed"),
            count("version"),
            text("doc"),
            text("stamps"),
            text("parent"),
            Column { source: "CASE WHEN kind = 'attachment' THEN doc ->> '$.hash' END", ..text("hash") },
            count("hash_high"),
            count("hash_low"),
            text("open_for"),
            count("open_since_ms"),
        ],
    ),
    table("feed", &[text("name"), count("position"), count("root_high"), count("root_low")]),
    table("digest", &[text("feed"), text("kind"), count("bucket"), count("high"), count("low")]),
    table("entry", &[text("feed"), count("position"), text("kind"), id("id"), yes("gone")]),
    table(
        "operation",
        &[
            count("device"),
            count("incarnation"),
            count("seq"),
            bytes("hash"),
            count("received_at_ms"),
            text("body"),
            text("outcome"),
        ],
    ),
    table(
        "account",
        &[
            id("id"),
            text("name"),
            text("role"),
            id("branch_id"),
            text("password_hash"),
            count("created_at_ms"),
            count("closed_at_ms"),
        ],
    ),
    table("login", &[bytes("token_hash"), text("account"), count("expires_at_ms")]),
    Table {
        numbered_by: Some("number"),
        ..table("audit", &[count("number"), count("at_ms"), text("action"), text("subject"), text("account")])
    },
];
