-- Visits that lie before a customer: what pulls bring of them waits until the customer has answered.
CREATE TABLE held_visit (
    id TEXT PRIMARY KEY
) STRICT;

CREATE TABLE held_entry (
    feed     TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    position INTEGER NOT NULL,
    visit_id TEXT    NOT NULL,
    entry    TEXT    NOT NULL,                  -- as it came
    PRIMARY KEY (feed, kind, id)
) STRICT;
