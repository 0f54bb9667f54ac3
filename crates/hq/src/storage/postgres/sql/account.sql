SELECT id, name, role, branch_id, password_hash, created_at_ms, closed_at_ms FROM account WHERE name = $1
