-- The hash of a record, in halves, as it stands in the sums. Hashes add up by exclusive or.
ALTER TABLE record ADD COLUMN hash_high bigint, ADD COLUMN hash_low bigint;

-- The root of a feed: the hashes of all records in it.
ALTER TABLE feed ADD COLUMN root_high bigint NOT NULL DEFAULT 0, ADD COLUMN root_low bigint NOT NULL DEFAULT 0;

-- The same by kind and bucket, the last byte of the id.
CREATE TABLE digest (
    feed   text COLLATE "C" NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    bucket bigint NOT NULL,
    high   bigint NOT NULL,
    low    bigint NOT NULL,
    PRIMARY KEY (feed, kind, bucket)
) WITH (fillfactor = 50);
