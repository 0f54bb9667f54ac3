-- Never by the one who asked.
UPDATE device
SET wipe_confirmed_at_ms = $2, wipe_confirmed_by = $3, revoked_at_ms = coalesce(revoked_at_ms, $2)
WHERE number = $1 AND wipe_asked_by <> $3 AND wipe_confirmed_at_ms IS NULL
