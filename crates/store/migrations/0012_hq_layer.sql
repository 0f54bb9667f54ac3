-- HQ's fields as last pulled; NULL until then. While nothing is pending over them they are those of `doc`, and are not kept
-- a second time in `hq_doc`. Earlier versions did keep them there; that reads as before.
ALTER TABLE record ADD COLUMN hq_layer TEXT
    GENERATED ALWAYS AS (CASE WHEN pending = 0 AND hq_doc IS NULL THEN doc ELSE hq_doc END) VIRTUAL;

DROP TRIGGER digest_hash_is_old;
CREATE TRIGGER digest_hash_is_old AFTER UPDATE OF doc, hq_doc, pending, hq_versions, hq_version ON record
WHEN OLD.hash_high IS NOT NULL AND NEW.hash_high IS OLD.hash_high AND NEW.hash_low IS OLD.hash_low
    AND (NEW.hq_version IS NOT OLD.hq_version OR NEW.hq_versions IS NOT OLD.hq_versions
        OR NEW.hq_layer IS NOT OLD.hq_layer)
BEGIN
    UPDATE record SET hash_high = NULL, hash_low = NULL WHERE kind = NEW.kind AND id = NEW.id;
END;
