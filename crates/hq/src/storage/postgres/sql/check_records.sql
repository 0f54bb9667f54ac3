-- With the feeds that each stands in.
SELECT kind, id, feed, version, doc, stamps, hash_high, hash_low, ARRAY(
    SELECT entry.feed FROM entry WHERE entry.kind = record.kind AND entry.id = record.id AND NOT entry.gone
) AS feeds
FROM record
