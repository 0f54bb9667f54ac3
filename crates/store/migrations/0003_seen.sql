-- HQ's versions of the record and of its visit as the author of an operation saw them.
ALTER TABLE outbox ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN seen_visit INTEGER NOT NULL DEFAULT 0;

-- Conflicts nobody has settled: they are counted and listed often, and are few.
CREATE INDEX conflict_open ON record (id) WHERE kind = 'conflict' AND doc ->> '$.settled' IS NULL;
