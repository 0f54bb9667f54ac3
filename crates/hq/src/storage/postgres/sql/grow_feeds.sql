-- $1, $2: feeds by name and how many places each gives out. Answers with the end of each afterwards. A new feed begins at
-- the floor of the epoch, so that nobody has been beyond its places.
WITH growing AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS growing (name, places)),
     floor AS (SELECT CASE WHEN epoch < 2 THEN 0 ELSE epoch << 40 END AS position FROM site)
INSERT INTO feed (name, position)
SELECT growing.name, floor.position + growing.places FROM growing, floor
ON CONFLICT (name) DO UPDATE
SET position = feed.position + (SELECT places FROM growing WHERE growing.name = excluded.name)
RETURNING name, position
