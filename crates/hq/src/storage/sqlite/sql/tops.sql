-- ?1: JSON array of feeds. In its order.
SELECT coalesce(feed.position, 0) AS position, coalesce(feed.root_high, 0) AS root_high,
    coalesce(feed.root_low, 0) AS root_low
FROM json_each(?1) AS asked
LEFT JOIN feed ON feed.name = asked.value
ORDER BY asked.key
