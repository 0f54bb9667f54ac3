INSERT INTO audit (at_ms, account, action, subject) VALUES (?1, ?2, ?3, ?4)
