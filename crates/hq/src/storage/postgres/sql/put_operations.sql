INSERT INTO operation (device, incarnation, seq, hash, received_at_ms, body, outcome)
SELECT $1, $2, seq, hash, $3, body, outcome
FROM unnest($4::bigint[], $5::bytea[], $6::text[], $7::text[]) AS new (seq, hash, body, outcome)
