SELECT kind, id, feed, version, doc, stamps FROM record WHERE kind = 'attachment' AND doc ->> '$.hash' = ?1
