UPDATE device
SET incarnation = max(incarnation, ?2),
    last_seq = CASE WHEN ?2 > incarnation THEN ?6 WHEN ?2 = incarnation THEN max(last_seq, ?6) ELSE last_seq END,
    app_version = CASE WHEN ?5 >= coalesce(seen_at_ms, ?5) THEN ?3 ELSE app_version END,
    clock_off_ms = CASE WHEN ?5 >= coalesce(seen_at_ms, ?5) THEN coalesce(?4, clock_off_ms) ELSE clock_off_ms END,
    seen_at_ms = max(coalesce(seen_at_ms, ?5), ?5)
WHERE number = ?1
