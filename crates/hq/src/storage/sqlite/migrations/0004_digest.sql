-- The hash of a record, in halves, as it stands in the sums. Hashes add up by exclusive or; SQLite has no such operator:
-- of two numbers it is what either has less what both have.
ALTER TABLE record ADD COLUMN hash_high INTEGER;
ALTER TABLE record ADD COLUMN hash_low INTEGER;

-- The root of a feed: the hashes of all records in it.
ALTER TABLE feed ADD COLUMN root_high INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN root_low INTEGER NOT NULL DEFAULT 0;

-- The same by kind and bucket, the last byte of the id.
CREATE TABLE digest (
    feed   TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    bucket INTEGER NOT NULL,
    high   INTEGER NOT NULL,
    low    INTEGER NOT NULL,
    PRIMARY KEY (feed, kind, bucket)
) STRICT, WITHOUT ROWID;
