SELECT kind, id, feed, version, doc, stamps FROM record WHERE hash_high IS NULL ORDER BY kind, id LIMIT ?1
