SELECT number, id, name, public_key, branch_id, engineer_id, app_version, incarnation, last_seq, clock_off_ms, enrolled_at_ms,
       seen_at_ms, revoked_at_ms, wrapped_store_key, wipe_asked_at_ms, wipe_asked_by, wipe_reason, wipe_confirmed_at_ms,
       wipe_confirmed_by, wipe_told_at_ms
FROM device
WHERE token_hash = ?1
