-- Records as people see them, with HQ's layer beneath what is pending.
CREATE TABLE record (
    kind        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    doc         TEXT    NOT NULL,               -- HQ's fields with the pending ones over them
    hq_doc      TEXT,                           -- HQ's fields as last pulled; NULL until then
    hq_versions TEXT    NOT NULL DEFAULT '{}',  -- HQ's version of each field
    hq_version  INTEGER NOT NULL DEFAULT 0,     -- HQ's version of the record
    feed        TEXT,                           -- the feed it came in by
    pending     INTEGER NOT NULL DEFAULT 0,     -- 1 while operations on it wait in the outbox
    changed_at  TEXT    NOT NULL,               -- laptop's clock, for people
    deleted     INTEGER GENERATED ALWAYS AS (ifnull(doc ->> '$.deleted', 0)) VIRTUAL,
    branch_id   TEXT    GENERATED ALWAYS AS (doc ->> '$.branch_id') VIRTUAL,
    customer_id TEXT    GENERATED ALWAYS AS (doc ->> '$.customer_id') VIRTUAL,
    parent_id   TEXT    GENERATED ALWAYS AS (doc ->> '$.parent_id') VIRTUAL,
    visit_id    TEXT    GENERATED ALWAYS AS (doc ->> '$.visit_id') VIRTUAL,
    PRIMARY KEY (kind, id)
) STRICT;

CREATE INDEX record_of_customer ON record (customer_id, kind) WHERE customer_id IS NOT NULL;
CREATE INDEX record_of_visit ON record (visit_id, kind) WHERE visit_id IS NOT NULL;
CREATE INDEX customer_below ON record (parent_id) WHERE kind = 'customer';
CREATE INDEX customer_by_name ON record (doc ->> '$.name') WHERE kind = 'customer';
CREATE INDEX visit_by_state ON record (doc ->> '$.progress.state', id) WHERE kind = 'visit';
CREATE INDEX attachment_by_hash ON record (doc ->> '$.hash') WHERE kind = 'attachment';
CREATE INDEX record_pending ON record (pending) WHERE pending = 1;

-- What this laptop changed and HQ has not yet handed back.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    fields    TEXT    NOT NULL,                 -- {field: {"value": …, "base": HQ's version its author saw}}
    at        TEXT    NOT NULL,                 -- laptop's clock, for people
    attempted INTEGER NOT NULL DEFAULT 0,       -- 1 once it may have reached HQ: from then on it never changes
    state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'refused')),
    version   INTEGER,                          -- the record's version at HQ once accepted
    code      TEXT,                             -- why HQ refused it
    detail    TEXT
) STRICT;

CREATE INDEX outbox_of_record ON outbox (kind, id);
CREATE INDEX outbox_by_state ON outbox (state, seq);

-- Attachments' bytes: where each one is.
CREATE TABLE blob (
    hash  TEXT    PRIMARY KEY,
    bytes INTEGER NOT NULL,
    here  INTEGER NOT NULL,                     -- 1 when the file is complete on this laptop
    at_hq INTEGER NOT NULL DEFAULT 0            -- 1 when HQ has confirmed it
) STRICT;

-- Where the laptop has got to in each feed.
CREATE TABLE cursor (
    feed     TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;

-- Syncs that ended, newest last.
CREATE TABLE sync_run (
    run      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT    NOT NULL,
    ok       INTEGER NOT NULL,
    sent     INTEGER NOT NULL,
    received INTEGER NOT NULL,
    code     TEXT
) STRICT;

-- Single values: identity, settings, counters.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
