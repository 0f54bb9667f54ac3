-- $1, $2: kinds and ids.
SELECT record.kind, record.id, record.feed, record.version, record.doc, record.stamps
FROM unnest($1::text[], $2::uuid[]) AS wanted (kind, id)
JOIN record ON record.kind = wanted.kind AND record.id = wanted.id
