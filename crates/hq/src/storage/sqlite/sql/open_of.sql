SELECT open_since_ms, kind, id, feed, version, doc, stamps, hash_high, hash_low
FROM record
WHERE kind = ?1 AND open_for = ?2 AND open_since_ms IS NOT NULL AND (open_since_ms, id) > (?3, ?4)
ORDER BY open_since_ms, id
LIMIT ?5
