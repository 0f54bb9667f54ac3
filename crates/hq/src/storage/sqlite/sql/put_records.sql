INSERT INTO record (kind, id, feed, version, doc, stamps)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE
SET feed = excluded.feed, version = excluded.version, doc = excluded.doc, stamps = excluded.stamps
