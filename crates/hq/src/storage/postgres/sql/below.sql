-- $1: ids of what they hang on. $2: kinds.
SELECT kind, id, feed, version, doc, stamps
FROM record
WHERE parent = ANY ($1::text[]) AND kind = ANY ($2::text[])
ORDER BY kind, id
FOR UPDATE
