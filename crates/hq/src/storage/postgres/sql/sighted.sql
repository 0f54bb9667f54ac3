UPDATE device
SET incarnation = greatest(incarnation, $2), app_version = $3, clock_off_ms = $4, seen_at_ms = $5, last_seq = $6
WHERE number = $1
RETURNING incarnation,
          (SELECT coalesce(max(seq), 0) FROM operation WHERE device = $1 AND operation.incarnation = $2) AS acked_seq
