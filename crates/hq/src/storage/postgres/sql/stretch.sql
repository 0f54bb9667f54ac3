-- Entries of feed $1 after $2, at most $3 less one, ending after the one that takes them past $4 bytes. The end of the
-- feed and its root come from the same snapshot, with one empty row where there is no entry. What left at or before $6 is
-- passed over.
SELECT (SELECT coalesce(max(position), 0) FROM feed WHERE name = $1) AS "end",
    (SELECT coalesce(max(root_high), 0) FROM feed WHERE name = $1) AS root_high,
    (SELECT coalesce(max(root_low), 0) FROM feed WHERE name = $1) AS root_low, page.*
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT found.*,
           row_number() OVER (ORDER BY position) AS place,
           lead(position) OVER (ORDER BY position) IS NOT NULL AS follows,
           sum(size) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (
        SELECT entry.position, entry.kind, entry.id, entry.gone, record.version, record.doc, record.stamps,
               $5::integer + CASE WHEN entry.gone THEN 0 ELSE octet_length(doc) + octet_length(stamps) END AS size
        FROM (
            SELECT position, kind, id, gone FROM entry
            WHERE feed = $1 AND position > $2 AND (NOT gone OR position > $6)
            ORDER BY position LIMIT $3
        ) AS entry
        LEFT JOIN record ON record.kind = entry.kind AND record.id = entry.id
    ) AS found
) AS page ON place < $3 AND coalesce(before, 0) <= $4
ORDER BY page.position
