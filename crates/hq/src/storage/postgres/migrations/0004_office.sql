-- What is open: a conflict until it is settled, a visit until it is over. Whose it is (a conflict its branch's, a visit its
-- engineer's; empty where nobody is named) and since when, 0 where that is not told.
ALTER TABLE record ADD COLUMN open_for text COLLATE "C", ADD COLUMN open_since_ms bigint;
-- PostgreSQL reads no JSON in which a string holds NUL: such characters are left out for this reading.
CREATE FUNCTION pg_temp.inside(doc text, path text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF strpos(doc, '\u0000') > 0 THEN
        doc := regexp_replace(doc, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g');
    END IF;
    RETURN doc::json #>> path;
EXCEPTION WHEN others THEN
    RETURN NULL;
END
$$;
CREATE FUNCTION pg_temp.ms(at text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN floor(1000 * extract(epoch FROM at::timestamptz))::bigint;
EXCEPTION WHEN others THEN
    RETURN NULL;
END
$$;
UPDATE record
SET open_for = coalesce(pg_temp.inside(doc, '{branch_id}'), ''),
    open_since_ms = coalesce(pg_temp.ms(pg_temp.inside(doc, '{raised_at}')), 0)
WHERE kind = 'conflict' AND pg_temp.inside(doc, '{settled}') IS NULL;
UPDATE record
SET open_for = coalesce(pg_temp.inside(doc, '{engineer_id}'), ''), open_since_ms = 0
WHERE kind = 'visit'
    AND coalesce(pg_temp.inside(doc, '{deleted}'), 'false') = 'false'
    AND coalesce(pg_temp.inside(doc, '{progress,state}'), '') NOT IN ('sealed', 'cancelled');
CREATE INDEX record_open_for ON record (kind, open_for, open_since_ms, id) WHERE open_since_ms IS NOT NULL;
CREATE INDEX record_open ON record (kind, open_since_ms, id) WHERE open_since_ms IS NOT NULL;

-- The last sequence that a laptop had given when it was last there: what HQ does not have of it yet waits. And that it is to
-- be wiped: one person asks, another confirms, and the laptop is told.
ALTER TABLE device
    ADD COLUMN last_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN wipe_asked_at_ms bigint,
    ADD COLUMN wipe_asked_by text,
    ADD COLUMN wipe_reason text,
    ADD COLUMN wipe_confirmed_at_ms bigint,
    ADD COLUMN wipe_confirmed_by text,
    ADD COLUMN wipe_told_at_ms bigint;

-- An account that is closed stays, so that the trail keeps its name; nobody else gets that name.
ALTER TABLE account ADD COLUMN closed_at_ms bigint;

-- Who is logged in, by the hash of the token.
CREATE TABLE login (
    token_hash    bytea PRIMARY KEY,
    account       text NOT NULL,
    expires_at_ms bigint NOT NULL
);

-- The account that did it; absent for HQ's keeper, at the machine itself.
ALTER TABLE audit ADD COLUMN account text;
