-- Records that this change did not find. Whoever made one of them meanwhile is seen by the count of rows.
INSERT INTO record (kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low)
SELECT kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[])
    AS new (kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low)
ON CONFLICT (kind, id) DO NOTHING
