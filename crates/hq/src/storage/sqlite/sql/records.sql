-- ?1: JSON array of [kind, id].
SELECT record.kind, record.id, record.feed, record.version, record.doc, record.stamps,
    record.hash_high, record.hash_low
FROM json_each(?1) AS wanted
JOIN record ON record.kind = wanted.value ->> 0 AND record.id = wanted.value ->> 1
