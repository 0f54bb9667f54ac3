SELECT kind, id, feed, version, doc, stamps FROM record WHERE kind = $1 ORDER BY id
