SELECT kind, id, feed, version, doc, stamps, hash_high, hash_low FROM record WHERE kind = 'attachment' AND doc ->> '$.hash' = ?1
