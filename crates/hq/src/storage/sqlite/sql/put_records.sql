INSERT INTO record (kind, id, feed, version, doc, stamps, parent)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE
SET feed = excluded.feed, version = excluded.version, doc = excluded.doc, stamps = excluded.stamps,
    parent = excluded.parent
