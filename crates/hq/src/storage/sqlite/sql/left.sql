-- ?1: JSON array of feeds. ?2: JSON array of [kind, id].
SELECT entry.feed, entry.kind, entry.id
FROM json_each(?2) AS wanted
JOIN entry ON entry.kind = wanted.value ->> 0 AND entry.id = wanted.value ->> 1
WHERE entry.gone = 1 AND entry.feed IN (SELECT value FROM json_each(?1))
