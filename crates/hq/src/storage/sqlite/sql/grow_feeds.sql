-- ?1: JSON object of feeds and how many places each gives out. Answers with the end of each afterwards.
INSERT INTO feed (name, position)
SELECT key, value FROM json_each(?1) WHERE true
ON CONFLICT (name) DO UPDATE SET position = feed.position + excluded.position
RETURNING name, position
