-- A record's earlier entry moves here from wherever it was in the feed.
INSERT INTO entry (feed, position, kind, id, gone)
SELECT feed, position, kind, id, gone
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::uuid[], $5::boolean[]) AS new (feed, position, kind, id, gone)
ON CONFLICT (kind, id, feed) DO UPDATE SET position = excluded.position, gone = excluded.gone
