SELECT number, id, name, public_key, branch_id, engineer_id, incarnation, seen_at_ms, revoked_at_ms, wrapped_store_key
FROM device
WHERE token_hash = $1
