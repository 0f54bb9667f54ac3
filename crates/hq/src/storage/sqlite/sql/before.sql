-- ?1: JSON array of [kind, id]. A row for each feed that a record stands in, or one without.
SELECT record.kind, record.id, record.hash_high, record.hash_low, entry.feed
FROM json_each(?1) AS wanted
JOIN record ON record.kind = wanted.value ->> 0 AND record.id = wanted.value ->> 1
LEFT JOIN entry ON entry.kind = record.kind AND entry.id = record.id AND entry.gone = 0
