-- $1, $2: feeds by name and how many places each gives out. Answers with the end of each afterwards.
INSERT INTO feed (name, position)
SELECT name, places FROM unnest($1::text[], $2::bigint[]) AS growing (name, places)
ON CONFLICT (name) DO UPDATE SET position = feed.position + excluded.position
RETURNING name, position
