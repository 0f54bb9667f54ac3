SELECT kind, id, feed, version, doc, stamps, hash_high, hash_low FROM record WHERE kind = ?1 ORDER BY id
