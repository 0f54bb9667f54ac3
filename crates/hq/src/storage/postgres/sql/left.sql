-- $1: feeds. $2: kinds, $3: ids, of the same length.
SELECT entry.feed, entry.kind, entry.id
FROM unnest($2::text[], $3::uuid[]) AS wanted (kind, id)
JOIN entry ON entry.kind = wanted.kind AND entry.id = wanted.id
WHERE entry.gone AND entry.feed = ANY ($1::text[])
