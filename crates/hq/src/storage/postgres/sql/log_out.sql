DELETE FROM login WHERE token_hash = $1
