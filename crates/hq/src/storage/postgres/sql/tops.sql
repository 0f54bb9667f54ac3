-- $1: names of feeds. In their order.
SELECT coalesce(feed.position, 0) AS position, coalesce(feed.root_high, 0) AS root_high,
       coalesce(feed.root_low, 0) AS root_low
FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, place)
LEFT JOIN feed ON feed.name = asked.name
ORDER BY asked.place
