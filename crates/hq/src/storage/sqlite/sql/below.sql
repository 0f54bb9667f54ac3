-- ?1: JSON array of ids. ?2: JSON array of kinds.
SELECT record.kind, record.id, record.feed, record.version, record.doc, record.stamps,
    record.hash_high, record.hash_low
FROM json_each(?1) AS above
CROSS JOIN json_each(?2) AS wanted
JOIN record ON record.parent = above.value AND record.kind = wanted.value
ORDER BY record.kind, record.id
