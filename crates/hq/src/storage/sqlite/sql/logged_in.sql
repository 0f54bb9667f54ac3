SELECT account.id, account.name, account.role, account.branch_id, account.password_hash, account.created_at_ms,
       account.closed_at_ms
FROM login
JOIN account ON account.name = login.account
WHERE login.token_hash = ?1 AND login.expires_at_ms > ?2 AND account.closed_at_ms IS NULL
