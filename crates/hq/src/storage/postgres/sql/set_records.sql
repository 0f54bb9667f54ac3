-- Records that this change has read, and so holds.
UPDATE record
SET feed = new.feed, version = new.version, doc = new.doc, stamps = new.stamps, hash = new.hash,
    parent = new.parent, hash_high = new.hash_high, hash_low = new.hash_low,
    open_for = new.open_for, open_since_ms = new.open_since_ms
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[], $11::text[], $12::bigint[])
    AS new (kind, id, feed, version, doc, stamps, hash, parent, hash_high, hash_low, open_for, open_since_ms)
WHERE record.kind = new.kind AND record.id = new.id
