SELECT kind, id, feed, version, doc, stamps FROM record WHERE hash = $1
