-- A record's earlier entry moves here from wherever it was in the feed.
INSERT INTO entry (feed, position, kind, id, gone)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, id, feed) DO UPDATE SET position = excluded.position, gone = excluded.gone
