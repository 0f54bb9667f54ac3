SELECT incarnation,
       (SELECT coalesce(max(seq), 0) FROM operation WHERE device = $1 AND operation.incarnation = $2) AS acked_seq
FROM device
WHERE number = $1
