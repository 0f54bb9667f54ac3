-- ?1: JSON array of [kind, id, feed, version, doc as text, stamps as text].
INSERT INTO record (kind, id, feed, version, doc, stamps)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each(?1)
WHERE true
ON CONFLICT (kind, id) DO UPDATE
SET feed = excluded.feed, version = excluded.version, doc = excluded.doc, stamps = excluded.stamps
