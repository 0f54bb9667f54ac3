-- HQ itself: its epoch, the count of accepted operations, and where laptops find it.
CREATE TABLE site (
    only            INTEGER PRIMARY KEY CHECK (only = 1),
    epoch           INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    address         TEXT,
    key_fingerprint BLOB
) STRICT;
INSERT INTO site (only, epoch, version) VALUES (1, 1, 0);

-- Enrolled laptops. Number 0 is HQ itself.
CREATE TABLE device (
    number            INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    public_key        TEXT,
    token_hash        BLOB UNIQUE,
    branch_id         TEXT,
    engineer_id       TEXT,
    app_version       TEXT NOT NULL,
    incarnation       INTEGER NOT NULL DEFAULT 0,
    wrapped_store_key TEXT,
    clock_off_ms      INTEGER,
    enrolled_at_ms    INTEGER NOT NULL,
    seen_at_ms        INTEGER,
    revoked_at_ms     INTEGER
) STRICT;
INSERT INTO device (number, id, name, app_version, enrolled_at_ms)
VALUES (0, '00000000-0000-0000-0000-000000000000', 'hq', '', 0);
CREATE INDEX device_branch ON device (branch_id);

CREATE TABLE enrolment (
    secret_hash   BLOB PRIMARY KEY,
    branch_id     TEXT NOT NULL,
    engineer_id   TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER
) STRICT;

-- The latest state of every record. `stamps` says who wrote each field under which version.
CREATE TABLE record (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    feed    TEXT,
    version INTEGER NOT NULL,
    doc     TEXT NOT NULL,
    stamps  TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX record_attachment ON record (doc ->> '$.hash') WHERE kind = 'attachment';

CREATE TABLE feed (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One entry for a record in a feed, moved to the end when it changes.
CREATE TABLE entry (
    feed     TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    gone     INTEGER NOT NULL,
    PRIMARY KEY (feed, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entry_record ON entry (kind, id, feed);

-- Every operation as it came, with what became of it: repeats are answered from here, and it is the trail.
CREATE TABLE operation (
    device         INTEGER NOT NULL REFERENCES device (number),
    incarnation    INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    hash           BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    body           TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    PRIMARY KEY (device, incarnation, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    role          TEXT NOT NULL,
    branch_id     TEXT,
    password_hash TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;

-- What people at HQ did that must be answered for.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
