-- ?1: JSON array of [seq, hash in hex, body as text, outcome as text].
INSERT INTO operation (device, incarnation, seq, hash, received_at_ms, body, outcome)
SELECT ?2, ?3, value ->> 0, unhex(value ->> 1), ?4, value ->> 2, value ->> 3
FROM json_each(?1)
