-- The hash of HQ's layer of a record, in halves, as it stands in the sums below. NULL: it has to be made anew.
ALTER TABLE record ADD COLUMN hash_high INTEGER;
ALTER TABLE record ADD COLUMN hash_low INTEGER;
CREATE INDEX record_unhashed ON record (kind, id) WHERE hash_high IS NULL AND feed IS NOT NULL;

-- Further feeds that a record stands in, beside the one in its row.
CREATE TABLE also_in (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    feed TEXT NOT NULL,
    PRIMARY KEY (kind, id, feed)
) STRICT, WITHOUT ROWID;

-- Hashes added up by exclusive or, for each feed, kind and bucket (the last two digits of the id). SQLite has no such
-- operator: of two numbers it is what either has less what both have.
CREATE TABLE digest (
    feed   TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    bucket TEXT    NOT NULL,
    high   INTEGER NOT NULL,
    low    INTEGER NOT NULL,
    PRIMARY KEY (feed, kind, bucket)
) STRICT, WITHOUT ROWID;

-- The sums follow the rows whatever changes them, so that a row that changed behind the program's back is found.
CREATE TRIGGER digest_row_came AFTER INSERT ON record
WHEN NEW.feed IS NOT NULL AND NEW.hash_high IS NOT NULL
BEGIN
    INSERT INTO digest (feed, kind, bucket, high, low)
    VALUES (NEW.feed, NEW.kind, substr(NEW.id, -2), NEW.hash_high, NEW.hash_low)
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;

CREATE TRIGGER digest_row_went BEFORE DELETE ON record
WHEN OLD.feed IS NOT NULL
BEGIN
    DELETE FROM also_in WHERE kind = OLD.kind AND id = OLD.id;
    INSERT INTO digest (feed, kind, bucket, high, low)
    VALUES (OLD.feed, OLD.kind, substr(OLD.id, -2), ifnull(OLD.hash_high, 0), ifnull(OLD.hash_low, 0))
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;

CREATE TRIGGER digest_hash_is_old AFTER UPDATE OF hq_doc, hq_versions, hq_version ON record
WHEN OLD.hash_high IS NOT NULL AND NEW.hash_high IS OLD.hash_high AND NEW.hash_low IS OLD.hash_low
    AND (NEW.hq_version IS NOT OLD.hq_version OR NEW.hq_versions IS NOT OLD.hq_versions
        OR NEW.hq_doc IS NOT OLD.hq_doc)
BEGIN
    UPDATE record SET hash_high = NULL, hash_low = NULL WHERE kind = NEW.kind AND id = NEW.id;
END;

CREATE TRIGGER digest_hash_changed AFTER UPDATE OF hash_high, hash_low ON record
WHEN NEW.feed IS NOT NULL AND (NEW.hash_high IS NOT OLD.hash_high OR NEW.hash_low IS NOT OLD.hash_low)
BEGIN
    INSERT INTO digest (feed, kind, bucket, high, low)
    SELECT place.feed, NEW.kind, substr(NEW.id, -2),
        (ifnull(OLD.hash_high, 0) | ifnull(NEW.hash_high, 0)) - (ifnull(OLD.hash_high, 0) & ifnull(NEW.hash_high, 0)),
        (ifnull(OLD.hash_low, 0) | ifnull(NEW.hash_low, 0)) - (ifnull(OLD.hash_low, 0) & ifnull(NEW.hash_low, 0))
    FROM (SELECT NEW.feed AS feed UNION ALL SELECT feed FROM also_in WHERE kind = NEW.kind AND id = NEW.id) place
    WHERE true
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;

CREATE TRIGGER digest_feed_changed AFTER UPDATE OF feed ON record
WHEN NEW.feed IS NOT OLD.feed AND OLD.hash_high IS NOT NULL
BEGIN
    INSERT INTO digest (feed, kind, bucket, high, low)
    SELECT place.feed, OLD.kind, substr(OLD.id, -2), OLD.hash_high, OLD.hash_low
    FROM (SELECT OLD.feed AS feed UNION ALL SELECT NEW.feed) place
    WHERE place.feed IS NOT NULL
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;

CREATE TRIGGER digest_place_came AFTER INSERT ON also_in
BEGIN
    INSERT INTO digest (feed, kind, bucket, high, low)
    SELECT NEW.feed, kind, substr(id, -2), hash_high, hash_low
    FROM record WHERE kind = NEW.kind AND id = NEW.id AND hash_high IS NOT NULL
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;

CREATE TRIGGER digest_place_went AFTER DELETE ON also_in
BEGIN
    INSERT INTO digest (feed, kind, bucket, high, low)
    SELECT OLD.feed, kind, substr(id, -2), hash_high, hash_low
    FROM record WHERE kind = OLD.kind AND id = OLD.id AND hash_high IS NOT NULL
    ON CONFLICT (feed, kind, bucket) DO UPDATE
    SET high = (high | excluded.high) - (high & excluded.high), low = (low | excluded.low) - (low & excluded.low);
END;
