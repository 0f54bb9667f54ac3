-- Records that this change did not find. Whoever made one of them meanwhile is seen by the count of rows.
INSERT INTO record (kind, id, feed, version, doc, stamps, hash, parent)
SELECT kind, id, feed, version, doc, stamps, hash, parent
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS new (kind, id, feed, version, doc, stamps, hash, parent)
ON CONFLICT (kind, id) DO NOTHING
