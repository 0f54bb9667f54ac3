UPDATE device SET token_hash = $2 WHERE number = $1
