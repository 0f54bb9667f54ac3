SELECT kind, id, feed, version, doc, stamps, hash_high, hash_low FROM record WHERE hash_high IS NULL ORDER BY kind, id LIMIT ?1
