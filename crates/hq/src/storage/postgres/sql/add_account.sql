INSERT INTO account (id, name, role, branch_id, password_hash, created_at_ms)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO NOTHING
