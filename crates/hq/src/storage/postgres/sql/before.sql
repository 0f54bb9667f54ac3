-- $1, $2: kinds and ids. A row for each feed that a record stands in, or one without.
SELECT record.kind, record.id, record.hash_high, record.hash_low, entry.feed
FROM unnest($1::text[], $2::uuid[]) AS wanted (kind, id)
JOIN record ON record.kind = wanted.kind AND record.id = wanted.id
LEFT JOIN entry ON entry.kind = record.kind AND entry.id = record.id AND NOT entry.gone
