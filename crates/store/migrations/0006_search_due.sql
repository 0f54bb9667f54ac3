-- Records that a large page brought and that search has not taken in yet, in the order in which they came.
CREATE TABLE search_due (
    seq  INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
