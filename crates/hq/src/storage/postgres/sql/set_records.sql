-- Records that this change has read, and so holds.
UPDATE record
SET feed = new.feed, version = new.version, doc = new.doc, stamps = new.stamps, hash = new.hash,
    parent = new.parent
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS new (kind, id, feed, version, doc, stamps, hash, parent)
WHERE record.kind = new.kind AND record.id = new.id
