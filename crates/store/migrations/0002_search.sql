-- What search finds. A record that changes gets a new row, so that the newest is the highest.
CREATE TABLE search_entry (
    row       INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,
    id        BLOB NOT NULL,                    -- the record
    open_kind TEXT NOT NULL,
    open      BLOB NOT NULL,                    -- the customer or visit that a hit opens
    record_id TEXT GENERATED ALWAYS AS (lower(
        substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
        || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21))) VIRTUAL,
    open_id   TEXT GENERATED ALWAYS AS (lower(
        substr(hex(open), 1, 8) || '-' || substr(hex(open), 9, 4) || '-' || substr(hex(open), 13, 4) || '-'
        || substr(hex(open), 17, 4) || '-' || substr(hex(open), 21))) VIRTUAL
) STRICT;

CREATE UNIQUE INDEX search_entry_of ON search_entry (id, kind);

-- Overlapping pairs of characters, searched as phrases. `^` before the first character of a value, `$` after its last.
CREATE VIRTUAL TABLE search_name USING fts5(
    name, more, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '^$'");
CREATE VIRTUAL TABLE search_note USING fts5(
    note, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '^$'");

-- Single characters, pinyin, initials, and what begins at each place in a run of Latin letters and digits, found by
-- their beginnings. The lengths in `prefix` are those that are frequent; without them a beginning is gathered whole.
CREATE VIRTUAL TABLE search_name_key USING fts5(
    key, content = '', contentless_delete = 1, detail = none, prefix = '2 3 4 5',
    tokenize = "ascii tokenchars '^$'");
CREATE VIRTUAL TABLE search_note_key USING fts5(
    key, content = '', contentless_delete = 1, detail = none, prefix = '2 3',
    tokenize = "ascii tokenchars '^$'");
