SELECT number, id, name, public_key, branch_id, engineer_id, incarnation, seen_at_ms, revoked_at_ms, wrapped_store_key
FROM device
WHERE number = (SELECT device FROM enrolment WHERE secret_hash = $1) AND public_key = $2 AND revoked_at_ms IS NULL
