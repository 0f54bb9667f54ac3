-- What is open: a conflict until it is settled, a visit until it is over. Whose it is (a conflict its branch's, a visit its
-- engineer's; empty where nobody is named) and since when, 0 where that is not told.
ALTER TABLE record ADD COLUMN open_for TEXT;
ALTER TABLE record ADD COLUMN open_since_ms INTEGER;
UPDATE record
SET open_for = coalesce(doc ->> '$.branch_id', ''),
    open_since_ms = coalesce(CAST(1000 * unixepoch(doc ->> '$.raised_at', 'subsec') AS INTEGER), 0)
WHERE kind = 'conflict' AND doc ->> '$.settled' IS NULL;
UPDATE record
SET open_for = coalesce(doc ->> '$.engineer_id', ''), open_since_ms = 0
WHERE kind = 'visit'
    AND coalesce(doc ->> '$.deleted', 0) = 0
    AND coalesce(doc ->> '$.progress.state', '') NOT IN ('sealed', 'cancelled');
CREATE INDEX record_open_for ON record (kind, open_for, open_since_ms, id) WHERE open_since_ms IS NOT NULL;
CREATE INDEX record_open ON record (kind, open_since_ms, id) WHERE open_since_ms IS NOT NULL;

-- The last sequence that a laptop had given when it was last there: what HQ does not have of it yet waits.
ALTER TABLE device ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;

-- A laptop is to be wiped: one person asks, another confirms, and the laptop is told.
ALTER TABLE device ADD COLUMN wipe_asked_at_ms INTEGER;
ALTER TABLE device ADD COLUMN wipe_asked_by TEXT;
ALTER TABLE device ADD COLUMN wipe_reason TEXT;
ALTER TABLE device ADD COLUMN wipe_confirmed_at_ms INTEGER;
ALTER TABLE device ADD COLUMN wipe_confirmed_by TEXT;
ALTER TABLE device ADD COLUMN wipe_told_at_ms INTEGER;

-- An account that is closed stays, so that the trail keeps its name; nobody else gets that name.
ALTER TABLE account ADD COLUMN closed_at_ms INTEGER;

-- Who is logged in, by the hash of the token.
CREATE TABLE login (
    token_hash    BLOB PRIMARY KEY,
    account       TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;

-- The account that did it; absent for HQ's keeper, at the machine itself.
ALTER TABLE audit ADD COLUMN account TEXT;
