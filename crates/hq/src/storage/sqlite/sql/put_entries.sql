-- ?1: JSON array of [feed, position, kind, id, gone]. A record's earlier entry moves here from wherever it was.
INSERT INTO entry (feed, position, kind, id, gone)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
FROM json_each(?1)
WHERE true
ON CONFLICT (kind, id, feed) DO UPDATE SET position = excluded.position, gone = excluded.gone
