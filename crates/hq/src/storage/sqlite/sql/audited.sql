SELECT number, at_ms, account, action, subject
FROM audit
WHERE number < ?1
ORDER BY number DESC
LIMIT ?2
