-- Records that this change did not find. Whoever made one of them meanwhile is seen by the count of rows.
INSERT INTO record (kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low, open_for, open_since_ms)
SELECT kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low, open_for, open_since_ms
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[], $11::text[], $12::bigint[])
    AS new (kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low, open_for, open_since_ms)
ON CONFLICT (kind, id) DO NOTHING
