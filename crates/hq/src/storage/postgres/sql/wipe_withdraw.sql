UPDATE device
SET wipe_asked_at_ms = NULL, wipe_asked_by = NULL, wipe_reason = NULL
WHERE number = $1 AND wipe_asked_at_ms IS NOT NULL AND wipe_confirmed_at_ms IS NULL
