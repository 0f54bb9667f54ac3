INSERT INTO login (token_hash, account, expires_at_ms) VALUES ($1, $2, $3)
