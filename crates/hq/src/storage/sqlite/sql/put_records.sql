INSERT INTO record (kind, id, feed, version, doc, stamps, parent, hash_high, hash_low, open_for, open_since_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE
SET feed = excluded.feed, version = excluded.version, doc = excluded.doc, stamps = excluded.stamps,
    parent = excluded.parent, hash_high = excluded.hash_high, hash_low = excluded.hash_low,
    open_for = excluded.open_for, open_since_ms = excluded.open_since_ms
