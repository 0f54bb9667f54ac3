UPDATE device
SET wipe_asked_at_ms = $2, wipe_asked_by = $3, wipe_reason = $4
WHERE number = $1 AND wipe_asked_at_ms IS NULL
