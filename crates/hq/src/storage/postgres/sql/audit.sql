INSERT INTO audit (at_ms, action, subject) VALUES ($1, $2, $3)
