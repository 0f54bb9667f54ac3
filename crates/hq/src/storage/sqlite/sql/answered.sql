SELECT seq, hash, outcome, body
FROM operation
WHERE device = ?1 AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4
ORDER BY seq
