-- The record that one hangs on: a visit for what belongs to it, a customer for the rest of its file, and for a conflict
-- the record it is about.
ALTER TABLE record ADD COLUMN parent TEXT;
UPDATE record SET parent = CASE
    WHEN kind = 'conflict' THEN doc ->> '$.record_id'
    WHEN kind <> 'customer' THEN coalesce(doc ->> '$.visit_id', doc ->> '$.customer_id')
END;
CREATE INDEX record_parent ON record (parent, kind) WHERE parent IS NOT NULL;
