UPDATE device SET wipe_told_at_ms = $2 WHERE number = $1 AND wipe_told_at_ms IS NULL
