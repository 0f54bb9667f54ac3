SELECT number,
       (SELECT coalesce(max(seq), 0) FROM operation WHERE device = number AND operation.incarnation = device.incarnation) AS acked_seq
FROM device
WHERE number > 0
