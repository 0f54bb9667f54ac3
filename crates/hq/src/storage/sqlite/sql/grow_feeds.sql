-- ?1: JSON object of feeds and how many places each gives out. Answers with the end of each afterwards. A new feed begins
-- at the floor of the epoch, so that nobody has been beyond its places.
INSERT INTO feed (name, position)
SELECT key, value + CASE WHEN site.epoch < 2 THEN 0 ELSE site.epoch << 40 END FROM json_each(?1), site WHERE true
ON CONFLICT (name) DO UPDATE
SET position = feed.position + (SELECT value FROM json_each(?1) WHERE key = excluded.name)
RETURNING name, position
