-- ?1: JSON array of feeds. ?2: JSON array of [kind, id]. By record: a feed holds more than is wanted.
SELECT entry.feed, entry.kind, entry.id
FROM json_each(?2) AS wanted
CROSS JOIN entry ON entry.kind = wanted.value ->> 0 AND entry.id = wanted.value ->> 1
WHERE entry.gone = 1 AND entry.feed IN (SELECT value FROM json_each(?1))
