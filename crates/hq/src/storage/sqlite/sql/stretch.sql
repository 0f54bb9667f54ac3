-- ?4: what left at or before it is passed over.
SELECT entry.position, entry.kind, entry.id, entry.gone, record.version, record.doc, record.stamps,
    record.hash_high, record.hash_low
FROM entry
LEFT JOIN record ON record.kind = entry.kind AND record.id = entry.id
WHERE entry.feed = ?1 AND entry.position > ?2 AND (entry.gone = 0 OR entry.position > ?4)
ORDER BY entry.position
LIMIT ?3
