INSERT INTO operation (device, incarnation, seq, hash, received_at_ms, body, outcome)
VALUES (?, ?, ?, ?, ?, ?, ?)
