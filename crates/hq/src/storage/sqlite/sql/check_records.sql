-- With the feeds that each stands in.
SELECT kind, id, feed, version, doc, stamps, hash_high, hash_low, (
    SELECT json_group_array(entry.feed) FROM entry
    WHERE entry.kind = record.kind AND entry.id = record.id AND entry.gone = 0
) AS feeds
FROM record
