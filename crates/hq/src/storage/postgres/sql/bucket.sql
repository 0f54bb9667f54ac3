-- $4: the last bytes of ids.
SELECT entry.position, entry.kind, entry.id, entry.gone, record.version, record.doc, record.stamps
FROM entry
JOIN record ON record.kind = entry.kind AND record.id = entry.id
WHERE entry.kind = $1 AND entry.feed = $2 AND entry.id > $3 AND NOT entry.gone
    AND get_byte(uuid_send(entry.id), 15) = ANY ($4::integer[])
ORDER BY entry.id
LIMIT $5
