UPDATE device
SET incarnation = max(incarnation, ?2), app_version = ?3, clock_off_ms = ?4, seen_at_ms = ?5, last_seq = ?6
WHERE number = ?1
