-- ?4: JSON array of buckets as the last two digits of ids.
SELECT entry.position, entry.kind, entry.id, entry.gone, record.version, record.doc, record.stamps,
    record.hash_high, record.hash_low
FROM entry
JOIN record ON record.kind = entry.kind AND record.id = entry.id
WHERE entry.kind = ?1 AND entry.feed = ?2 AND entry.id > ?3 AND entry.gone = 0
    AND substr(entry.id, -2) IN (SELECT value FROM json_each(?4))
ORDER BY entry.id
LIMIT ?5
