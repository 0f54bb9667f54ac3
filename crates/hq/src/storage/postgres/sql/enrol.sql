INSERT INTO device (id, name, public_key, token_hash, branch_id, engineer_id, app_version, enrolled_at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING number
